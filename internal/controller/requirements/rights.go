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
)

// checkRights returns an error that names the rights that are missing.
func (c *Checker) checkRights(ctx context.Context) error {
	missing, err := c.missingRights(ctx)
	if err == nil {
		missing = c.ofNamespacesThatStay(ctx, missing)
	}
	switch {
	case apierrors.IsForbidden(err):
		c.logger.Info("the operator may not review its own rights; a missing right shows when it is needed", "error", err.Error())
		return nil
	case err != nil:
		return fmt.Errorf("reviewing the operator's rights: %w", err)
	case len(missing) > 0:
		return &MissingRightsError{missing, c.config.WatchSecrets}
	}
	return nil
}

// missingRights asks for each right, first in all namespaces: most are granted by a ClusterRole, whatever namespaces the operator
// watches.
func (c *Checker) missingRights(ctx context.Context) ([]Right, error) {
	known := map[Right]bool{}
	var missing []Right
	for _, r := range c.config.rights() {
		allowed, err := c.allowed(ctx, Right{Verb: r.Verb, Resource: r.Resource}, known)
		if err == nil && !allowed {
			allowed, err = c.allowed(ctx, r, known)
		}
		if err != nil {
			return nil, err
		}
		if !allowed {
			missing = append(missing, r)
		}
	}
	return missing, nil
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

// allowed asks whether this process has a right, unless that is known.
func (c *Checker) allowed(ctx context.Context, r Right, known map[Right]bool) (bool, error) {
	if allowed, found := known[r]; found {
		return allowed, nil
	}
	review, err := c.cluster.AuthorizationV1().SelfSubjectAccessReviews().Create(ctx, &authorizationv1.SelfSubjectAccessReview{
		Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: r.attributes()},
	}, metav1.CreateOptions{})
	if err != nil {
		return false, err
	}
	known[r] = review.Status.Allowed
	return known[r], nil
}

// MissingRightsError names missing rights and says what to do.
type MissingRightsError struct {
	Rights []Right

	watchSecrets bool
}

func (e *MissingRightsError) Error() string {
	text := fmt.Sprintf("the operator lacks rights: %s; apply the roles and bindings of this version of the operator (config/rbac)", describe(e.Rights))
	if e.lacks(func(r Right) bool { return r.Resource == "leases.coordination.k8s.io" }) {
		text += "; --operator-namespace names the namespace of the Lease; a single replica can run without it, with --leader-elect=false"
	}
	if e.watchSecrets && e.lacks(isForWatching) {
		text += "; --watch-secrets needs the right to list and watch Secrets and ConfigMaps"
	}
	return text
}

func (e *MissingRightsError) lacks(match func(Right) bool) bool {
	return slices.ContainsFunc(e.Rights, match)
}

// isForWatching reports whether only --watch-secrets needs a right.
func isForWatching(r Right) bool {
	return (r.Resource == "secrets" || r.Resource == "configmaps") && (r.Verb == "list" || r.Verb == "watch")
}
