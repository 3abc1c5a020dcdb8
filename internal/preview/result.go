// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package preview

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// Result is what the operator would do.
type Result struct {
	// Objects are the concerned objects: the applied ones in their order, the deleted ones, then others that the operator would
	// reconcile because of these, such as those that use an applied Secret or ClerkInstance.
	Objects []Object
}

// Object is what the operator would do for one object.
type Object struct {
	// Kind is ClerkUser or ClerkUserAction.
	Kind, Namespace, Name string
	// UserID is the id of the user at Clerk; "" for a user that would be created, or if there is none.
	UserID string
	// New is true for an object that does not exist in the cluster, Deleted for one that is deleted. Otherwise, an object that is
	// not Applied is concerned because of another one.
	New, Deleted, Applied bool
	// Calls are the calls that change something at Clerk, in their order.
	Calls []Call
	// Ready is the condition that the operator would report at the end; nil for a deleted object, or if there is none.
	Ready *metav1.Condition
	// Withheld are the names of spec fields that differ from the user and that the operator would not change. Ready says why.
	Withheld []string
	// Unknown says in one sentence each what cannot be foreseen; nil if everything is.
	Unknown []string
	// Events are the events that the operator would record, without repetitions.
	Events []Event
}

// Event is an event of an object.
type Event struct{ Reason, Note string }

// Call is a call to Clerk that changes something.
type Call struct {
	// Operation is the name of the call, as in metrics, such as update_user.
	Operation string
	// Method and Path are those of the request. The path begins with /users, /email_addresses or /phone_numbers. Ids of
	// users, addresses and numbers that would be created are invented and begin with NewID.
	Method, Path string
	// After is how long after the apply the call is made, in whole seconds; 0 is at once.
	After time.Duration
	// Cause is why the call is made, as in the audit log: spec, source, drift or deletion.
	Cause string
	// Refused is why Clerk would refuse the call, as far as that can be told; "" if it would carry the call out.
	Refused string
	// Fields are the differences that the call makes to the user, in the order of their names.
	Fields []Field
	// Change is the change with its parameters. Whatever prints it shows no values.
	Change plan.Change `json:"-"`
}

// NewID is a part of each id that a preview invents.
const NewID = "preview"

// Field is a difference that a call makes to a user.
type Field struct {
	// Name is the path of the field in the spec, for example firstName, publicMetadata.role or emailAddresses[ann@example.com].
	// ownerMark stands for the operator's mark.
	Name string
	// From and To are values as in JSON; nil is no value.
	From, To any
	// HiddenFrom and HiddenTo are true for values that must not be shown, because they are from a Secret, or may be. From or
	// To is nil then, although there is a value.
	HiddenFrom, HiddenTo bool
}
