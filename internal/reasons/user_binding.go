// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package reasons

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

func usersWithoutInstance() []Entry {
	return []Entry{
		ready(metav1.ConditionFalse, v1alpha1.ReasonInstanceNotFound, Act,
			"The ClerkInstance that the spec refers to does not exist.", "When the ClerkInstance is created, or the spec changes.",
			several("Create the ClerkInstance, or correct `spec.instanceRef`.",
				"ClerkInstance ‹instance› does not exist; create it, or correct spec.instanceRef",
				"neither ClerkInstance ‹instance› nor the operator's default ‹default› exists; create one, or set spec.instanceRef").
				by(listInstances, editUser),
		),
		ready(metav1.ConditionFalse, v1alpha1.ReasonNotAllowed, Act,
			"The ClerkInstance does not allow objects of this namespace.", "Once a minute.",
			one("ClerkInstance ‹instance› does not admit namespace ‹guest›; its owner can admit it in spec.allowedNamespaces",
				"Ask the owner of the ClerkInstance to admit the namespace.",
				"kubectl get clerkinstance -n ‹instance-namespace› ‹instance-name› -o jsonpath='{.spec.allowedNamespaces}{\"\\n\"}'"),
		),
		ready(metav1.ConditionFalse, v1alpha1.ReasonInstanceNotReady, Check,
			"The ClerkInstance cannot be used now.", "When the ClerkInstance is Ready.",
			one("ClerkInstance ‹instance› cannot be used: it is being deleted, so it gets no more users; create it again when it is gone, or change spec.instanceRef",
				"Create the ClerkInstance again when it is gone, or change `spec.instanceRef`.", showInstance).at(Act),
			one("ClerkInstance ‹instance› cannot be used: ‹why›",
				"Correct the ClerkInstance; see the [reasons of a ClerkInstance](#clerkinstance). Its conditions have the same text.", showInstance),
		),
		ready(metav1.ConditionFalse, v1alpha1.ReasonInstanceChanged, Act,
			"The reference, or the instance's key, now leads to another Clerk instance than the one in which the user lives.",
			"When the ClerkInstance or its key changes.",
			one("the user is in Clerk instance ‹id›, bound through ClerkInstance ‹bound›, but this object now uses ‹other-id› through ‹instance›; "+
				"the operator writes nothing until the object uses the first one again",
				"Restore the reference or the key. To declare the user in the other Clerk instance, create another ClerkUser.", showInstance),
			one("the user may have been created in Clerk instance ‹id›, through ClerkInstance ‹bound›, by a call whose answer was lost, "+
				"but this object now uses another instance through ‹instance›; the operator writes nothing until the object uses the first one again. "+
				"Or delete this object, which removes that user, and create it again",
				"Restore the reference. Or delete this object, which removes that user, and create it again.", showInstance),
		),
	}
}

func usersAtClerk() []Entry {
	return []Entry{
		ready(metav1.ConditionFalse, v1alpha1.ReasonAlreadyExists, Act,
			"A user with one of the declared identifiers exists, and the operator may not adopt it.", retryBackOff,
			one("a user with one of the declared identifiers exists at Clerk, and this object may not manage it; to adopt that user, set spec.userID "+
				"to its id (the ClerkInstance's policy.adoption must allow it, and no other ClerkUser may manage the user); otherwise change the identifiers",
				"Set `spec.userID` to adopt the user, or change the identifiers; see [adoption](../explanation/ownership.md#adoption).", editUser),
			one("ClerkUser ‹other› of this namespace, which managed user ‹id›, no longer exists; set spec.userID to ‹id› to adopt the user "+
				"(the ClerkInstance's policy.adoption must allow it)",
				"Set `spec.userID` to adopt the user. `policy.adoption` of the ClerkInstance must allow it.", adoptUser),
			one("spec.userID requests an adoption, but policy.adoption of ClerkInstance ‹instance› does not allow it in this namespace; its owner can change that",
				"Ask the owner of the ClerkInstance, or declare the user in the instance's own namespace.",
				"kubectl get clerkinstance -n ‹instance-namespace› ‹instance-name› -o jsonpath='{.spec.policy}{\"\\n\"}'"),
		),
		ready(metav1.ConditionFalse, v1alpha1.ReasonAmbiguous, Act,
			"The declared identifiers belong to more than one user at Clerk.", retryBackOff,
			one("the declared identifiers belong to more than one user at Clerk; set spec.userID to the intended user, or remove the identifiers of the others",
				"Set `spec.userID` to the intended user, or remove the identifiers of the others.", editUser),
		),
		ready(metav1.ConditionFalse, v1alpha1.ReasonConflict, Act,
			"An older ClerkUser manages the same user at Clerk.", retryBackOff,
			several("If the two objects declare one person, delete one of them. If this object is for another person, change the fields that the message "+
				"names. If a ClerkUser of another namespace manages the user, the reason is `AlreadyExists`.",
				"ClerkUser ‹other› of this namespace manages the user with the same ‹fields›; if this object is for another person, change ‹fields›; "+
					"otherwise delete one of the two (deleting this one leaves the user as it is)",
				"ClerkUser ‹other› of this namespace manages this user; delete one of the two (deleting this one leaves the user as it is)").
				by(showOther, editUser),
			one("this object created user ‹id› before spec.userID named another; set spec.userID to ‹id›, or delete this object (and with it that user) "+
				"and create another for the intended user",
				"Set `spec.userID` to the id that the message names. Or delete this object, and with it that user, and create another for the intended user.",
				adoptUser),
		),
		ready(metav1.ConditionFalse, v1alpha1.ReasonMissing, Act,
			"The user is no longer at Clerk, and the operator does not create it again by default.", retryBackOff,
			one("user ‹id› is no longer at Clerk; the person may have deleted the account. Change the spec to create the user again "+
				"(deleteSelfEnabled: false does this now and in future), or delete this object",
				"Change the spec to create the user again; `deleteSelfEnabled: false` does this now and in future. Or delete this object.",
				editUser, "kubectl delete clerkuser -n ‹namespace› ‹name›"),
			several("Correct `spec.userID`, or delete this object. This object was to adopt the user, or had adopted it.",
				"there is no user ‹id› in this Clerk instance; if it was there before, the person may have deleted the account. "+
					"Correct spec.userID, or delete this object",
				"the adopted user is no longer at Clerk; set spec.userID to another user, or delete this object").by(editUser),
		),
	}
}

func usersRefused() []Entry {
	return []Entry{
		ready(metav1.ConditionFalse, v1alpha1.ReasonRejectedByClerk, Act,
			"Clerk refused a call for a reason that a retry does not remove. The operator applies everything else.", retryBackOff,
			one("‹field›: clerk answered ‹status› ‹code› (‹parameter›): ‹Clerk's text›. ‹what to do›",
				"Do what the message says, in the manifest or in Clerk's dashboard. The message names every refused field.", editUser, showPending),
			one("clerk answered ‹status›", "Do what the message says, in the manifest or in Clerk's dashboard.", editUser, showPending),
		),
		ready(metav1.ConditionFalse, v1alpha1.ReasonNotKept, Act,
			"Clerk accepted a change, but its answer does not show it.", "When the spec or the value at Clerk changes.",
			one("Clerk accepted a change of ‹fields› but did not keep it; it is not sent again until the spec or the value at Clerk changes",
				"Find the setting in Clerk's dashboard that overrides the field; correct or remove it.", showPending, editUser),
		),
	}
}

func usersDeleting() []Entry {
	return []Entry{
		ready(metav1.ConditionFalse, v1alpha1.ReasonWaitingForDeletion, Check,
			"Another ClerkUser manages the user that this object declares. In a rename, that one is deleted, and this one gets the user.",
			"When the other object is deleted. After 30 seconds plus the `deletionDelay`, the reason is `Conflict`.",
			several("In a rename, delete the other object. If this object is for another person, change the fields that the message names. "+
				"See [renames](../explanation/deletion-and-brake.md#renames).",
				"ClerkUser ‹other› of this namespace manages the user with the same ‹fields›; this object waits for the deletion of that one, as in a rename; "+
					"if this object is for another person, change ‹fields›",
				"ClerkUser ‹other› of this namespace manages this user; this object waits for the deletion of that one, as in a rename").
				by(showOther, editUser),
		),
		ready(metav1.ConditionFalse, v1alpha1.ReasonDeletionPending, Wait,
			"The object is being deleted. The user will be deleted or banned after the instance's `deletionDelay`.", "At the time in the message.",
			several("Nothing, or set `deletionPolicy: Retain` before that time to keep the user; see [deletion](../explanation/deletion-and-brake.md#deletion). "+
				"With `deletionPolicy: Ban`, the user will be banned.",
				"the user will be deleted at Clerk after ‹time›; to keep it, set spec.deletionPolicy to Retain on this object before that time",
				"the user will be banned at Clerk after ‹time›; to keep it, set spec.deletionPolicy to Retain on this object before that time").
				by(retainUser),
		),
		ready(metav1.ConditionFalse, v1alpha1.ReasonDeletionHeld, Act,
			"The object waits for the instance's deletion brake.", "When somebody releases it, or as the cases below say.",
			one("the deletion brake allows ‹n› in ‹window› for the Clerk instance of ClerkInstance ‹instance›; if this is intended, release it with: ‹command›",
				"Run the command in the message, or wait for the next window; see [the brake](../explanation/deletion-and-brake.md#the-brake).", release, showInstance),
			one("Clerk's lists no longer show this user and more than a fifth of the others, which is probably a fault; if it is intended, "+
				"have each user checked and treated as missing with: ‹command›",
				"Check the instance in Clerk's dashboard. If the users are really gone, run the command in the message. "+
					"If they come back, the operator continues by itself.", showInstance, release),
		),
		ready(metav1.ConditionFalse, v1alpha1.ReasonDeletionBlocked, Act,
			"Clerk refuses what the deletion policy requires, or the operator cannot find out what it requires.", retryBackOff,
			several("Correct the cause that the message names, or set `deletionPolicy: Retain` on this object to leave the user at Clerk.",
				"‹why›; correct that, or set spec.deletionPolicy to Retain on this object to leave the user at Clerk",
				"‹field›: the stored value is not valid for the field; …; to leave the user at Clerk as it is, set spec.deletionPolicy to Retain on this object",
				"the API server refuses to remove the finalizer before the spec is corrected: ‹why›").by(retainUser, editUser),
		),
	}
}
