// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package reasons

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// Commands and texts of several entries of a ClerkUserAction.
const (
	showUser = "kubectl get clerkuser -n ‹namespace› ‹user› -o wide"

	another = " A failed action is final; then create another."
	cancel  = " The action continues by itself. To cancel it, delete the object."
)

// failed is an entry for the condition Failed.
func failed(reason, meaning string, cases ...Case) Entry {
	entry := ready(metav1.ConditionTrue, reason, Act, meaning, "", cases...)
	entry.Condition = v1alpha1.ConditionFailed
	return entry
}

// actions are the reasons of a ClerkUserAction.
func actions() []Entry {
	complete := ready(metav1.ConditionTrue, v1alpha1.ReasonCarriedOut, None, "Clerk carried out the action.", "",
		several("Nothing. `status.result` has the result, if there is one. A wrong password or code is not a failure: `result.verified` is false.",
			"Clerk carried out ‹action›", "the password is the user's", "the password is not the user's", "the code is the user's",
			"the code is not one of the user's", "the user had nothing that ‹action› removes",
			"what ‹action› removes was gone already; an earlier call whose answer was lost may have removed it"))
	complete.Condition = v1alpha1.ConditionComplete
	return of(KindAction, []Entry{complete}, actionsWaiting(), actionsFailed(), actionsFailedAtClerk())
}

func actionsWaiting() []Entry {
	const onUser = "When the ClerkUser changes."
	return []Entry{
		reconciling(v1alpha1.ReasonWaiting, Wait, "The action waits for its first reconciliation, the API budget or Clerk's answer.", retryFails,
			several("Wait."+cancel, "the action waits for the API budget", "the first reconciliation has not finished yet",
				"the call has started; the operator waits for Clerk's answer", "the call did not finish and is retried"),
		),
		reconciling(v1alpha1.ReasonRetrying, Check, "Calls have been failing for a while, for a reason that may be temporary.", retryFails,
			one("calls fail and are retried: ‹what fails›", "Nothing if Clerk or the network is down."+cancel),
			one("the API server forbids writing Secret ‹secret›; ‹what to do›", "Do what the message says."+cancel).at(Act),
		),
		reconciling(v1alpha1.ReasonSuspended, Act, "The ClerkUser is suspended.", onUser,
			one("ClerkUser ‹user› is suspended; the operator calls Clerk again once its spec.suspend is false",
				"Remove `suspend` from the ClerkUser."+cancel, showUser)),
		reconciling(v1alpha1.ReasonUserNotFound, Act, "The namespace has no ClerkUser of that name.", onUser,
			one("this namespace has no ClerkUser ‹user›; create it, or delete this object", "Create the ClerkUser, or delete the action."+cancel,
				"kubectl get clerkusers -n ‹namespace›", "kubectl delete clerkuseraction -n ‹namespace› ‹name›")),
		reconciling(v1alpha1.ReasonUserNotBound, Check, "The ClerkUser is not bound to a user yet.", onUser,
			several("See the conditions of the ClerkUser."+cancel, "ClerkUser ‹user› is not bound to a user yet; see its conditions",
				"ClerkUser ‹user› has values that the operator cannot read; see its conditions").by(showUser),
			one("the user at Clerk does not have the owner mark of ClerkUser ‹user›; the action waits until it has; see the conditions of the ClerkUser",
				"See the conditions of the ClerkUser. The operator looks again after 30 s, and then less and less often, up to once an hour."+cancel, showUser)),
		reconciling(v1alpha1.ReasonInstanceNotFound, Act, "The ClerkInstance through which the user is bound does not exist.", "Every 30 seconds.",
			one("ClerkInstance ‹instance›, through which the user is bound, does not exist; create it again", "Create the ClerkInstance again."+cancel,
				listInstances)),
		reconciling(v1alpha1.ReasonInstanceNotReady, Check, "The ClerkInstance cannot be used now.", "Every 30 seconds.",
			one("ClerkInstance ‹instance› cannot be used: ‹why›", "Correct the ClerkInstance; see the [reasons of a ClerkInstance](#clerkinstance)."+cancel,
				showInstance)),
		reconciling(v1alpha1.ReasonSecretNotFound, Act, "A Secret that the spec names, or the named entry in it, does not exist.", retrySource,
			notFound("Secret", "secret")...),
		reconciling(v1alpha1.ReasonSecretExists, Check, "The Secret to be written is being deleted.", "Every 30 seconds.",
			one("Secret ‹secret› is being deleted, and the action waits until it is gone; see its finalizers",
				"Wait, or look at the finalizers of the Secret."+cancel,
				"kubectl get secret -n ‹namespace› ‹secret› -o jsonpath='{.metadata.finalizers}{\"\\n\"}'")),
	}
}

func actionsFailed() []Entry {
	return []Entry{
		failed(v1alpha1.ReasonNotAllowed, "The ClerkInstance does not allow the action or the namespace, or the ClerkUser is in mode Observe.",
			one("ClerkInstance ‹instance› does not allow ‹action›; have its owner add the action to spec.policy.actions, and create another ClerkUserAction",
				"Ask the owner of the ClerkInstance to add the action to `policy.actions`. By default, it does not allow `verifyPassword`, "+
					"`verifyTOTP`, `createTOTP` and `getOAuthAccessToken`."+another,
				"kubectl get clerkinstance -n ‹instance-namespace› ‹instance-name› -o jsonpath='{.spec.policy.actions}{\"\\n\"}'"),
			one("ClerkInstance ‹instance› does not admit namespace ‹guest›; have its owner add the namespace to spec.allowedNamespaces, "+
				"and create another ClerkUserAction", "Ask the owner of the ClerkInstance to admit the namespace."+another, showInstance),
			one("ClerkUser ‹user› is in mode Observe, which writes nothing at Clerk; set its spec.mode to Enforce and create another ClerkUserAction",
				"Set `mode: Enforce` on the ClerkUser."+another, showUser),
		),
		failed(v1alpha1.ReasonUserNotBound, "The ClerkUser is being deleted, or is bound to another user than when the action started.",
			one("ClerkUser ‹user› is being deleted, so its user is not changed any more", "Create another action for the ClerkUser that manages the user then.", showUser),
			one("ClerkUser ‹user› is no longer bound to user ‹id›, whom this action is for; create another ClerkUserAction for the user that it is bound to now",
				"Create another action.", showUser),
		),
		failed(v1alpha1.ReasonInvalidSpec, "The spec, or the value in the Secret that it names, cannot be used.",
			one("‹field›: the stored value is not valid for the field; create another object with a value as \"kubectl explain ‹kind›.‹path›\" says",
				"Create another action with a valid value.", "kubectl explain clerkuseraction.‹path›"),
			one("‹field› names an entry that is not text in UTF-8; put the text there and create another ClerkUserAction",
				"Put the text into the Secret."+another),
			one("spec names the action \"‹action›\", which this version of the operator does not know; update the operator", "Update the operator."+another),
		),
		failed(v1alpha1.ReasonSecretExists, "The Secret to be written exists and does not belong to the action. The operator made no call.",
			one("Secret ‹secret› exists and does not belong to this object, so nothing was done; delete it, or create another ClerkUserAction with another secretName",
				"Choose another `secretName`, or delete that Secret."+another, "kubectl get secret -n ‹namespace› ‹secret›"),
			one("Secret ‹secret› is immutable, so the operator cannot write it; delete it, and create another ClerkUserAction",
				"Delete that Secret."+another, "kubectl get secret -n ‹namespace› ‹secret›"),
		),
		failed(v1alpha1.ReasonOutcomeUnknown,
			"The operator stopped, or the network failed, between the call and its answer, and the call must not be repeated.",
			several("Check as the message says whether the action was carried out. For `verifyTOTP`, ask for another code: a backup code may be used up.",
				"Clerk's answer to the call was lost, and the call is not repeated: ‹how to find out›",
				"‹field›: the stored value is not valid for the field, so the operator does not know whether the call was made, and does not repeat it: ‹how to find out›"),
		),
	}
}

func actionsFailedAtClerk() []Entry {
	return []Entry{
		failed(v1alpha1.ReasonNotFoundAtClerk, "The user has no passkey, wallet, account or device with that id, address or provider.",
			one("the user has nothing at Clerk that ‹action› matches; look at the user in Clerk's dashboard, and create another ClerkUserAction for what is there",
				"Look at the user in Clerk's dashboard. Ids of connected accounts begin with `eac_`; ids of passkeys and wallets begin with `idn_`."+another)),
		failed(v1alpha1.ReasonAmbiguous, "The user has several accounts with that provider, or several such wallets.",
			one("‹action› matches several things of the user: ‹ids›; create another ClerkUserAction that names one by its id",
				"Create another action that names one by its id; the message lists them.")),
		failed(v1alpha1.ReasonProviderNotConnected, "Clerk has no working token of the user for the provider, or cannot refresh it.",
			one("Clerk has no working token of the user for ‹provider›; have the user sign in with it, and create another ClerkUserAction",
				"The user must sign in with the provider."+another)),
		failed(v1alpha1.ReasonMissing, "The user is no longer at Clerk.",
			one("user ‹id› is no longer at Clerk; see the conditions of the ClerkUser", "See the conditions of the ClerkUser.")),
		failed(v1alpha1.ReasonInstanceChanged, "The user is in another Clerk instance than the key.",
			one("the user belongs to instance ‹id›, but ClerkInstance ‹instance› now leads to another one, so nothing was done; give it a key of ‹id› again, "+
				"and create another ClerkUserAction",
				"Give the ClerkInstance a key of the former instance again. See also the conditions of the ClerkUser."+another, showInstance)),
		failed(v1alpha1.ReasonRejectedByClerk, "Clerk refused the action.",
			one("clerk answered ‹status› ‹code›: ‹Clerk's text›. ‹what to do›", "Do what the message says."+another),
			one("clerk answered ‹status›", "Do what the message says."+another)),
	}
}
