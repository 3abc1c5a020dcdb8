// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"net/http"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/creation"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

func TestSuccessorMustProvePossession(t *testing.T) {
	t.Parallel()
	user := clerkUser("ann@example.com")
	tests := map[string]struct {
		candidate func(*v1alpha1.ClerkUser)
		want      bool
	}{
		"DeclaresTheAddress": {func(*v1alpha1.ClerkUser) {}, true},
		"DeclaresAnother":    {func(u *v1alpha1.ClerkUser) { u.Spec.EmailAddresses[0].Address = "bob@example.com" }, false},
		"NamesTheUser":       {func(u *v1alpha1.ClerkUser) { u.Spec.EmailAddresses, u.Spec.UserID = nil, ptr.To(testUserID) }, true},
		"NamesAnotherUser":   {func(u *v1alpha1.ClerkUser) { u.Spec.UserID = ptr.To("user_other") }, false},
		"OnlyAUsername":      {func(u *v1alpha1.ClerkUser) { u.Spec.EmailAddresses, u.Spec.Username = nil, ptr.To("ann") }, false},
		"Suspended":          {func(u *v1alpha1.ClerkUser) { u.Spec.Suspend = ptr.To(true) }, true},
		"OnlyObserves":       {func(u *v1alpha1.ClerkUser) { u.Spec.Mode = ptr.To(v1alpha1.ModeObserve) }, false},
		"BeingDeletedItself": {func(u *v1alpha1.ClerkUser) { u.DeletionTimestamp = ptr.To(metav1.NewTime(start)) }, false},
		"InvalidSpec":        {func(u *v1alpha1.ClerkUser) { u.Spec.PublicMetadata = &runtime.RawExtension{Raw: []byte(`{"a":null}`)} }, true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := transfer{reconciliation: newTestReconciliation(t, newTestReconciler(t, newClock()), newTestUser("former"))}
			candidate := newTestUser("successor", func(u *v1alpha1.ClerkUser) { u.Spec.EmailAddresses[0].Address = "ann@example.com" })
			tc.candidate(candidate)
			user := *user
			user.Username = "ann"
			if got := p.declares(candidate, &user, p.declaredBefore(&user)); got != tc.want {
				t.Errorf("declares the user: %t, want %t", got, tc.want)
			}
		})
	}
}

// TestSharedUsernameCountsForCreatedUsers has the former object and the successor declare the same username. Of an adopted user, the
// person may have chosen it.
func TestSharedUsernameCountsForCreatedUsers(t *testing.T) {
	t.Parallel()
	withUsername := func(u *v1alpha1.ClerkUser) { u.Spec.EmailAddresses, u.Spec.Username = nil, ptr.To("ann_1") }
	user := clerkUser("ann@example.com")
	user.Username = "ann_1"
	for origin, want := range map[v1alpha1.Origin]bool{v1alpha1.OriginCreated: true, v1alpha1.OriginAdopted: false, "": false} {
		p := transfer{reconciliation: newTestReconciliation(t, newTestReconciler(t, newClock()), newTestUser("former", withUsername))}
		p.origin = origin
		if got := p.declares(newTestUser("successor", withUsername), user, p.declaredBefore(user)); got != want {
			t.Errorf("origin %q: declares the user: %t, want %t", origin, got, want)
		}
	}
}

func TestUserIsTransferred(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.create(newTestUser("ann"))
	f.expectReason("ann", v1alpha1.ReasonInSync)
	f.create(newTestUser("later", func(u *v1alpha1.ClerkUser) {
		u.Spec.EmailAddresses[0].Address, u.CreationTimestamp = "ann@example.com", metav1.NewTime(start.Add(time.Hour))
	}))
	f.create(newTestUser("successor", func(u *v1alpha1.ClerkUser) {
		u.Spec.EmailAddresses[0].Address, u.CreationTimestamp = "ann@example.com", metav1.NewTime(start.Add(time.Minute))
	}))
	f.expectReason("successor", v1alpha1.ReasonWaitingForDeletion)
	f.delete("ann")
	f.expectGone("ann")
	f.expectEvent(v1alpha1.EventTransferred)
	f.objects.notify("successor-uid", func(m *notifications) { m.deleted = []string{"ann"} })
	f.expectReason("successor", v1alpha1.ReasonInSync)
	if got := f.user("successor").Status; got.UserID != f.onlyUser().ID || got.Origin != v1alpha1.OriginCreated {
		t.Errorf("the successor has %q, %s", got.UserID, got.Origin)
	}
	f.expectReason("later", v1alpha1.ReasonWaitingForDeletion)
}

// In a rename the successor may be reconciled while it gets the user. It must not conclude that no user was created for it, or
// its deletion would leave the user behind.
func TestTransferDuringSuccessorReconcileIsKept(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.create(newTestUser("ann"))
	f.expectReason("ann", v1alpha1.ReasonInSync)
	f.create(newTestUser("successor", func(u *v1alpha1.ClerkUser) { u.Spec.EmailAddresses[0].Address = "ann@example.com" }))
	f.server.InjectFault(emulator.Fault{Method: http.MethodPost, Path: "/users", Status: 422, Code: "form_identifier_exists", Match: func(emulator.Entry) bool {
		f.objects.notify("successor-uid", func(n *notifications) { n.transferred = true })
		return true
	}})
	f.expectReason("successor", v1alpha1.ReasonWaitingForDeletion)
	if creation.Of(f.user("successor")) == nil {
		t.Error("the annotation of the creating call was removed")
	}
	successor := f.user("successor")
	if _, err := f.clerk.Edit(f.onlyUser().ID, func(u *emulator.User) {
		u.PrivateMetadata[v1alpha1.OwnerKey] = markOf(successor, v1alpha1.OriginCreated).String()
	}); err != nil {
		t.Fatal(err)
	}
	f.delete("successor")
	f.expectGone("successor")
	if n := len(f.clerk.Users()); n != 0 {
		t.Errorf("%d users were left behind", n)
	}
}

// TestOrderOfSuccessors has several objects wait for one user. The order does not depend on the cache.
func TestOrderOfSuccessors(t *testing.T) {
	t.Parallel()
	at := func(name string, minutes int, change ...func(*v1alpha1.ClerkUser)) *v1alpha1.ClerkUser {
		u := newTestUser(name, change...)
		u.CreationTimestamp = metav1.NewTime(start.Add(time.Duration(minutes) * time.Minute))
		return u
	}
	suspended := func(u *v1alpha1.ClerkUser) { u.Spec.Suspend = ptr.To(true) }
	for name, tc := range map[string]struct{ first, then *v1alpha1.ClerkUser }{
		"Older":          {at("b", 1), at("a", 2)},
		"SameSecond":     {at("a", 1), at("b", 1)},
		"NotSuspended":   {at("b", 2), at("a", 1, suspended)},
		"BothSuspended":  {at("b", 1, suspended), at("a", 2, suspended)},
		"SuspendedTwins": {at("a", 1, suspended), at("b", 1, suspended)},
	} {
		if !precedes(tc.first, tc.then) || precedes(tc.then, tc.first) {
			t.Errorf("%s: the order is wrong", name)
		}
	}
}

// TestOneSuccessorGetsOneUser has two objects that are deleted choose the same successor at the same time.
func TestOneSuccessorGetsOneUser(t *testing.T) {
	t.Parallel()
	chosen := newSuccessors()
	for range 2 {
		if !chosen.choose("successor", "user_1") {
			t.Error("the first choice fails")
		}
	}
	if chosen.choose("successor", "user_2") {
		t.Error("the successor was chosen for two users")
	}
	chosen.forget("successor")
	if !chosen.choose("successor", "user_2") {
		t.Error("the choice was not taken back")
	}
}

// TestSuccessorIsOfTheSameNamespace has a ClerkUser of another namespace, which the ClerkInstance admits, declare the user.
func TestSuccessorIsOfTheSameNamespace(t *testing.T) {
	t.Parallel()
	f := newFixture(t, func(i *v1alpha1.ClerkInstance) {
		i.Spec.AllowedNamespaces = &v1alpha1.AllowedNamespaces{From: ptr.To(v1alpha1.NamespacesFromAll)}
	})
	f.create(newTestUser("ann"))
	f.expectReason("ann", v1alpha1.ReasonInSync)
	f.create(newTestUser("guest", func(u *v1alpha1.ClerkUser) {
		u.Namespace, u.Spec.EmailAddresses[0].Address = "team-b", "ann@example.com"
		u.Spec.InstanceRef = &v1alpha1.InstanceReference{Name: "default", Namespace: ptr.To(testNamespace)}
	}))
	f.delete("ann")
	f.expectGone("ann")
	f.expectEvent(v1alpha1.EventDeleted)
	if n := len(f.clerk.Users()); n != 0 {
		t.Errorf("%d users are at Clerk, want none", n)
	}
}
