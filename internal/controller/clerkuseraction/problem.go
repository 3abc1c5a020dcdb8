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
)

// problem is an error whose fate is known where it is found.
type problem struct {
	// reason and message go into the conditions. The message says what to do, and holds nothing that changes from pass
	// to pass.
	reason, message string
	// final says that the action is over; else it waits.
	final bool
	// after is when to look again without being woken; 0 leaves it to what wakes.
	after time.Duration
}

// Error returns the message for people.
func (p *problem) Error() string { return p.message }

// waitError is an error that passes by itself after a known time.
type waitError struct {
	after time.Duration
	err   error
}

// Error says what is waited for.
func (e *waitError) Error() string { return e.err.Error() }

// Unwrap returns what is waited for.
func (e *waitError) Unwrap() error { return e.err }

const (
	// unknownRetry is the pause while the ClerkInstance's controller has not looked at it yet.
	unknownRetry = 2 * time.Second
	// staleRetry is the pause after a read that did not show what was written before.
	staleRetry = 2 * time.Second
	// disagreementRetry is the pause after answers of Clerk's that say different things.
	disagreementRetry = 10 * time.Second
	// recheck is the pause while something has to change of which no event comes here.
	recheck = 30 * time.Second
)

var (
	// errInstanceUnknown: this process has not looked at the ClerkInstance yet.
	errInstanceUnknown = errors.New("the ClerkInstance was not looked at yet")
	// errNotVisibleYet: what exists at Clerk is not shown by it yet.
	errNotVisibleYet = errors.New("what was written just now may not be visible at Clerk yet")
	// errDisagreement: a read by id and a list say different things about the user.
	errDisagreement = errors.New("reads of the user by id say that there is none, but a list shows it")
	// errUnderWay: a call may be under way in a process that is about to end.
	errUnderWay = errors.New("the call was begun by another process of the operator, which may still wait for Clerk's answer")
	// errOutdated: the pass works from an old copy of something; the new one is on its way.
	errOutdated = errors.New("something has changed since this copy of it was made")
	// errNothingThere: the user has no such wallet or account.
	errNothingThere = errors.New("the user has nothing of that name")
	// errOwnedElsewhere has one text for all who must not learn whose the user is.
	errOwnedElsewhere = &problem{
		reason:  v1alpha1.ReasonConflict,
		message: "the user at Clerk is not the ClerkUser's to manage, so nothing was done; the ClerkUser's own conditions say more",
		final:   true,
	}
)

func userNotFound(name string) error {
	return &problem{
		reason:  v1alpha1.ReasonUserNotFound,
		message: fmt.Sprintf("this namespace has no ClerkUser %s; create it, or delete this object", name),
	}
}

func userNotBound(name string) error {
	return &problem{
		reason:  v1alpha1.ReasonUserNotBound,
		message: fmt.Sprintf("ClerkUser %s is not bound to a user yet; its own conditions say why", name),
	}
}

func userNotUnderstood(name string) error {
	return &problem{
		reason:  v1alpha1.ReasonUserNotBound,
		message: fmt.Sprintf("ClerkUser %s holds values that are not understood; its own conditions say which", name),
	}
}

func notMarked(name string) error {
	return &problem{
		reason:  v1alpha1.ReasonUserNotBound,
		message: fmt.Sprintf("the user at Clerk does not carry the owner mark of ClerkUser %s yet; its own conditions say why", name),
		after:   recheck,
	}
}

func userSuspended(name string) error {
	return &problem{
		reason:  v1alpha1.ReasonSuspended,
		message: fmt.Sprintf("ClerkUser %s is suspended, so nothing is read or written at Clerk until its spec.suspend is false", name),
	}
}

func userDeleted(name string) error {
	return &problem{
		reason:  v1alpha1.ReasonUserNotBound,
		message: fmt.Sprintf("ClerkUser %s is being deleted, so nothing is done to its user any more", name),
		final:   true,
	}
}

func userObserved(name string) error {
	return &problem{
		reason: v1alpha1.ReasonNotAllowed,
		message: fmt.Sprintf("ClerkUser %s is in mode Observe, in which nothing is written at Clerk; "+
			"set its spec.mode to Enforce and create another ClerkUserAction", name),
		final: true,
	}
}

func boundToAnother(name, userID string) error {
	return &problem{
		reason: v1alpha1.ReasonUserNotBound,
		message: fmt.Sprintf("this action is about user %s, to whom ClerkUser %s is no longer bound; "+
			"create another ClerkUserAction for the one it is bound to", userID, name),
		final: true,
	}
}

func instanceChanged(bound *v1alpha1.BoundInstance) error {
	return &problem{
		reason: v1alpha1.ReasonInstanceChanged,
		message: fmt.Sprintf("the user lives in instance %s, but ClerkInstance %s/%s now leads to another, so nothing was done; "+
			"give it a key of %s again, and create another ClerkUserAction", bound.ID, bound.Namespace, bound.Name, bound.ID),
		final: true,
	}
}

func instanceNotFound(instance types.NamespacedName) error {
	return &problem{
		reason:  v1alpha1.ReasonInstanceNotFound,
		message: fmt.Sprintf("ClerkInstance %s, through which the user is bound, does not exist; create it again", instance),
		after:   recheck,
	}
}

func instanceNotReady(instance types.NamespacedName, why string) error {
	return &problem{
		reason:  v1alpha1.ReasonInstanceNotReady,
		message: fmt.Sprintf("ClerkInstance %s cannot be used: %s", instance, why),
		after:   recheck,
	}
}

func namespaceNotAllowed(instance types.NamespacedName, namespace string) error {
	return &problem{
		reason: v1alpha1.ReasonNotAllowed,
		message: fmt.Sprintf("ClerkInstance %s does not admit namespace %s; its owner can, in spec.allowedNamespaces, "+
			"and then create another ClerkUserAction", instance, namespace),
		final: true,
	}
}

func actionNotAllowed(instance types.NamespacedName, actionType v1alpha1.ActionType) error {
	return &problem{
		reason: v1alpha1.ReasonNotAllowed,
		message: fmt.Sprintf("ClerkInstance %s does not allow %s; its owner can, in spec.policy.actions, "+
			"and then create another ClerkUserAction", instance, actionType),
		final: true,
	}
}

func notText(field string) error {
	return &problem{
		reason:  v1alpha1.ReasonInvalidSpec,
		message: field + " names an entry that holds no text in UTF-8, which nobody could have typed; put the text there and create another ClerkUserAction",
		final:   true,
	}
}

func noSuchAction(actionType v1alpha1.ActionType) error {
	return &problem{
		reason:  v1alpha1.ReasonInvalidSpec,
		message: fmt.Sprintf("spec names the action %q, which this version of the operator does not know; update the operator", actionType),
		final:   true,
	}
}

func missing(userID string) error {
	return &problem{
		reason:  v1alpha1.ReasonMissing,
		message: fmt.Sprintf("user %s is no longer at Clerk; the ClerkUser's own conditions say what becomes of it", userID),
		final:   true,
	}
}

func severalThere(actionType v1alpha1.ActionType, ids []string) error {
	return &problem{
		reason: v1alpha1.ReasonAmbiguous,
		message: fmt.Sprintf("the user has several that %s could mean: %s; create another ClerkUserAction that names one by its id",
			actionType, strings.Join(ids, ", ")),
		final: true,
	}
}

func secretExists(name string) error {
	return &problem{
		reason: v1alpha1.ReasonSecretExists,
		message: fmt.Sprintf("Secret %s exists and is not this object's, so it was not touched and nothing was done; "+
			"delete it, or create another ClerkUserAction with another secretName", name),
		final: true,
	}
}

func secretBeingDeleted(name string) error {
	return &problem{
		reason:  v1alpha1.ReasonSecretExists,
		message: fmt.Sprintf("Secret %s is being deleted, and the action waits until it is gone; its finalizers say who holds it", name),
		after:   recheck,
	}
}

func secretImmutable(name string) error {
	return &problem{
		reason: v1alpha1.ReasonSecretExists,
		message: fmt.Sprintf("Secret %s has been made immutable, so nothing can be put there; delete it, "+
			"and create another ClerkUserAction", name),
		final: true,
	}
}

func secretForbidden(name string) error {
	return &problem{
		reason: v1alpha1.ReasonRetrying,
		message: fmt.Sprintf("the API server forbids to write Secret %s; raise the namespace's quota of Secrets, "+
			"or give the operator the rights that it is shipped with", name),
		after: recheck,
	}
}

func notConnected(provider string) error {
	return &problem{
		reason: v1alpha1.ReasonProviderNotConnected,
		message: fmt.Sprintf("Clerk has no working token of the user's for %s; have the user sign in with it, "+
			"and then create another ClerkUserAction", provider),
		final: true,
	}
}
