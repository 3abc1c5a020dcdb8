// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package preview

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// objects are the objects of a preview, in the order in which they were met. They record the events of the reconciler.
type objects struct {
	byUID map[types.UID]*object
	order []*object
}

// object is an object and what happened to it.
type object struct {
	Object

	uid types.UID
	// listed is true for an object that was applied or deleted.
	listed   bool
	manifest inline
	// rejected says why Clerk refused the calls for the object as it is; "" if it did not.
	rejected string
}

func newObjects() *objects { return &objects{byUID: map[types.UID]*object{}} }

// of returns the record of a ClerkUser.
func (o *objects) of(uid types.UID, name types.NamespacedName) *object {
	record, found := o.byUID[uid]
	if !found {
		record = &object{Object: Object{Kind: "ClerkUser", Namespace: name.Namespace, Name: name.Name}, uid: uid, manifest: inline{}}
		o.byUID[uid] = record
		o.order = append(o.order, record)
	}
	return record
}

// addAction adds a ClerkUserAction. Its effect depends on what only its call shows.
func (o *objects) addAction(action *v1alpha1.ClerkUserAction) {
	record := &object{Object: Object{Kind: "ClerkUserAction", Namespace: action.Namespace, Name: action.Name, Applied: true}, listed: true}
	record.New = action.Status.StartedAt == nil && len(action.Status.Conditions) == 0
	if record.New {
		record.note(fmt.Sprintf("the action %s would run once; its calls are not foreseen", action.Spec.ActionType()))
	}
	o.order = append(o.order, record)
}

// note adds what cannot be foreseen, once.
func (o *object) note(unknown string) {
	if !slices.Contains(o.Unknown, unknown) {
		o.Unknown = append(o.Unknown, unknown)
	}
}

// Eventf records an event. It implements events.EventRecorder.
//
//nolint:revive // client-go chose the arguments
func (o *objects) Eventf(regarding, _ runtime.Object, _, reason, _, note string, args ...any) {
	user, is := regarding.(*v1alpha1.ClerkUser)
	if !is {
		return
	}
	record, happened := o.of(user.UID, client.ObjectKeyFromObject(user)), Event{Reason: reason, Note: fmt.Sprintf(note, args...)}
	if !slices.Contains(record.Events, happened) {
		record.Events = append(record.Events, happened)
	}
}

// unknown notes of the ClerkUser of a name what cannot be foreseen.
func (p *preview) unknown(name types.NamespacedName, why string) {
	if user, found := p.cluster.users.objects[name]; found {
		p.objects.of(user.UID, name).note(why)
	}
}

// noteUnread notes that the caller may not read a Secret or ConfigMap.
func (p *preview) noteUnread(user *v1alpha1.ClerkUser, kind, name string) {
	p.objects.of(user.UID, client.ObjectKeyFromObject(user)).note(fmt.Sprintf(
		"%s %s cannot be read by you; whether the operator would send values from it is not known", kind, name))
}

// noteAssumption notes what was assumed about an object because the operator's key is not known.
func (p *preview) noteAssumption(uid, purpose string) {
	what := map[string]string{
		"password":     "whether the password in the Secret changed",
		"profileImage": "whether the profile image changed",
		purposeBinding: "whether the operator signed the binding in status",
	}[purpose]
	if record, found := p.objects.byUID[types.UID(uid)]; found && what != "" {
		record.note(what + " is unknown: that needs the operator's key")
	}
}

// recordedDigest is the digest on record for an object; "" if there is none.
func (p *preview) recordedDigest(uid, purpose string) string {
	record, found := p.objects.byUID[types.UID(uid)]
	if !found {
		return ""
	}
	user := p.cluster.users.objects[types.NamespacedName{Namespace: record.Namespace, Name: record.Name}]
	if user == nil || string(user.UID) != uid {
		return ""
	}
	applied := user.Status.Applied
	if applied == nil {
		applied = &v1alpha1.Applied{}
	}
	switch purpose {
	case "password":
		return applied.PasswordDigest
	case "profileImage":
		return applied.ProfileImageDigest
	case "inputs":
		return user.Status.InputsDigest
	default:
		return ""
	}
}

// result returns what the operator would do: for the applied and deleted objects, and for others with calls.
func (p *preview) result() Result {
	var r Result
	for _, record := range p.objects.order {
		if !record.listed && len(record.Calls) == 0 && len(record.Unknown) == 0 {
			continue
		}
		p.finish(record)
		r.Objects = append(r.Objects, record.Object)
	}
	slices.SortStableFunc(r.Objects, func(a, b Object) int { return rank(a) - rank(b) })
	return r
}

// rank orders objects: applied, deleted, others.
func rank(o Object) int {
	switch {
	case o.Applied:
		return 0
	case o.Deleted:
		return 1
	default:
		return 2
	}
}

// finish fills in what the status of the object says at the end.
func (p *preview) finish(record *object) {
	if record.rejected != "" && slices.ContainsFunc(record.Calls, func(c Call) bool { return c.Refused == "" }) {
		record.note("Clerk refused the calls for this object, which does not change, and may refuse them again: " + record.rejected)
	}
	user := p.cluster.users.objects[types.NamespacedName{Namespace: record.Namespace, Name: record.Name}]
	if user == nil || user.UID != record.uid {
		return
	}
	record.Withheld = user.Status.PendingChanges
	if record.UserID = user.Status.UserID; strings.Contains(record.UserID, NewID) {
		record.UserID = ""
	}
	ready := meta.FindStatusCondition(user.Status.Conditions, v1alpha1.ConditionReady)
	if ready != nil && ready.ObservedGeneration == user.Generation {
		shown := metav1.Condition{Type: ready.Type, Status: ready.Status, Reason: ready.Reason, Message: ready.Message}
		shown.ObservedGeneration, shown.LastTransitionTime = ready.ObservedGeneration, ready.LastTransitionTime
		record.Ready = &shown
	}
}
