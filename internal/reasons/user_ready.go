// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package reasons

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// Commands of several entries.
const (
	editUser    = "kubectl edit clerkuser -n ‹namespace› ‹name›"
	showPending = "kubectl get clerkuser -n ‹namespace› ‹name› -o jsonpath='{.status.pendingChanges}{\"\\n\"}'"
	waitForUser = "kubectl wait --for=condition=Ready clerkuser/‹name› -n ‹namespace› --timeout=2m"
	retainUser  = `kubectl patch clerkuser -n ‹namespace› ‹name› --type=merge -p '{"spec":{"deletionPolicy":"Retain"}}'`
	adoptUser   = `kubectl patch clerkuser -n ‹namespace› ‹name› --type=merge -p '{"spec":{"userID":"‹id›"}}'`
	showOther   = "kubectl get clerkuser -n ‹namespace› ‹other› -o wide"

	showInstance  = "kubectl get clerkinstance -n ‹instance-namespace› ‹instance-name› -o wide"
	editInstance  = "kubectl edit clerkinstance -n ‹instance-namespace› ‹instance-name›"
	listInstances = "kubectl get clerkinstances -A -o wide"
	release       = "kubectl annotate clerkinstance -n ‹instance-namespace› ‹instance-name› --overwrite " +
		v1alpha1.AnnotationReleaseDeletions + "=$(date -u +%Y-%m-%dT%H:%M:%SZ)"
)

// When the operator tries again, for several entries.
const (
	retryBackOff = "After 5 minutes, doubling to 6 hours. At once when one of these changes: the spec, the ClerkInstance's spec, the annotation " +
		"`clerk-operator.io/reconcile-requested-at`, or the content of a referenced Secret or ConfigMap, once the operator has noticed it."
	retrySpec   = "When the spec changes."
	retrySource = "Every 2 s at first, then less and less often, up to once a minute. At once with `--watch-secrets`."
	retryFails  = "After 1 s, doubling to 1 minute."
)

// ready is an entry for the condition Ready.
//
//nolint:revive // a row of the table with the cells of every row
func ready(status metav1.ConditionStatus, reason string, urgency Urgency, meaning, retry string, cases ...Case) Entry {
	return Entry{
		Reason: reason, Condition: v1alpha1.ConditionReady, Status: status, Urgency: urgency, Meaning: meaning, Retry: retry, Cases: cases,
	}
}

// reconciling is an entry for the condition Reconciling, where that has a meaning of its own.
func reconciling(reason string, urgency Urgency, meaning, retry string, cases ...Case) Entry {
	entry := ready(metav1.ConditionTrue, reason, urgency, meaning, retry, cases...)
	entry.Condition = v1alpha1.ConditionReconciling
	return entry
}

// users are the reasons of a ClerkUser.
func users() []Entry {
	return of(KindUser, usersDone(), usersWaiting(), usersInvalid(), usersWithoutInstance(), usersAtClerk(), usersRefused(), usersDeleting())
}

func usersDone() []Entry {
	suspended := ready(metav1.ConditionTrue, v1alpha1.ReasonSuspended, None,
		"`spec.suspend` is true, so the operator does nothing for this object.", "When `spec.suspend` is removed.",
		one("spec.suspend is true, so the operator neither reads nor writes the user; the last result was ‹reason›: ‹message›",
			"Remove `suspend`. Ready and its reason stay if Ready was True; otherwise there is no Ready, and the message has the last result.",
			`kubectl patch clerkuser -n ‹namespace› ‹name› --type=merge -p '{"spec":{"suspend":null}}'`),
		one("spec.suspend is true, so the operator neither reads nor writes the user", "Remove `suspend`.",
			`kubectl patch clerkuser -n ‹namespace› ‹name› --type=merge -p '{"spec":{"suspend":null}}'`),
	)
	suspended.Condition = v1alpha1.ConditionSuspended
	return []Entry{
		ready(metav1.ConditionTrue, v1alpha1.ReasonInSync, None, "The user at Clerk is as declared.", "",
			one("the user at Clerk is as declared", "Nothing."),
		),
		ready(metav1.ConditionTrue, v1alpha1.ReasonObserved, None,
			"The object is in mode Observe: the operator reports what differs and changes nothing.", "",
			several("Remove `mode: Observe` when the differences are wanted.",
				"user ‹id› differs in: ‹fields›", "there is no such user at Clerk; mode Enforce would create it").
				by(showPending, `kubectl patch clerkuser -n ‹namespace› ‹name› --type=merge -p '{"spec":{"mode":"Enforce"}}'`),
			one("user ‹id› is as declared", "Nothing."),
		),
		ready(metav1.ConditionTrue, v1alpha1.ReasonContended, Act,
			"Somebody else keeps changing a declared field back: a field conflict.",
			"Once per `drift.fullInterval`. The operator corrected the field three times within an hour before.",
			one("somebody else keeps changing ‹fields› back; the operator corrects it at full syncs only. Find out who changes it, or remove it from the spec",
				"Find out who changes the field, or remove it from the spec.", showPending, editUser),
		),
		suspended,
	}
}

func usersWaiting() []Entry {
	return []Entry{
		ready(metav1.ConditionUnknown, v1alpha1.ReasonWaiting, Wait,
			"No reconciliation has finished yet.", "As soon as the API budget, Clerk's rate limit or what is missing allows it.",
			one("the first reconciliation has not finished; it waits for Clerk or for the rate limiter",
				"Wait. If it happens often, raise `rateLimit` of the ClerkInstance. A new object that waits less than five minutes shows no condition until then.",
				waitForUser, showInstance),
			one("the operator waits ‹how long› before it reports this as a problem: ‹what is missing›",
				"Wait: the ClerkInstance, Secret or ConfigMap may still come from the same apply. In the first 5 s the object shows no condition.",
				waitForUser),
		),
		reconciling(v1alpha1.ReasonWaiting, Wait,
			"A changed spec is not applied yet. Ready still describes the former spec.", "As soon as the cause is gone.",
			one("the current generation is not applied yet: ‹what the operator waits for›",
				"Wait. If it happens often, raise `rateLimit` of the ClerkInstance.", waitForUser, showInstance),
		),
		ready(metav1.ConditionFalse, v1alpha1.ReasonRetrying, Check,
			"Calls have been failing for a while, for a reason that may be temporary.", retryFails,
			one("calls fail and are retried: ‹what fails›",
				"Nothing if Clerk or the network is down. The operator retries a failing call after 1 s, doubling to 1 minute.", showInstance),
		),
		reconciling(v1alpha1.ReasonRetrying, Check,
			"A changed spec is not applied yet, because calls fail. Ready still describes the former spec.", retryFails,
			one("the current generation is not applied yet and is retried: ‹what fails›", "Nothing if Clerk or the network is down.", showInstance),
		),
	}
}

func usersInvalid() []Entry {
	const cannotBeRead = " See [values that cannot be read](../troubleshooting.md#a-stored-value-cannot-be-read)."
	return []Entry{
		ready(metav1.ConditionFalse, v1alpha1.ReasonInvalidSpec, Act,
			"The spec has a value that the API server cannot check and that Clerk would refuse, or that its field cannot have.", retrySpec,
			one("‹field›: the stored value is not valid for the field; correct it as \"kubectl explain ‹kind›.‹path›\" says, or remove the field",
				"Correct or remove the field. The operator does nothing at Clerk for this object until then."+cannotBeRead,
				"kubectl explain clerkuser.‹path›", editUser),
			several("Correct the field that the message names, as it says. The operator sends nothing to Clerk until then.",
				"spec names no identifier; add externalID, username, emailAddresses, phoneNumbers or initial.web3Wallets",
				"‹field›: ‹what is wrong; what to write instead›").by(editUser),
		),
		ready(metav1.ConditionFalse, v1alpha1.ReasonInvalidStatus, Act,
			"A record in status has a value that its field cannot have, and the operator needs the record.", "When the status changes.",
			one("‹field›: the stored value is not valid for the field, and the operator needs this record; restore the former value, or remove the field "+
				"with \"kubectl edit ‹kind› ‹object› --subresource=status\", and the operator writes it again",
				"Restore the former value, or remove the field from status."+cannotBeRead, editUser+" --subresource=status"),
		),
		ready(metav1.ConditionFalse, v1alpha1.ReasonSecretNotFound, Act,
			"A Secret that the spec names, or the named entry in it, does not exist.", retrySource, notFound("Secret", "secret")...),
		ready(metav1.ConditionFalse, v1alpha1.ReasonConfigMapNotFound, Act,
			"A ConfigMap that the spec names, or the named entry in it, does not exist.", retrySource, notFound("ConfigMap", "configmap")...),
	}
}

// notFound are the cases of a Secret or ConfigMap that a spec names.
func notFound(kind, resource string) []Case {
	return []Case{
		one("‹field›: "+kind+" ‹source› does not exist in this namespace; create it, or correct the name",
			"Create the "+kind+", or correct its name in the spec.", "kubectl get "+resource+"s -n ‹namespace›"),
		one("‹field›: "+kind+" ‹source› has no entry ‹entry›, or an empty one; put the value there",
			"Put the value into that entry of the "+kind+".", "kubectl describe "+resource+" -n ‹namespace› ‹source›"),
	}
}
