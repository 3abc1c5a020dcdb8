// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package diff

import (
	"slices"
	"strings"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/plan"
	"github.com/clerk-operator/clerk-operator/internal/preview"
)

// Report is what diff found. It is the document of --output=json and --output=yaml.
type Report struct {
	// Objects are the ClerkUsers and ClerkUserActions that the manifests concern, also those that would not change.
	Objects []Object `json:"objects"`
	// Refused are the manifests that the API server would not store. Nothing is known of what they would change.
	Refused []Refusal `json:"refused,omitempty"`
	// Notes are sentences about what this report does not take into account.
	Notes []string `json:"notes,omitempty"`
	// Summary counts the objects.
	Summary Summary `json:"summary"`
}

// Change is what happens to the user of an object.
type Change string

// Values of Change.
const (
	// Created: a user would be created at Clerk.
	Created Change = "Created"
	// Changed: the user would be changed, or an action would run.
	Changed Change = "Changed"
	// Deleted: the user would be deleted at Clerk.
	Deleted Change = "Deleted"
	// Released: the object would be deleted, and its user would stay at Clerk. At most its owner mark would be removed.
	Released Change = "Released"
	// Blocked: no call would be made, although the user is not as declared.
	Blocked Change = "Blocked"
	// Unchanged: no call would be made.
	Unchanged Change = "Unchanged"
)

// Object is what would change at Clerk because of one object.
type Object struct {
	Kind      string `json:"kind"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	// UserID is the user at Clerk; "" for one that would be created, or if there is none.
	UserID string `json:"userID,omitempty"`
	Change Change `json:"change"`
	// New is true for an object that does not exist yet, and Pruned for one that --prune deletes. Indirect is true for an object
	// that is not among the manifests and uses one that is.
	New      bool `json:"new,omitempty"`
	Pruned   bool `json:"pruned,omitempty"`
	Indirect bool `json:"indirect,omitempty"`
	// Calls are the calls that would change something at Clerk, in their order.
	Calls []Call `json:"calls,omitempty"`
	// Withheld are the fields that differ and that the operator would not change. The reason is in Ready.
	Withheld []string `json:"withheld,omitempty"`
	// Ready is the condition that the object would have; absent for a deleted one.
	Ready *Condition `json:"ready,omitempty"`
	// Unknown says what cannot be foreseen.
	Unknown []string `json:"unknown,omitempty"`
	// Events are the events that the operator would record.
	Events []Event `json:"events,omitempty"`
}

// Call is a call to Clerk that changes something.
type Call struct {
	// Operation is the name of the call in the operator's metrics, such as update_user.
	Operation string `json:"operation"`
	Method    string `json:"method"`
	Path      string `json:"path"`
	// After is how long after the apply the call would be made, such as 30s; "" is at once.
	After string `json:"after,omitempty"`
	// Cause is why it would be made: spec, source, drift or deletion.
	Cause string `json:"cause,omitempty"`
	// Refused is why Clerk would refuse it, as far as that can be told.
	Refused string `json:"refused,omitempty"`
	// Fields are the differences that it makes.
	Fields []Field `json:"fields,omitempty"`
}

// Field is a difference that a call makes to a user.
type Field struct {
	// Name is the path of the field in the spec.
	Name string `json:"name"`
	// From and To are the values; absent is none. A value that is from a Secret, or may be, is never shown: FromHidden or ToHidden
	// is true.
	From       any  `json:"from,omitempty"`
	To         any  `json:"to,omitempty"`
	FromHidden bool `json:"fromHidden,omitempty"`
	ToHidden   bool `json:"toHidden,omitempty"`
	// Source is where a hidden To is from, such as "Secret ann-password", if that is known.
	Source string `json:"source,omitempty"`
}

// Condition is the condition Ready.
type Condition struct {
	Status  string `json:"status"`
	Reason  string `json:"reason"`
	Message string `json:"message,omitempty"`
}

// Event is an event that the operator would record.
type Event struct {
	Reason string `json:"reason"`
	Note   string `json:"note,omitempty"`
}

// reportOf returns the report about the result of a preview of the applied objects.
func reportOf(result preview.Result, applied []client.Object, refused []Refusal, notes []string) Report {
	report := Report{Objects: []Object{}, Refused: refused, Notes: notes}
	users := map[client.ObjectKey]*v1alpha1.ClerkUser{}
	for _, object := range applied {
		if user, ok := object.(*v1alpha1.ClerkUser); ok {
			users[client.ObjectKeyFromObject(user)] = user
		}
	}
	for _, from := range result.Objects {
		object := objectOf(from)
		if user := users[client.ObjectKey{Namespace: from.Namespace, Name: from.Name}]; user != nil && from.Kind == userKind {
			object.nameSources(user)
		}
		report.Objects = append(report.Objects, object)
	}
	report.Summary = summaryOf(report)
	return report
}

func objectOf(from preview.Object) Object {
	object := Object{
		Kind: from.Kind, Namespace: from.Namespace, Name: from.Name, UserID: from.UserID,
		New: from.New, Pruned: from.Deleted, Indirect: !from.Applied && !from.Deleted,
		Withheld: from.Withheld, Unknown: from.Unknown,
	}
	for _, call := range from.Calls {
		object.Calls = append(object.Calls, callOf(call))
	}
	for _, event := range from.Events {
		object.Events = append(object.Events, Event{event.Reason, event.Note})
	}
	if from.Ready != nil {
		object.Ready = &Condition{string(from.Ready.Status), from.Ready.Reason, from.Ready.Message}
	}
	object.Change = changeOf(object)
	return object
}

func callOf(from preview.Call) Call {
	call := Call{Operation: from.Operation, Method: from.Method, Path: from.Path, Cause: from.Cause, Refused: from.Refused}
	if from.After > 0 {
		call.After = from.After.String()
	}
	for _, field := range from.Fields {
		call.Fields = append(call.Fields, fieldOf(field))
	}
	return call
}

// fieldOf returns a difference. The value of an owner mark is left out: for a new object it has an invented uid.
func fieldOf(from preview.Field) Field {
	if from.Name == plan.FieldOwnerMark {
		return Field{Name: from.Name, FromHidden: from.From != nil || from.HiddenFrom, ToHidden: from.To != nil || from.HiddenTo}
	}
	return Field{Name: from.Name, From: from.From, To: from.To, FromHidden: from.HiddenFrom, ToHidden: from.HiddenTo}
}

// nameSources names where the hidden values of a ClerkUser are from.
func (o *Object) nameSources(user *v1alpha1.ClerkUser) {
	for _, call := range o.Calls {
		for i := range call.Fields {
			if field := &call.Fields[i]; field.ToHidden {
				field.Source = sourceOf(user, field.Name)
			}
		}
	}
}

// changeOf returns what happens to the user of an object.
func changeOf(object Object) Change {
	change := Unchanged
	switch {
	case isBlocked(object):
		change = Blocked
	case object.Pruned:
		change = Released
	case object.Kind == actionKind && object.New:
		// The preview does not foresee its calls.
		change = Changed
	}
	for _, call := range object.Calls {
		switch {
		case call.Refused != "", object.Pruned && marksOnly(call):
		case call.Operation == string(clerk.OperationCreateUser):
			return Created
		case call.Operation == string(clerk.OperationDeleteUser):
			return Deleted
		default:
			change = Changed
		}
	}
	return change
}

// marksOnly reports whether a call changes nothing but the owner mark.
func marksOnly(call Call) bool {
	return len(call.Fields) > 0 && !slices.ContainsFunc(call.Fields, func(f Field) bool { return f.Name != plan.FieldOwnerMark })
}

// isBlocked reports whether the operator would not do what an object declares, although its mode is Enforce.
func isBlocked(object Object) bool {
	return object.Ready != nil && object.Ready.Status != "True" && object.Ready.Reason != v1alpha1.ReasonSuspended
}

// id names an object, as in "ClerkUser team-a/ann".
func (o Object) id() string { return o.Kind + " " + o.Namespace + "/" + o.Name }

// isPlanned reports whether an id is one that the preview invented for what does not exist yet.
func isPlanned(id string) bool { return id == "" || strings.Contains(id, preview.NewID) }
