// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuseraction

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
)

// unknownRetry is the delay while the controller of ClerkInstances has not reconciled the ClerkInstance yet.
const unknownRetry = 2 * time.Second

var (
	// errInstanceUnknown: this process has not reconciled the ClerkInstance yet.
	errInstanceUnknown = errors.New("the operator has not checked the ClerkInstance yet")
	// errNotVisibleYet: what exists at Clerk is not shown by it yet.
	errNotVisibleYet = errors.New("the latest change of the user may not be visible at Clerk yet")
	// errDisagreement: a read by id and a list say different things about the user.
	errDisagreement = errors.New("a read of the user by id says that there is none, but a list shows the user")
	// errUnderWay: a call may be under way in a process that is about to end.
	errUnderWay = errors.New("another process of the operator made the call and may still wait for Clerk's answer")
	// errNothingThere: the user has no such wallet or account.
	errNothingThere = errors.New("the user has no such wallet or account")
)

func userNotFound(name string) error {
	return &reconcile.Problem{
		Reason:  v1alpha1.ReasonUserNotFound,
		Message: fmt.Sprintf("this namespace has no ClerkUser %s; create it, or delete this object", name),
	}
}

func userNotBound(name string) error {
	return &reconcile.Problem{
		Reason:  v1alpha1.ReasonUserNotBound,
		Message: fmt.Sprintf("ClerkUser %s is not bound to a user yet; see its conditions", name),
	}
}

func userNotDecoded(name string) error {
	return &reconcile.Problem{
		Reason:  v1alpha1.ReasonUserNotBound,
		Message: fmt.Sprintf("ClerkUser %s has values that the operator cannot read; see its conditions", name),
	}
}

// maxMarkRetry is the longest delay between two looks for a mark.
const maxMarkRetry = time.Hour

// notMarked is the error for a user without the mark of its ClerkUser. The delay grows with the age of the action, since each
// look may take a call, and some marks never come.
func notMarked(name string, age time.Duration) error {
	return &reconcile.Problem{
		Reason: v1alpha1.ReasonUserNotBound,
		Message: fmt.Sprintf("the user at Clerk does not have the owner mark of ClerkUser %s; the action waits until it has; "+
			"see the conditions of the ClerkUser", name),
		RetryAfter: min(max(age, reconcile.RecheckInterval), maxMarkRetry),
	}
}

func userSuspended(name string) error {
	return &reconcile.Problem{
		Reason:  v1alpha1.ReasonSuspended,
		Message: fmt.Sprintf("ClerkUser %s is suspended; the operator calls Clerk again once its spec.suspend is false", name),
	}
}

func userDeleted(name string) error {
	return &reconcile.Problem{
		Reason:  v1alpha1.ReasonUserNotBound,
		Message: fmt.Sprintf("ClerkUser %s is being deleted, so its user is not changed any more", name),
		Stalled: true,
	}
}

func userObserved(name string) error {
	return &reconcile.Problem{
		Reason: v1alpha1.ReasonNotAllowed,
		Message: fmt.Sprintf("ClerkUser %s is in mode Observe, which writes nothing at Clerk; "+
			"set its spec.mode to Enforce and create another ClerkUserAction", name),
		Stalled: true,
	}
}

func boundToAnother(name, userID string) error {
	return &reconcile.Problem{
		Reason: v1alpha1.ReasonUserNotBound,
		Message: fmt.Sprintf("ClerkUser %s is no longer bound to user %s, whom this action is for; "+
			"create another ClerkUserAction for the user that it is bound to now", name, userID),
		Stalled: true,
	}
}

func instanceChanged(bound *v1alpha1.BoundInstance) error {
	return &reconcile.Problem{
		Reason: v1alpha1.ReasonInstanceChanged,
		Message: fmt.Sprintf("the user belongs to instance %s, but ClerkInstance %s/%s now leads to another one, so nothing was done; "+
			"give it a key of %s again, and create another ClerkUserAction", bound.ID, bound.Namespace, bound.Name, bound.ID),
		Stalled: true,
	}
}

func instanceNotFound(instance types.NamespacedName) error {
	return &reconcile.Problem{
		Reason:     v1alpha1.ReasonInstanceNotFound,
		Message:    fmt.Sprintf("ClerkInstance %s, through which the user is bound, does not exist; create it again", instance),
		RetryAfter: reconcile.RecheckInterval,
	}
}

func instanceNotReady(instance types.NamespacedName, why string) error {
	return &reconcile.Problem{
		Reason:     v1alpha1.ReasonInstanceNotReady,
		Message:    fmt.Sprintf("ClerkInstance %s cannot be used: %s", instance, why),
		RetryAfter: reconcile.RecheckInterval,
	}
}

func namespaceNotAllowed(instance types.NamespacedName, namespace string) error {
	return &reconcile.Problem{
		Reason: v1alpha1.ReasonNotAllowed,
		Message: fmt.Sprintf("ClerkInstance %s does not admit namespace %s; have its owner add the namespace to "+
			"spec.allowedNamespaces, and create another ClerkUserAction", instance, namespace),
		Stalled: true,
	}
}

func actionNotAllowed(instance types.NamespacedName, actionType v1alpha1.ActionType) error {
	return &reconcile.Problem{
		Reason: v1alpha1.ReasonNotAllowed,
		Message: fmt.Sprintf("ClerkInstance %s does not allow %s; have its owner add the action to spec.policy.actions, "+
			"and create another ClerkUserAction", instance, actionType),
		Stalled: true,
	}
}

func notText(field string) error {
	return &reconcile.Problem{
		Reason:  v1alpha1.ReasonInvalidSpec,
		Message: field + " names an entry that is not text in UTF-8; put the text there and create another ClerkUserAction",
		Stalled: true,
	}
}

func noSuchAction(actionType v1alpha1.ActionType) error {
	return &reconcile.Problem{
		Reason:  v1alpha1.ReasonInvalidSpec,
		Message: fmt.Sprintf("spec names the action %q, which this version of the operator does not know; update the operator", actionType),
		Stalled: true,
	}
}

func missing(userID string) error {
	return &reconcile.Problem{
		Reason:  v1alpha1.ReasonMissing,
		Message: fmt.Sprintf("user %s is no longer at Clerk; see the conditions of the ClerkUser", userID),
		Stalled: true,
	}
}

func severalThere(actionType v1alpha1.ActionType, ids []string) error {
	return &reconcile.Problem{
		Reason: v1alpha1.ReasonAmbiguous,
		Message: fmt.Sprintf("%s matches several things of the user: %s; create another ClerkUserAction that names one by its id",
			actionType, strings.Join(ids, ", ")),
		Stalled: true,
	}
}

func secretExists(name string) error {
	return &reconcile.Problem{
		Reason: v1alpha1.ReasonSecretExists,
		Message: fmt.Sprintf("Secret %s exists and does not belong to this object, so nothing was done; "+
			"delete it, or create another ClerkUserAction with another secretName", name),
		Stalled: true,
	}
}

func secretBeingDeleted(name string) error {
	return &reconcile.Problem{
		Reason:     v1alpha1.ReasonSecretExists,
		Message:    fmt.Sprintf("Secret %s is being deleted, and the action waits until it is gone; see its finalizers", name),
		RetryAfter: reconcile.RecheckInterval,
	}
}

func secretImmutable(name string) error {
	return &reconcile.Problem{
		Reason: v1alpha1.ReasonSecretExists,
		Message: fmt.Sprintf("Secret %s is immutable, so the operator cannot write it; delete it, "+
			"and create another ClerkUserAction", name),
		Stalled: true,
	}
}

func secretForbidden(name string, err error) error {
	remedy := "raise the namespace's quota of Secrets, or change the policy that forbids it"
	if right := reconcile.MissingRight(err); right != "" {
		remedy = reconcile.Grant(right)
	}
	return &reconcile.Problem{
		Reason:     v1alpha1.ReasonRetrying,
		Message:    fmt.Sprintf("the API server forbids writing Secret %s; %s", name, remedy),
		RetryAfter: reconcile.RecheckInterval,
	}
}

func notConnected(provider string) error {
	return &reconcile.Problem{
		Reason: v1alpha1.ReasonProviderNotConnected,
		Message: fmt.Sprintf("Clerk has no working token of the user for %s; have the user sign in with it, "+
			"and create another ClerkUserAction", provider),
		Stalled: true,
	}
}
