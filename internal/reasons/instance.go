// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package reasons

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// Commands and times of several entries of a ClerkInstance.
const (
	editThis = "kubectl edit clerkinstance -n ‹namespace› ‹name›"
	putKey   = "(read -rs key && printf %s \"$key\") | kubectl create secret generic ‹secret› -n ‹namespace› --from-file=‹entry›=/dev/stdin"
	newKey   = putKey + " --dry-run=client -o yaml | kubectl replace -f -"

	retryKey = "When the spec changes, and once a minute (`--secret-interval`); after a change of the Secret at once with `--watch-secrets`."
)

// instances are the reasons of a ClerkInstance.
func instances() []Entry {
	return of(KindInstance, instancesAccepted(), instancesWithoutKey(), instancesRefused(), instancesInvalid(), instancesLimited())
}

func instancesAccepted() []Entry {
	return []Entry{
		ready(metav1.ConditionTrue, v1alpha1.ReasonKeyAccepted, None, "Clerk accepts the key, and it belongs to the expected instance.", "",
			one("the key in Secret ‹secret› belongs to instance ‹id›", "Nothing: the ClerkInstance is Ready."),
			one("the key is gone from entry ‹entry› of Secret ‹secret›; put it there again: the operator uses the cached key only until it restarts",
				"Create the Secret again, or put the entry back, before the operator restarts.", "kubectl describe secret -n ‹namespace› ‹secret›").at(Act),
			one("Clerk accepts the key, but the key may not ask for its instance: the operator does not notice a key of another instance",
				"Nothing, but be careful with the key: the operator does not notice a key of another instance."),
		),
		ready(metav1.ConditionUnknown, v1alpha1.ReasonWaiting, Wait, "The key is not checked yet.", retryFails, instanceWaits()),
		reconciling(v1alpha1.ReasonWaiting, Wait,
			"The key is not checked yet for a changed spec. Ready still describes the former spec.", retryFails, instanceWaits()),
	}
}

func instanceWaits() Case {
	return several("Wait; check that the operator can reach the host in `spec.apiURL`.",
		"Clerk has not answered yet; the operator tries again",
		"the key is not checked yet; the operator tries again: ‹what went wrong›").
		by("kubectl wait --for=condition=Ready clerkinstance/‹name› -n ‹namespace› --timeout=2m")
}

func instancesWithoutKey() []Entry {
	return []Entry{
		ready(metav1.ConditionFalse, v1alpha1.ReasonSecretNotFound, Now,
			"The Secret that the spec names, or the named entry in it, does not exist or is empty.",
			"Every 2 s at first, then less and less often, up to once a minute. For the first 30 s of a new ClerkInstance or of a new spec, "+
				"the reason is `Waiting`.",
			one("Secret ‹secret› does not exist in namespace ‹namespace›; create it with the secret key in entry ‹entry›",
				"Create the Secret. The command reads the key from the terminal without showing it.", putKey),
			one("Secret ‹secret› has no entry ‹entry›, or an empty one; put the secret key there",
				"Put the secret key into that entry.", "kubectl describe secret -n ‹namespace› ‹secret›"),
		),
		ready(metav1.ConditionFalse, v1alpha1.ReasonInvalidKey, Now, "The Secret contains something that is not a Clerk secret key.", retryKey,
			one("entry ‹entry› of Secret ‹secret› is not a Clerk secret key; put one there, which begins with sk_test_ or sk_live_ and has no quotes or other text around it",
				"Put a secret key there. You may have taken the publishable key (`pk_…`).", newKey),
		),
		ready(metav1.ConditionFalse, v1alpha1.ReasonAPIHostNotAllowed, Now, "The operator was not started with the host in `spec.apiURL`.", retrySpec,
			one("the operator may not send keys to the host in spec.apiURL; use an allowed one, or start the operator with --allowed-api-hosts",
				"Use an allowed host, or start the operator with `--allowed-api-hosts`.", editThis),
		),
	}
}

func instancesRefused() []Entry {
	return []Entry{
		ready(metav1.ConditionFalse, v1alpha1.ReasonKeyRejected, Now, "Clerk does not accept the key (401).", retryKey,
			one("Clerk rejects the key in Secret ‹secret›; put a valid secret key of the instance there",
				"Create a new key in Clerk's dashboard. The operator stops using the old key, except to check it once in a while. ClerkUsers show "+
					"`InstanceNotReady`; only the ClerkInstance has an event and a log line.", "kubectl describe secret -n ‹namespace› ‹secret›"),
			one("Clerk accepts the key in Secret ‹secret› for GET /instance but refuses it for other calls (401); use a key that may call the Users API, "+
				"or check the proxies between the operator and Clerk",
				"Use a key that may call the Users API, or check the proxies. The operator tries the key again once a minute."),
		),
		ready(metav1.ConditionFalse, v1alpha1.ReasonUnexpectedAnswer, Now,
			"Something other than Clerk's API answers at `spec.apiURL`, or its answer does not identify an instance.", "Once a minute.",
			one("the server at spec.apiURL is not Clerk's API: GET /instance returned ‹status and kind of body›; check the path in spec.apiURL "+
				"(Clerk's is /v1) and any proxy in between",
				"Correct the proxy or `spec.apiURL`, for example to `https://api.clerk.com/v1`.", editThis),
		),
		ready(metav1.ConditionFalse, v1alpha1.ReasonInstanceChanged, Now, "The key belongs to another Clerk instance than before.", retryKey,
			one("the key belongs to instance ‹id›, but this object is pinned to ‹pinned›, so the operator writes nothing; restore a key of ‹pinned›, "+
				"or set spec.instanceID to ‹id› if the change is intended",
				"Restore a key of the former instance, or set `spec.instanceID` if the change is intended. ClerkUsers that are bound in the former "+
					"instance then show `InstanceChanged`, and their users stay as they are.",
				`kubectl patch clerkinstance -n ‹namespace› ‹name› --type=merge -p '{"spec":{"instanceID":"‹id›"}}'`),
			one("the key may not ask Clerk for its instance, so the operator cannot check that it is ‹pinned› and writes nothing; use a key that may call GET /instance",
				"Use a key that may call `GET /instance`."),
		),
		ready(metav1.ConditionFalse, v1alpha1.ReasonRejectedByClerk, Now, "Clerk refused a call for a reason that a retry does not remove.", retryKey,
			one("clerk answered ‹status› ‹code›: ‹Clerk's text›", "Do what Clerk says.", editThis),
			one("clerk answered ‹status›", "Do what Clerk says.", editThis),
		),
	}
}

func instancesInvalid() []Entry {
	const rest = " The ClerkUsers of this ClerkInstance wait until then. " +
		"See [values that cannot be read](../troubleshooting.md#a-stored-value-cannot-be-read)."
	return []Entry{
		ready(metav1.ConditionFalse, v1alpha1.ReasonInvalidSpec, Now, "The spec has a value that its field cannot have.", retrySpec,
			one("‹field›: the stored value is not valid for the field; correct it as \"kubectl explain ‹kind›.‹path›\" says, or remove the field",
				"Correct or remove the field."+rest, "kubectl explain clerkinstance.‹path›", editThis),
		),
		ready(metav1.ConditionFalse, v1alpha1.ReasonInvalidStatus, Now,
			"A record in status has a value that its field cannot have, and the operator needs the record.", "When the status changes.",
			one("‹field›: the stored value is not valid for the field, and the operator needs this record; restore the former value, or remove the field "+
				"with \"kubectl edit ‹kind› ‹object› --subresource=status\", and the operator writes it again",
				"Restore the former value, or remove the field from status."+rest, editThis+" --subresource=status"),
		),
	}
}

func instancesLimited() []Entry {
	return []Entry{
		ready(metav1.ConditionFalse, v1alpha1.ReasonMirrorStale, Check,
			"The operator could not read for some time what changed at Clerk.", retryFails,
			one("the operator cannot read Clerk's list of users and tries again; until then it does not notice changes made at Clerk",
				"Nothing if Clerk or the network is down. ClerkUsers keep their conditions, and the operator still applies changes of manifests "+
					"as far as Clerk answers."),
		),
		ready(metav1.ConditionFalse, v1alpha1.ReasonDeleting, Act,
			"The ClerkInstance is being deleted and waits for ClerkUsers that still need it for their deletion.", "When the ClerkUsers are gone.",
			one("ClerkUsers still need this ClerkInstance for their deletion: ‹n›, in namespaces: ‹…›; delete them, or set their deletionPolicy to Retain",
				"Delete these ClerkUsers, or set their `deletionPolicy` to Retain. ClerkUsers that are not being deleted hold the ClerkInstance for 30 seconds only. "+
					"The ClerkInstance gets no more users: new ClerkUsers show `InstanceNotReady`.",
				"kubectl get clerkusers -A -o wide --field-selector status.instance.name=‹name›"),
		),
	}
}
