// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package requirements

import (
	"context"
	"fmt"
	"slices"

	authorizationv1 "k8s.io/api/authorization/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/workqueue"
)

// checkRights returns an error that names the rights that are missing, if the operator cannot work without one of them. Other missing
// rights are logged in the last attempt.
func (c *Checker) checkRights(ctx context.Context, last bool) error {
	missing, err := c.missingRights(ctx)
	switch {
	case apierrors.IsForbidden(err):
		c.logger.Info("the operator may not review its own rights; a missing right shows when it is needed", "error", err.Error())
		return nil
	case err != nil:
		return fmt.Errorf("reviewing the operator's rights: %w", err)
	case len(missing.Rights) == 0:
		return nil
	case missing.lacks(Right.indispensable) || !last:
		return missing
	}
	c.logger.Info("the operator lacks rights; what needs them fails", "error", missing.Error())
	return nil
}

// missingRights reviews each right, first in all namespaces: most are granted by a ClusterRole, whatever namespaces the operator
// watches.
func (c *Checker) missingRights(ctx context.Context) (*MissingRightsError, error) {
	missing := &MissingRightsError{config: c.config}
	rights := c.config.rights()
	everywhere, err := c.review(ctx, rights, Right.everywhere)
	if err != nil {
		return nil, err
	}
	rights = slices.DeleteFunc(rights, func(r Right) bool { return everywhere[r.everywhere()].Allowed })
	here, err := c.review(ctx, rights, func(r Right) Right { return r })
	if err != nil {
		return nil, err
	}
	rights = slices.DeleteFunc(rights, func(r Right) bool { return here[r].Allowed })
	missing.Rights = c.ofNamespacesThatStay(ctx, rights)
	for _, r := range missing.Rights {
		if problem := here[r].EvaluationError; problem != "" {
			missing.problem = problem
		}
	}
	return missing, nil
}

// everywhere is the right in all namespaces.
func (r Right) everywhere() Right {
	r.Namespace = ""
	return r
}

// reviewsAtOnce is how many reviews are made at the same time.
const reviewsAtOnce = 8

// review asks once for each of the rights that as makes of some rights.
func (c *Checker) review(ctx context.Context, rights []Right, as func(Right) Right) (map[Right]authorizationv1.SubjectAccessReviewStatus, error) {
	statuses := map[Right]authorizationv1.SubjectAccessReviewStatus{}
	var questions []Right
	for _, r := range rights {
		if _, asked := statuses[as(r)]; !asked {
			statuses[as(r)] = authorizationv1.SubjectAccessReviewStatus{}
			questions = append(questions, as(r))
		}
	}
	answers, errs := make([]authorizationv1.SubjectAccessReviewStatus, len(questions)), make([]error, len(questions))
	workqueue.ParallelizeUntil(ctx, reviewsAtOnce, len(questions), func(i int) {
		answers[i], errs[i] = c.reviewOne(ctx, questions[i])
	})
	for i, err := range errs {
		if err != nil {
			return nil, err
		}
		statuses[questions[i]] = answers[i]
	}
	return statuses, ctx.Err()
}

// reviewOne asks whether this process has a right.
func (c *Checker) reviewOne(ctx context.Context, r Right) (authorizationv1.SubjectAccessReviewStatus, error) {
	review, err := c.cluster.AuthorizationV1().SelfSubjectAccessReviews().Create(ctx, &authorizationv1.SelfSubjectAccessReview{
		Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: r.attributes()},
	}, metav1.CreateOptions{})
	if err != nil {
		return authorizationv1.SubjectAccessReviewStatus{}, err
	}
	return review.Status, nil
}

// ofNamespacesThatStay leaves out the rights in watched namespaces that are gone or being deleted: their Roles went with them, and
// whoever deletes a namespace must not stop the operator for the others.
func (c *Checker) ofNamespacesThatStay(ctx context.Context, missing []Right) []Right {
	gone := map[string]bool{}
	for _, r := range missing {
		if _, known := gone[r.Namespace]; known || !slices.Contains(c.config.WatchNamespaces, r.Namespace) {
			continue
		}
		gone[r.Namespace] = namespaceIsGone(ctx, c.cluster, r.Namespace)
		if gone[r.Namespace] && r.Namespace != c.config.OperatorNamespace {
			c.logger.Info("a watched namespace does not exist or is being deleted, so its missing rights are ignored", "namespace", r.Namespace)
		}
	}
	return slices.DeleteFunc(missing, func(r Right) bool { return gone[r.Namespace] && r.Namespace != c.config.OperatorNamespace })
}

// isForWatching reports whether only --watch-secrets needs a right.
func isForWatching(r Right) bool {
	return (r.Resource == "secrets" || r.Resource == "configmaps") && (r.Verb == "list" || r.Verb == "watch")
}
