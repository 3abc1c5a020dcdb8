// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"strings"
	"testing"

	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/test/controlplane"
)

// neighbour is a view of the same world from another namespace, where an operator that is started later works too.
func (w *world) neighbour() *world {
	w.t.Helper()
	n := *w
	n.namespace = controlplane.Namespace(w.t)
	w.watched = append(w.watched, n.namespace)
	return &n
}

func (w *world) refersTo(home *world) func(*spec) {
	return func(s *spec) {
		s.InstanceRef = &v1alpha1.InstanceReference{Name: "default", Namespace: &home.namespace}
	}
}

func TestAllowedNamespaces(t *testing.T) {
	home := newWorld(t)
	guest := home.neighbour()
	home.start()
	guest.create(guest.user("ann", guest.refersTo(home)))
	guest.becomes("ann", v1alpha1.ReasonNotAllowed)
	if n := len(home.clerk.Users()); n != 0 {
		t.Errorf("%d users were made for a namespace that is not admitted", n)
	}
	guest.rests()

	home.editInstance(func(i *v1alpha1.ClerkInstance) {
		i.Spec.AllowedNamespaces = &v1alpha1.AllowedNamespaces{
			From:     ptr.To(v1alpha1.NamespacesFromSelector),
			Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"kubernetes.io/metadata.name": guest.namespace}},
		}
	})
	id := guest.becomes("ann", v1alpha1.ReasonInSync).Status.UserID
	guest.rests()

	home.editInstance(func(i *v1alpha1.ClerkInstance) { i.Spec.AllowedNamespaces = nil })
	guest.becomes("ann", v1alpha1.ReasonNotAllowed)
	guest.delete(guest.read("ann"))
	guest.vanishes("ann")
	guest.tells("ann", v1alpha1.EventReleased)
	if home.clerk.User(id) == nil {
		t.Error("a namespace whose access was revoked deleted a user")
	}
}

func TestOtherNamespacesLearnNothing(t *testing.T) {
	home := newWorld(t, func(i *v1alpha1.ClerkInstance) {
		i.Spec.AllowedNamespaces = &v1alpha1.AllowedNamespaces{From: ptr.To(v1alpha1.NamespacesFromAll)}
		i.Spec.Policy = &v1alpha1.InstancePolicy{Adoption: ptr.To(v1alpha1.AdoptionAll)}
	})
	guest := home.neighbour()
	home.start()
	home.create(home.user("managed", func(s *spec) { s.Username = ptr.To("managed_1") }))
	victim := home.becomes("managed", v1alpha1.ReasonInSync).Status.UserID
	existing := home.clerk.Seed(verified("existing"))
	before := home.clerk.User(victim)

	attacks := map[string]func(*spec){
		"same-address":  func(s *spec) { s.EmailAddresses[0].Address = address("managed"); ifUnmanaged(s) },
		"upper-case":    func(s *spec) { s.EmailAddresses[0].Address = strings.ToUpper(address("managed")); ifUnmanaged(s) },
		"same-username": func(s *spec) { s.Username = ptr.To("managed_1"); ifUnmanaged(s) },
		"user-id":       func(s *spec) { s.UserID = &victim },
		"observe":       func(s *spec) { s.UserID, s.Mode = &victim, ptr.To(v1alpha1.ModeObserve) },
		"unmanaged":     func(s *spec) { s.EmailAddresses[0].Address = address("existing") },
	}
	texts := map[string]bool{}
	for name, attack := range attacks {
		guest.create(guest.user(name, guest.refersTo(home), attack, func(s *spec) {
			s.Banned, s.FirstName, s.DeletionPolicy = ptr.To(true), ptr.To("Eve"), ptr.To(v1alpha1.DeletionDelete)
		}))
	}
	for name := range attacks {
		user := guest.becomes(name, v1alpha1.ReasonAlreadyExists)
		texts[user.Status.Conditions[0].Message] = true
		if user.Status.UserID != "" || len(user.Status.PendingChanges) != 0 {
			t.Errorf("%s: status tells of the user: %+v", name, user.Status)
		}
	}
	if len(texts) != 1 {
		t.Errorf("the refusals differ, which tells managed from unmanaged: %v", texts)
	}
	for name := range attacks {
		guest.delete(guest.read(name))
		guest.vanishes(name)
	}
	after := home.clerk.User(victim)
	if after == nil || after.UpdatedAt != before.UpdatedAt || home.clerk.User(existing.ID).UpdatedAt != existing.UpdatedAt {
		t.Error("a user of somebody else was touched")
	}
	home.rests()
}

func TestForgedStatusGivesNoRight(t *testing.T) {
	w := newLiveWorld(t)
	w.create(w.user("owner"))
	victim := w.becomes("owner", v1alpha1.ReasonInSync)
	unmanaged := w.clerk.Seed(verified("unmanaged"))
	for name, id := range map[string]string{"thief": victim.Status.UserID, "finder": unmanaged.ID} {
		forged := w.user(name, func(s *spec) { s.Suspend, s.FirstName = ptr.To(true), ptr.To("Eve") })
		w.create(forged)
		before := forged.DeepCopy()
		forged.Status.UserID, forged.Status.Origin = id, v1alpha1.OriginCreated
		forged.Status.Binding = victim.Status.Binding
		forged.Status.Instance = victim.Status.Instance
		if err := w.client.Status().Patch(t.Context(), forged, client.MergeFrom(before)); err != nil {
			t.Fatal(err)
		}
		w.edit(name, func(s *spec) { s.Suspend = nil })
	}
	w.becomes("thief", v1alpha1.ReasonConflict)
	w.becomes("finder", v1alpha1.ReasonAlreadyExists)
	for _, name := range []string{"thief", "finder"} {
		w.delete(w.read(name))
		w.vanishes(name)
	}
	if u := w.clerk.User(victim.Status.UserID); u == nil || u.FirstName != nil {
		t.Errorf("the owner's user was touched: %+v", u)
	}
	if u := w.clerk.User(unmanaged.ID); u == nil || u.UpdatedAt != unmanaged.UpdatedAt {
		t.Errorf("an unmanaged user was touched: %+v", u)
	}
	w.rests()
}

// copyStatus gives a new, suspended ClerkUser the status of another, and lets it go to work then.
func (w *world) copyStatus(name string, status v1alpha1.ClerkUserStatus, change ...func(*spec)) {
	w.t.Helper()
	forged := w.user(name, append(change, func(s *spec) { s.Suspend = ptr.To(true) })...)
	w.create(forged)
	before := forged.DeepCopy()
	forged.Status = *status.DeepCopy()
	forged.Status.ObservedGeneration = forged.Generation
	for i := range forged.Status.Conditions {
		forged.Status.Conditions[i].ObservedGeneration = forged.Generation
	}
	if err := w.client.Status().Patch(w.t.Context(), forged, client.MergeFrom(before)); err != nil {
		w.t.Fatal(err)
	}
	w.edit(name, func(s *spec) { s.Suspend = nil })
}

// notes are the texts of the events with a reason about an object.
func (w *world) notes(name, reason string) []string {
	w.t.Helper()
	events := &eventsv1.EventList{}
	if err := w.client.List(w.t.Context(), events, client.InNamespace(w.namespace)); err != nil {
		w.t.Fatal(err)
	}
	var notes []string
	for i := range events.Items {
		if e := &events.Items[i]; e.Regarding.Name == name && e.Reason == reason {
			notes = append(notes, e.Note)
		}
	}
	return notes
}

// TestCopiedStatusTellsNothing copies the status of a neighbour's object, which must read as if the user were nobody's, and
// as if the object had no status.
func TestCopiedStatusTellsNothing(t *testing.T) {
	home := newWorld(t, func(i *v1alpha1.ClerkInstance) {
		i.Spec.AllowedNamespaces = &v1alpha1.AllowedNamespaces{From: ptr.To(v1alpha1.NamespacesFromAll)}
	})
	guest := home.neighbour()
	home.start()
	home.create(home.user("managed"))
	managed := home.becomes("managed", v1alpha1.ReasonInSync)
	unmanaged := managed.Status
	unmanaged.UserID = home.clerk.Seed(verified("unmanaged")).ID
	here := guest.refersTo(home)

	guest.create(guest.user("plain", here, func(s *spec) { s.EmailAddresses[0].Address = address("managed") }))
	guest.copyStatus("of-managed", managed.Status, here)
	guest.copyStatus("of-unmanaged", unmanaged, here)
	texts := map[string]bool{}
	for _, name := range []string{"plain", "of-managed", "of-unmanaged"} {
		conditions := guest.becomes(name, v1alpha1.ReasonAlreadyExists).Status.Conditions
		for i := range conditions {
			texts[conditions[i].Type+": "+conditions[i].Message] = true
		}
	}
	if len(texts) != 2 {
		t.Errorf("conditions tell whether a user is managed: %v", texts)
	}
	guest.rests()
	notes := map[string]bool{}
	for _, name := range []string{"of-managed", "of-unmanaged"} {
		guest.runAction("action-"+name, name, disablesMFA)
		guest.fails("action-"+name, v1alpha1.ReasonConflict, "not the ClerkUser's to manage")
		guest.delete(guest.read(name))
		guest.vanishes(name)
		guest.tells(name, v1alpha1.EventReleased)
		for _, note := range guest.notes(name, v1alpha1.EventReleased) {
			notes[note] = true
		}
	}
	if len(notes) != 1 {
		t.Errorf("events tell whether a user is managed: %v", notes)
	}
	if home.clerk.User(managed.Status.UserID) == nil || home.clerk.User(unmanaged.UserID) == nil {
		t.Error("a user of somebody else was deleted")
	}
	home.rests()
}
