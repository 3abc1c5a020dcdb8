// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

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
	// stalled says that somebody has to change something.
	stalled bool
	// holds says that the pass is not made again, until something changes or its time has come.
	holds bool
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

var (
	// errNotVisibleYet: what exists at Clerk is not shown by it yet.
	errNotVisibleYet = errors.New("what was created just now may not be visible at Clerk yet")
	// errInstanceUnknown: this process has not looked at the ClerkInstance yet, and wakes its users when it has.
	errInstanceUnknown = errors.New("the ClerkInstance was not looked at yet")
	// errNotRead: the mirror has not read the user yet, and wakes the object when it has.
	errNotRead = errors.New("the user was not read yet")
	// errOutdated: the pass works from an old copy of the object; the new one is on its way.
	errOutdated = errors.New("the object has changed since this copy of it was made")
	// errUnsettled: Clerk's answers ask for ever more changes.
	errUnsettled = errors.New("the user still differs after its changes were carried out several times")
	// errNoIdentifier: the API server checks this; an object from before that check gets here.
	errNoIdentifier = &problem{
		reason:  v1alpha1.ReasonInvalidSpec,
		message: "spec names no identifier; add externalID, username, emailAddresses, phoneNumbers or initial.web3Wallets",
		stalled: true,
	}
	// errAlreadyExists has one text for all who must not learn whose the user is.
	errAlreadyExists = &problem{
		reason: v1alpha1.ReasonAlreadyExists,
		message: "a user with one of the declared identifiers exists at Clerk and is not this object's to manage; if it is the " +
			"person meant, set spec.userID to its id (the ClerkInstance's policy.adoption must allow it, and no other ClerkUser may " +
			"manage the user), else change the identifiers",
		stalled: true,
		holds:   true,
	}
	errAmbiguous = &problem{
		reason:  v1alpha1.ReasonAmbiguous,
		message: "the declared identifiers belong to more than one user at Clerk; set spec.userID to the one meant, or remove the identifiers of the others",
		stalled: true,
		holds:   true,
	}
)

func instanceNotFound(tried []types.NamespacedName) error {
	message := fmt.Sprintf("ClerkInstance %s does not exist; create it, or correct spec.instanceRef", tried[0])
	if len(tried) > 1 {
		message = fmt.Sprintf("neither ClerkInstance %s nor the operator's default %s exists; create one, or set spec.instanceRef", tried[0], tried[1])
	}
	return &problem{reason: v1alpha1.ReasonInstanceNotFound, message: message}
}

func notAllowed(instance types.NamespacedName, namespace string) error {
	return &problem{
		reason: v1alpha1.ReasonNotAllowed,
		message: fmt.Sprintf("ClerkInstance %s does not admit namespace %s; its owner can, in spec.allowedNamespaces",
			instance, namespace),
		// A namespace's labels decide, too, and wake nobody.
		after: time.Minute,
	}
}

func instanceNotReady(instance types.NamespacedName, why string) error {
	return &problem{
		reason:  v1alpha1.ReasonInstanceNotReady,
		message: fmt.Sprintf("ClerkInstance %s cannot be used: %s", instance, why),
	}
}

func instanceChanged(bound *v1alpha1.BoundInstance, now types.NamespacedName, id string) error {
	return &problem{
		reason: v1alpha1.ReasonInstanceChanged,
		message: fmt.Sprintf("the user lives in instance %s, bound through ClerkInstance %s/%s, but this object now leads to %s through %s; "+
			"nothing is written until it leads there again", bound.ID, bound.Namespace, bound.Name, id, now),
		stalled: true,
	}
}

func createdElsewhere(location *v1alpha1.BoundInstance, now types.NamespacedName) error {
	return &problem{
		reason: v1alpha1.ReasonInstanceChanged,
		message: fmt.Sprintf("the user may have been created in instance %s, through ClerkInstance %s/%s, by a call whose answer was lost, "+
			"but this object now leads to another instance through %s; nothing is written until it leads there again. "+
			"Or delete this object, which removes that user, and create it again", location.ID, location.Namespace, location.Name, now),
		stalled: true,
	}
}

func adoptionDenied(instance *v1alpha1.ClerkInstance) error {
	return &problem{
		reason: v1alpha1.ReasonAlreadyExists,
		message: fmt.Sprintf("spec.userID asks to adopt a user, but policy.adoption of ClerkInstance %s does not let this namespace; "+
			"its owner can change that", instanceName(instance)),
		stalled: true,
		holds:   true,
	}
}

func conflict(winner string) error {
	return &problem{
		reason: v1alpha1.ReasonConflict,
		message: fmt.Sprintf("ClerkUser %s of this namespace manages this user; delete one of the two (deleting this one leaves the user as it is)",
			winner),
		stalled: true,
		holds:   true,
	}
}

func orphaned(owner, userID string) error {
	return &problem{
		reason: v1alpha1.ReasonAlreadyExists,
		message: fmt.Sprintf("ClerkUser %s of this namespace, which managed user %s, does not exist any more; set spec.userID to %s to "+
			"adopt the user (the ClerkInstance's policy.adoption must allow it)", owner, userID, userID),
		stalled: true,
		holds:   true,
	}
}

func createdEarlier(userID string) error {
	return &problem{
		reason: v1alpha1.ReasonConflict,
		message: fmt.Sprintf("this object created user %s before spec.userID named another; set spec.userID to %s, or delete this object "+
			"(and with it that user) and create another for the one meant", userID, userID),
		stalled: true,
		holds:   true,
	}
}

func missing(userID string, origin v1alpha1.Origin) error {
	message := "the adopted user is no longer at Clerk; set spec.userID to another user, or delete this object"
	switch {
	case userID != "" && origin == v1alpha1.OriginAdopted:
		message = fmt.Sprintf("there is no user %s in this Clerk instance; correct spec.userID, or delete this object", userID)
	case userID != "":
		message = fmt.Sprintf("user %s is no longer at Clerk; the person may have left. Change the spec to have the user created again "+
			"(deleteSelfEnabled: false does so at once, now and in future), or delete this object", userID)
	}
	return &problem{reason: v1alpha1.ReasonMissing, message: message, stalled: true, holds: true}
}

func notKept(fields []string) error {
	return &problem{
		reason: v1alpha1.ReasonNotKept,
		message: fmt.Sprintf("Clerk accepted a change of %s but did not keep it; it is not sent again until the spec or the value at Clerk changes",
			strings.Join(fields, ", ")),
		stalled: true,
	}
}

func deletionBlocked(why string) error {
	return &problem{
		reason: v1alpha1.ReasonDeletionBlocked,
		message: strings.TrimRight(why, ". ") + "; put that right, or let go of the user and leave it at Clerk by setting " +
			"spec.deletionPolicy to Retain on this object",
		stalled: true,
		holds:   true,
	}
}
