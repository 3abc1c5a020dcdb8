// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package orphans

import (
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// objects are the ClerkUsers that have to do with marks, and the pending deletions.
type objects struct {
	// uids, names and userIDs are those in the marks. ClerkUsers with none of them are not kept.
	uids    map[string]bool
	userIDs map[string]bool
	names   map[types.NamespacedName]bool

	byUID  map[string]object
	byName map[types.NamespacedName]object
	byUser map[string]object
	// pending are the uids of the ClerkUsers of pending deletions, and the ids of their users.
	pending map[string]bool
	// notReadable are the namespaces that the caller may not read.
	notReadable map[string]bool
}

// object is what is kept of a ClerkUser.
type object struct {
	// userID is the user that it has; "" if it has none yet.
	userID   string
	deleting bool
}

// newObjects returns where to keep the ClerkUsers that have to do with marks.
func newObjects(ours []marked) *objects {
	o := &objects{
		uids: map[string]bool{}, userIDs: map[string]bool{}, names: map[types.NamespacedName]bool{},
		byUID: map[string]object{}, byName: map[types.NamespacedName]object{}, byUser: map[string]object{},
		pending: map[string]bool{}, notReadable: map[string]bool{},
	}
	for _, m := range ours {
		o.uids[m.mark.UID], o.userIDs[m.userID], o.names[m.object()] = true, true, true
	}
	return o
}

// add keeps a ClerkUser if it has to do with a mark.
func (o *objects) add(user *v1alpha1.ClerkUser) {
	kept := object{userID: user.Status.UserID, deleting: !user.DeletionTimestamp.IsZero()}
	if o.uids[string(user.UID)] {
		o.byUID[string(user.UID)] = kept
	}
	if name := client.ObjectKeyFromObject(user); o.names[name] {
		o.byName[name] = kept
	}
	for _, id := range []string{user.Status.UserID, named(user)} {
		if o.userIDs[id] {
			o.byUser[id] = kept
		}
	}
}

// named returns the user that a ClerkUser asks to adopt; "" if there is none.
func named(user *v1alpha1.ClerkUser) string {
	if user.Spec.UserID == nil {
		return ""
	}
	return *user.Spec.UserID
}

// addInstance keeps the pending deletions of a ClerkInstance.
func (o *objects) addInstance(instance *v1alpha1.ClerkInstance) {
	for _, p := range instance.Status.PendingDeletions {
		o.pending[p.UID], o.pending[p.UserID] = true, true
	}
}

// standing says what a user with a mark of this cluster is.
type standing int

const (
	// managed: a ClerkUser has the user or names it.
	managed standing = iota
	// unfinished: the operator still works on it.
	unfinished
	// notKnown: the caller may not read the namespace of its ClerkUser.
	notKnown
	// candidate: it seems to have no ClerkUser.
	candidate
)

// standingOf says what a user is, and why it seems to be an orphan.
func (o *objects) standingOf(m marked) (standing, Cause) {
	if has, found := o.byUser[m.userID]; found {
		if has.deleting {
			return unfinished, ""
		}
		return managed, ""
	}
	if o.pending[m.mark.UID] || o.pending[m.userID] {
		return unfinished, ""
	}
	if same, found := o.byUID[m.mark.UID]; found {
		return withoutUser(same, OtherUser)
	}
	if namesake, found := o.byName[m.object()]; found {
		return withoutUser(namesake, NameReused)
	}
	if o.notReadable[m.mark.Namespace] {
		return notKnown, ""
	}
	return candidate, NoClerkUser
}

// withoutUser says what a user is whose mark leads to a ClerkUser that does not have it. One without a user gets it, if it is being
// created, restored from a backup, or waits for its turn.
func withoutUser(o object, cause Cause) (standing, Cause) {
	if o.userID == "" {
		return unfinished, ""
	}
	return candidate, cause
}

// unchanged reports whether a user still has the mark that made it a candidate.
func unchanged(before marked, now plan.Mark) bool { return before.mark == now }
