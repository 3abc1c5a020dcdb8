// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package action

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/plugin/cli"
)

// check looks before the creation for what would make the action fail or wait. What the caller may not read is left to the
// operator.
type check struct{ reader client.Reader }

func (c check) run(ctx context.Context, action *v1alpha1.ClerkUserAction) error {
	user := &v1alpha1.ClerkUser{}
	key := client.ObjectKey{Namespace: action.Namespace, Name: action.Spec.UserRef.Name}
	switch err := c.reader.Get(ctx, key, user); {
	case apierrors.IsForbidden(err):
		return nil
	case cli.IsAbsent(err):
		return fmt.Errorf("there is no ClerkUser %s in namespace %s%s", key.Name, key.Namespace, cli.DidYouMean(c.similar(ctx, key)))
	case err != nil:
		return cli.Explain(err, cli.Request{Verb: "get", Resource: "clerkusers", Namespace: key.Namespace, Name: key.Name})
	}
	if err := checkUser(user); err != nil {
		return err
	}
	return c.instance(ctx, action, user)
}

// similar returns the names of ClerkUsers that somebody may have meant.
func (c check) similar(ctx context.Context, key client.ObjectKey) []string {
	var names []string
	// Without the right to list, there is no suggestion.
	_ = cli.EachUser(ctx, c.reader, key.Namespace, func(user *v1alpha1.ClerkUser) { names = append(names, user.Name) })
	return cli.Suggest(key.Name, names)
}

// checkUser returns why an action on the user of a ClerkUser would fail or wait; nil if it would not.
func checkUser(user *v1alpha1.ClerkUser) error {
	why := fmt.Sprintf("kubectl clerk why %s -n %s explains it", user.Name, user.Namespace)
	switch {
	case !user.DeletionTimestamp.IsZero():
		return fmt.Errorf("ClerkUser %s is being deleted, so its user is not changed any more; %s", user.Name, why)
	case user.Undecoded != nil:
		return fmt.Errorf("ClerkUser %s has values that the operator cannot read, so the action would wait; %s", user.Name, why)
	case user.Spec.Observes():
		return fmt.Errorf("ClerkUser %s is in mode Observe, which writes nothing at Clerk; set its spec.mode to Enforce first", user.Name)
	case user.Spec.Suspended():
		return fmt.Errorf("ClerkUser %s is suspended, so the action would wait; remove its spec.suspend first", user.Name)
	case user.Status.UserID == "" || user.Status.Instance == nil:
		reason := ""
		if ready := meta.FindStatusCondition(user.Status.Conditions, v1alpha1.ConditionReady); ready != nil {
			reason = fmt.Sprintf(" (%s: %s)", cli.Line(ready.Reason), cli.Line(ready.Message))
		}
		return fmt.Errorf("ClerkUser %s is not bound to a user yet%s, so the action would wait; %s", user.Name, reason, why)
	}
	return nil
}

// instance checks that the policy of the ClerkInstance has the action.
func (c check) instance(ctx context.Context, action *v1alpha1.ClerkUserAction, user *v1alpha1.ClerkUser) error {
	bound := user.Status.Instance
	instance := &v1alpha1.ClerkInstance{}
	key := client.ObjectKey{Namespace: bound.Namespace, Name: bound.Name}
	switch err := c.reader.Get(ctx, key, instance); {
	case apierrors.IsForbidden(err):
		return nil
	case cli.IsAbsent(err):
		return fmt.Errorf("ClerkInstance %s, through which the user is bound, does not exist; create it again", key)
	case err != nil:
		return cli.Explain(err, cli.Request{Verb: "get", Resource: "clerkinstances", Namespace: key.Namespace, Name: key.Name})
	}
	if instance.Undecoded == nil && !instance.Spec.Allows(action.Spec.ActionType()) {
		return fmt.Errorf("ClerkInstance %s does not allow %s; its owner can add the action to spec.policy.actions", key, action.Spec.ActionType())
	}
	return nil
}
