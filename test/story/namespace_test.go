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

// inOtherNamespace is a view of the same environment from another namespace, where an operator that is started later works too.
func (env *environment) inOtherNamespace() *environment {
	env.t.Helper()
	n := *env
	n.namespace = controlplane.Namespace(env.t)
	env.watched = append(env.watched, n.namespace)
	n.recordStatuses()
	return &n
}

func (env *environment) refersTo(home *environment) func(*spec) {
	return func(s *spec) {
		s.InstanceRef = &v1alpha1.InstanceReference{Name: "default", Namespace: &home.namespace}
	}
}

func TestAllowedNamespaces(t *testing.T) {
	home := newEnvironment(t)
	guest := home.inOtherNamespace()
	home.start()
	guest.create(guest.user("ann", guest.refersTo(home)))
	guest.expectReason("ann", v1alpha1.ReasonNotAllowed)
	if n := len(home.clerk.Users()); n != 0 {
		t.Errorf("%d users were made for a namespace that is not admitted", n)
	}
	guest.expectNoWrites()

	home.editInstance(func(i *v1alpha1.ClerkInstance) {
		i.Spec.AllowedNamespaces = &v1alpha1.AllowedNamespaces{
			From:     ptr.To(v1alpha1.NamespacesFromSelector),
			Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"kubernetes.io/metadata.name": guest.namespace}},
		}
	})
	id := guest.expectReason("ann", v1alpha1.ReasonInSync).Status.UserID
	guest.expectNoWrites()

	home.editInstance(func(i *v1alpha1.ClerkInstance) { i.Spec.AllowedNamespaces = nil })
	guest.expectReason("ann", v1alpha1.ReasonNotAllowed)
	guest.delete(guest.read("ann"))
	guest.expectGone("ann")
	guest.expectEvent("ann", v1alpha1.EventReleased)
	if home.clerk.User(id) == nil {
		t.Error("a namespace whose access was revoked deleted a user")
	}
}

func TestOtherNamespacesLearnNothing(t *testing.T) {
	home := newEnvironment(t, func(i *v1alpha1.ClerkInstance) {
		i.Spec.AllowedNamespaces = &v1alpha1.AllowedNamespaces{From: ptr.To(v1alpha1.NamespacesFromAll)}
		i.Spec.Policy = &v1alpha1.InstancePolicy{Adoption: ptr.To(v1alpha1.AdoptionAll)}
	})
	guest := home.inOtherNamespace()
	home.start()
	home.create(home.user("managed", func(s *spec) { s.Username = ptr.To("managed_1") }))
	victim := home.expectReason("managed", v1alpha1.ReasonInSync).Status.UserID
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
		user := guest.expectReason(name, v1alpha1.ReasonAlreadyExists)
		texts[user.Status.Conditions[0].Message] = true
		if user.Status.UserID != "" || len(user.Status.PendingChanges) != 0 {
			t.Errorf("%s: status reveals the user: %+v", name, user.Status)
		}
	}
	if len(texts) != 1 {
		t.Errorf("the refusals differ, which distinguishes managed from unmanaged: %v", texts)
	}
	for name := range attacks {
		guest.delete(guest.read(name))
		guest.expectGone(name)
	}
	after := home.clerk.User(victim)
	if after == nil || after.UpdatedAt != before.UpdatedAt || home.clerk.User(existing.ID).UpdatedAt != existing.UpdatedAt {
		t.Error("a user of somebody else was touched")
	}
	home.expectNoWrites()
}

func TestForgedStatusGivesNoRight(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("owner"))
	victim := env.expectReason("owner", v1alpha1.ReasonInSync)
	unmanaged := env.clerk.Seed(verified("unmanaged"))
	for name, id := range map[string]string{"thief": victim.Status.UserID, "finder": unmanaged.ID} {
		forged := env.user(name, func(s *spec) { s.Suspend, s.FirstName = ptr.To(true), ptr.To("Eve") })
		env.create(forged)
		before := forged.DeepCopy()
		forged.Status.UserID, forged.Status.Origin = id, v1alpha1.OriginCreated
		forged.Status.Binding = victim.Status.Binding
		forged.Status.Instance = victim.Status.Instance
		if err := env.client.Status().Patch(t.Context(), forged, client.MergeFrom(before)); err != nil {
			t.Fatal(err)
		}
		env.edit(name, func(s *spec) { s.Suspend = nil })
	}
	env.expectReason("thief", v1alpha1.ReasonConflict)
	env.expectReason("finder", v1alpha1.ReasonAlreadyExists)
	for _, name := range []string{"thief", "finder"} {
		env.delete(env.read(name))
		env.expectGone(name)
	}
	if u := env.clerk.User(victim.Status.UserID); u == nil || u.FirstName != nil {
		t.Errorf("the owner's user was touched: %+v", u)
	}
	if u := env.clerk.User(unmanaged.ID); u == nil || u.UpdatedAt != unmanaged.UpdatedAt {
		t.Errorf("an unmanaged user was touched: %+v", u)
	}
	env.expectNoWrites()
}

// copyStatus gives a new, suspended ClerkUser the status of another, and lets it go to work then.
func (env *environment) copyStatus(name string, status v1alpha1.ClerkUserStatus, change ...func(*spec)) {
	env.t.Helper()
	forged := env.user(name, append(change, func(s *spec) { s.Suspend = ptr.To(true) })...)
	env.create(forged)
	before := forged.DeepCopy()
	forged.Status = *status.DeepCopy()
	forged.Status.ObservedGeneration = forged.Generation
	for i := range forged.Status.Conditions {
		forged.Status.Conditions[i].ObservedGeneration = forged.Generation
	}
	if err := env.client.Status().Patch(env.t.Context(), forged, client.MergeFrom(before)); err != nil {
		env.t.Fatal(err)
	}
	env.edit(name, func(s *spec) { s.Suspend = nil })
}

// eventNotes are the texts of the events with a reason about an object.
func (env *environment) eventNotes(name, reason string) []string {
	env.t.Helper()
	events := &eventsv1.EventList{}
	if err := env.client.List(env.t.Context(), events, client.InNamespace(env.namespace)); err != nil {
		env.t.Fatal(err)
	}
	var notes []string
	for i := range events.Items {
		if e := &events.Items[i]; e.Regarding.Name == name && e.Reason == reason {
			notes = append(notes, e.Note)
		}
	}
	return notes
}

// TestCopiedStatusRevealsNothing copies the status of a neighbour's object, which must read as if the user were nobody's, and
// as if the object had no status.
func TestCopiedStatusRevealsNothing(t *testing.T) {
	home := newEnvironment(t, func(i *v1alpha1.ClerkInstance) {
		i.Spec.AllowedNamespaces = &v1alpha1.AllowedNamespaces{From: ptr.To(v1alpha1.NamespacesFromAll)}
	})
	guest := home.inOtherNamespace()
	home.start()
	home.create(home.user("managed"))
	managed := home.expectReason("managed", v1alpha1.ReasonInSync)
	unmanaged := managed.Status
	unmanaged.UserID = home.clerk.Seed(verified("unmanaged")).ID
	here := guest.refersTo(home)

	guest.create(guest.user("plain", here, func(s *spec) { s.EmailAddresses[0].Address = address("managed") }))
	guest.copyStatus("of-managed", managed.Status, here)
	guest.copyStatus("of-unmanaged", unmanaged, here)
	texts := map[string]bool{}
	for _, name := range []string{"plain", "of-managed", "of-unmanaged"} {
		conditions := guest.expectReason(name, v1alpha1.ReasonAlreadyExists).Status.Conditions
		for i := range conditions {
			texts[conditions[i].Type+": "+conditions[i].Message] = true
		}
	}
	if len(texts) != 2 {
		t.Errorf("conditions reveal whether a user is managed: %v", texts)
	}
	guest.expectNoWrites()
	notes := map[string]bool{}
	for _, name := range []string{"of-managed", "of-unmanaged"} {
		guest.runAction("action-"+name, name, disablesMFA)
		guest.expectWaiting("action-"+name, v1alpha1.ReasonUserNotBound)
		guest.delete(guest.read(name))
		guest.expectGone(name)
		guest.expectEvent(name, v1alpha1.EventReleased)
		for _, note := range guest.eventNotes(name, v1alpha1.EventReleased) {
			notes[note] = true
		}
	}
	if len(notes) != 1 {
		t.Errorf("events reveal whether a user is managed: %v", notes)
	}
	if home.clerk.User(managed.Status.UserID) == nil || home.clerk.User(unmanaged.UserID) == nil {
		t.Error("a user of somebody else was deleted")
	}
	home.expectNoWrites()
}
