// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package events

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// event is an event whose reason is not that of a condition.
type event struct {
	reason, kind, when string
	// messages are the texts; ‹…› stands for names, ids and other texts.
	messages []string
}

func normal(reason, when string, messages ...string) event {
	return event{reason, corev1.EventTypeNormal, when, messages}
}

func warning(reason, when string, messages ...string) event {
	return event{reason, corev1.EventTypeWarning, when, messages}
}

// ofUsers are events of ClerkUsers.
func ofUsers() []event {
	return []event{
		normal(v1alpha1.EventCreated, "the operator created the user", "created user ‹id›"),
		normal(v1alpha1.EventRecreated, "the user was gone from Clerk, and the operator created it again with a new id; `Created` comes with it",
			"the user was gone from Clerk and was created again as ‹id›"),
		normal(v1alpha1.EventResumed, "the operator found a user with the object's owner mark, from a creation that was interrupted or from a transfer",
			"found user ‹id›, which has this object's owner mark"),
		normal(v1alpha1.EventAdopted, "the operator adopted a user, or a new object of the same name took over the user of a deleted one",
			"adopted user ‹id›", "inherited user ‹id› from an earlier ClerkUser of this name"),
		normal(v1alpha1.EventUpdated, "the operator changed declared fields; values are never named", "changed ‹fields›"),
		normal(v1alpha1.EventDriftCorrected, "somebody else had changed declared fields, and the operator changed them back",
			"corrected what somebody else had changed: ‹fields›"),
		normal(v1alpha1.EventBanned, "the operator banned the user, because the spec or the `deletionPolicy` says so",
			"banned the user, which ended all sessions", "banned user ‹id›, as deletionPolicy says"),
		normal(v1alpha1.EventUnbanned, "the operator removed a ban", "removed the ban"),
		normal(v1alpha1.EventLocked, "the operator locked the user, also again after a lock expired", "locked the user"),
		normal(v1alpha1.EventUnlocked, "the operator removed a lock", "removed the lock"),
		normal(v1alpha1.EventMarkRestored, "the owner mark was missing, and the operator wrote it again",
			"somebody removed the owner mark from user ‹id›; the operator writes it again"),
		normal(v1alpha1.EventBaselined, "the operator does not know which password or image it sent last, as after an adoption or a restored backup; it sends nothing",
			"the current values at Clerk count as the declared ones: ‹fields›; the operator sends them when their source changes"),
		normal(v1alpha1.EventPasswordChanged, "somebody else changed a declared password",
			"somebody changed the password at Clerk; the new one stays until the Secret changes"),
		normal(v1alpha1.EventTransferred, "the object was deleted, and another ClerkUser of the namespace got its user",
			"transferred user ‹id› to ClerkUser ‹name›, which declares it too"),
		normal(v1alpha1.EventDeleted, "the operator deleted the user at Clerk",
			"deleted user ‹id›", "deleted user ‹id› again: when it was created, the object was gone or had another user"),
		released(),
		normal(v1alpha1.EventActionComplete, "a ClerkUserAction on this user was carried out", "ClerkUserAction ‹name›: carried out ‹action›"),
		warning(v1alpha1.EventActionFailed, "a ClerkUserAction on this user failed", "ClerkUserAction ‹name›: ‹action› failed with reason ‹reason›: ‹message›"),
	}
}

// released is the event about an object that was deleted without a change of its user.
func released() event {
	return normal(v1alpha1.EventReleased, "the object was deleted, and no user was removed; the message says why",
		"deletionPolicy is Retain, so the user was left as it is",
		"deletionPolicy is Retain, so the user was left as it is, with its owner mark",
		"the object was suspended, so the user was left as it is, with its owner mark",
		"mode is Observe, so the user was left as it is",
		"a new ClerkUser of that name observes the user, so the user was left as it is, with its owner mark",
		"the ClerkInstance's policy.deletion is Deny, so the user was left as it is",
		"the ClerkInstance no longer allows this namespace, so the user was left as it is",
		"the ClerkInstance cannot be used, so the user was left as it is, with its owner mark",
		"the ClerkInstance cannot be used and its policy.deletion is Deny, so the user was left as it is, with its owner mark",
		"the record of the pending deletion does not have the operator's signature, so the user was left as it is, with its owner mark",
		"the object was edited before it was gone, so the user was left as it is, with its owner mark",
		"user ‹id› is no longer at Clerk, so no user was removed",
		"Clerk has no user with the owner mark of the object, so no user was removed",
		"Clerk refused to create the user, so no user was removed",
		"no user was created or adopted for the object, so no user was removed",
	)
}

// ofInstances are events of ClerkInstances about their users as a whole.
func ofInstances() []event {
	return []event{
		warning(v1alpha1.EventDeletionsHeld, "the deletion brake begins to hold ClerkUsers; `status.heldDeletions` has the present number",
			"the deletion brake holds ‹number of ClerkUsers›; if what they wait for is intended, release it with: ‹command›"),
		normal(v1alpha1.EventDeletionsResumed, "the brake holds none any more", "the deletion brake holds no ClerkUser any more"),
		warning(v1alpha1.EventMassAbsence,
			"Clerk's lists no longer show more than a fifth of the users; `status.massAbsentUsers` has the present number",
			"Clerk's lists no longer show the users of ‹number of ClerkUsers›, which is probably a fault; the operator leaves them alone until the lists show "+
				"them again; if it is intended, have each user checked and treated as missing with: ‹command›"),
		normal(v1alpha1.EventMassAbsenceEnded, "no ClerkUser waits for that reason any more",
			"no ClerkUser waits any more because Clerk's lists do not show its user"),
		warning(v1alpha1.ReasonDeletionBlocked, "the user of a ClerkUser that is gone cannot be removed",
			"user ‹id› of the deleted ClerkUser ‹name› is not removed yet: ‹cause›. The operator tries again; to keep the user, name it in spec.userID of a "+
				"ClerkUser of that namespace, or set spec.policy.deletion of the ClerkInstance to Deny"),
	}
}

// ofActions are events of ClerkUserActions.
func ofActions() []event {
	return []event{
		normal(v1alpha1.EventActionComplete, "the action was carried out; what it found is in status only", "carried out ‹action›"),
		warning(v1alpha1.EventActionFailed, "the action will not be carried out, or nobody can know whether it was",
			"‹action› failed with reason ‹reason›: ‹message›"),
	}
}
