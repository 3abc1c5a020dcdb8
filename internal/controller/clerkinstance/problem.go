// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkinstance

import (
	"errors"
	"fmt"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
)

func secretNotFound(message string) error {
	return &reconcile.Problem{Reason: v1alpha1.ReasonSecretNotFound, Message: message}
}

func isSecretNotFound(err error) bool {
	p, ok := errors.AsType[*reconcile.Problem](err)
	return ok && p.Reason == v1alpha1.ReasonSecretNotFound
}

func invalidKey(ref v1alpha1.SecretKeyReference) error {
	return &reconcile.Problem{
		Reason: v1alpha1.ReasonInvalidKey,
		Message: fmt.Sprintf("entry %s of Secret %s is not a Clerk secret key; put one there, which begins with sk_test_ or sk_live_ "+
			"and has no quotes or other text around it", ref.EntryKey(), ref.Name),
		Stalled: true,
	}
}

func hostNotAllowed() error {
	return &reconcile.Problem{
		Reason:  v1alpha1.ReasonAPIHostNotAllowed,
		Message: "the operator may not send keys to the host in spec.apiURL; use an allowed one, or start the operator with --allowed-api-hosts",
		Stalled: true,
	}
}

// instanceUnknown says of a key that it may not ask whose it is, although an id is on record.
func instanceUnknown(want string) error {
	return &reconcile.Problem{
		Reason:  v1alpha1.ReasonInstanceChanged,
		Message: fmt.Sprintf("the key may not ask Clerk for its instance, so the operator cannot check that it is %s and writes nothing; use a key that may call GET /instance", want),
		Stalled: true,
	}
}

func instanceChanged(want, seen string) error {
	return &reconcile.Problem{
		Reason:  v1alpha1.ReasonInstanceChanged,
		Message: fmt.Sprintf("the key belongs to instance %s, but this object is pinned to %s, so the operator writes nothing; restore a key of %s, or set spec.instanceID to %s if the change is intended", seen, want, want, seen),
		Stalled: true,
	}
}

// refusedInUse says of a key that Clerk accepts when it is asked whose the key is, and refuses in the calls that matter.
func refusedInUse(instance *v1alpha1.ClerkInstance) error {
	return &reconcile.Problem{
		Reason:  v1alpha1.ReasonKeyRejected,
		Message: fmt.Sprintf("Clerk accepts the key in Secret %s for GET /instance but refuses it for other calls (401); use a key that may call the Users API, or check the proxies between the operator and Clerk", instance.Spec.SecretKeyRef.Name),
		Stalled: true,
	}
}
