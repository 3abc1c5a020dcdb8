// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/creation"
)

// recreates gives the stage an object whose user vanished and is to be created again.
func (f *fixture) recreates(name string, change func(*v1alpha1.ClerkUser)) {
	f.t.Helper()
	f.create(newTestUser(name, func(u *v1alpha1.ClerkUser) { u.Spec.DeleteSelfEnabled = ptr.To(false) }))
	f.expectReason(name, v1alpha1.ReasonInSync)
	f.edit(name, change)
	f.expectReason(name, v1alpha1.ReasonInSync)
	f.clock.advance(time.Hour)
	if err := f.clerk.Delete(f.user(name).Status.UserID); err != nil {
		f.t.Fatal(err)
	}
	f.fullSync()
	f.clerk.ResetJournal()
}

// What is on record of the creating call for a user that vanished says nothing of the call for the next one, also if that has to
// wait for its token.
func TestRecreationThatWaitsForItsToken(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.recreates("ann", func(u *v1alpha1.ClerkUser) { u.Spec.EmailAddresses[0].Address = "new@example.com" })
	f.limitRate(10)
	state, _ := f.Pool.State(instanceName(newTestInstance()))
	for state.Connection.Client.Reserve() == nil {
		if _, err := state.Connection.Client.UsersBy(t.Context(), clerk.KindUsername, "nobody"); err != nil {
			t.Fatal(err)
		}
	}
	f.clerk.ResetJournal()
	f.reconcileUntil([]string{"ann"}, time.Minute, func() bool { return len(f.clerk.Journal()) == 1 })
	if c := creation.Of(f.user("ann")); f.user("ann").Status.UserID != "" || c == nil || c.Value != "new@example.com" {
		t.Errorf("after the user was missed, on record is a call for %+v", c)
	}
	f.reconcileUntil([]string{"ann"}, time.Minute, func() bool { return len(f.clerk.Users()) == 1 })
	f.expectCalls(2)
}

// Initial values that are missing keep the user from being created again, and their arrival suffices.
func TestRecreationWaitsForInitialValues(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: testNamespace, Name: "initial"}, Data: map[string][]byte{"password": []byte("Sesame-0815-open")},
	}
	if err := f.cluster.Create(t.Context(), secret.DeepCopy()); err != nil {
		t.Fatal(err)
	}
	f.create(newTestUser("ann", func(u *v1alpha1.ClerkUser) {
		u.Spec.DeleteSelfEnabled = ptr.To(false)
		u.Spec.Initial = &v1alpha1.InitialValues{Password: &v1alpha1.InitialPassword{
			SecretKeyRef: v1alpha1.SecretKeySelector{Name: "initial", Key: "password"},
		}}
	}))
	f.expectReason("ann", v1alpha1.ReasonInSync)
	f.clock.advance(time.Hour)
	if err := f.clerk.Delete(f.user("ann").Status.UserID); err != nil {
		t.Fatal(err)
	}
	if err := f.cluster.Delete(t.Context(), secret.DeepCopy()); err != nil {
		t.Fatal(err)
	}
	f.fullSync()
	f.expectReason("ann", v1alpha1.ReasonSecretNotFound)
	if status := f.user("ann").Status; status.UserID != "" || len(f.clerk.Users()) != 0 {
		t.Errorf("without the Secret, %d users are at Clerk, and the object has %q", len(f.clerk.Users()), status.UserID)
	}
	if err := f.cluster.Create(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	f.clerk.ResetJournal()
	f.expectReason("ann", v1alpha1.ReasonInSync)
	f.expectCalls(1)
	if !f.onlyUser().PasswordEnabled {
		t.Error("the user was created without the password")
	}
}
