// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"
	"errors"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// onStatusWrite answers the status writes of a fixture with the error of fail, until that is nil.
func (f *fixture) onStatusWrite(fail func() error) {
	f.Client = interceptor.NewClient(f.cluster, interceptor.Funcs{
		SubResourcePatch: func(ctx context.Context, c client.Client, sub string, o client.Object, p client.Patch, options ...client.SubResourcePatchOption) error {
			if err := fail(); err != nil {
				return err
			}
			return c.SubResource(sub).Patch(ctx, o, p, options...)
		},
	})
}

// applicationWrites returns a fixture with a user in sync whose role an application has written.
func applicationWrites(t *testing.T) *fixture {
	t.Helper()
	f := newFixture(t)
	f.discardEvents()
	f.create(newTestUser("ann"))
	f.expectReason("ann", v1alpha1.ReasonInSync)
	f.clock.advance(2 * time.Minute)
	if _, err := f.clerk.Edit(f.onlyUser().ID, func(u *emulator.User) { u.PublicMetadata = map[string]any{"role": "editor"} }); err != nil {
		t.Fatal(err)
	}
	f.resyncCache()
	return f
}

// expectApplicationRole removes the role from the spec, and fails if the application's role is removed too.
func (f *fixture) expectApplicationRole() {
	f.t.Helper()
	f.declareMetadata("ann", `{}`)
	for range 2 {
		f.clock.advance(15 * time.Second)
		f.reconcile("ann")
	}
	if role := f.onlyUser().PublicMetadata["role"]; role != "editor" {
		f.t.Errorf("the application's role became %v; on record: %v", role, f.appliedMetadata("ann"))
	}
}

// A key that Clerk refuses to write belongs to whoever has written it, whatever the result of the first attempts was.
func TestRefusedKeyLeavesTheRecord(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]emulator.Fault{
		"AtOnce":           {Code: "form_param_value_invalid", Param: "public_metadata"},
		"AfterALimit":      {Status: 429, Code: "too_many_requests"},
		"AfterALostAnswer": {Status: 503},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := applicationWrites(t)
			first.Path = "/users/*/metadata"
			f.server.InjectFault(first)
			id := f.server.InjectFault(emulator.Fault{Path: "/users/*/metadata", Code: "form_param_value_invalid", Param: "public_metadata", Times: -1})
			f.declareMetadata("ann", `{"role":"admin"}`)
			for range 3 {
				f.reconcile("ann")
				f.clock.advance(15 * time.Second)
			}
			f.expectReason("ann", v1alpha1.ReasonRejectedByClerk)
			f.server.RemoveFault(id)
			f.expectApplicationRole()
		})
	}
}

// A key that was written and later refused still belongs to the operator, which removes it later.
func TestRefusalKeepsWrittenKeysOnRecord(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.discardEvents()
	f.create(newTestUser("ann"))
	f.expectReason("ann", v1alpha1.ReasonInSync)
	f.declareMetadata("ann", `{"role":"admin"}`)
	f.expectReason("ann", v1alpha1.ReasonInSync)
	f.clock.advance(2 * time.Minute)
	if _, err := f.clerk.Edit(f.onlyUser().ID, func(u *emulator.User) { u.PublicMetadata = map[string]any{"role": "owner"} }); err != nil {
		t.Fatal(err)
	}
	f.resyncCache()
	f.server.InjectFault(emulator.Fault{Path: "/users/*/metadata", Code: "form_param_value_invalid", Param: "public_metadata"})
	f.expectReason("ann", v1alpha1.ReasonRejectedByClerk)
	f.declareMetadata("ann", `{}`)
	f.expectReason("ann", v1alpha1.ReasonInSync)
	if role, there := f.onlyUser().PublicMetadata["role"]; there {
		t.Errorf("the role stays at Clerk: %v", role)
	}
}

func TestUnwrittenIntentIsForgotten(t *testing.T) {
	t.Parallel()
	t.Run("AnEditCameBetween", func(t *testing.T) {
		t.Parallel()
		f := applicationWrites(t)
		f.declareMetadata("ann", `{"role":"admin"}`)
		old := f.user("ann")
		f.declareMetadata("ann", `{}`)
		if _, err := f.Reconcile(t.Context(), old); err != nil {
			t.Logf("reconciling the old copy: %v", err)
		}
		f.expectApplicationRole()
	})
	t.Run("ClerkLimitsCalls", func(t *testing.T) {
		t.Parallel()
		f := applicationWrites(t)
		f.server.InjectFault(emulator.Fault{Path: "/users/*/metadata", Status: 429, Code: "too_many_requests"})
		f.declareMetadata("ann", `{"role":"admin"}`)
		f.reconcile("ann")
		if recorded := f.appliedMetadata("ann"); len(recorded) != 0 {
			t.Errorf("what was not sent is on record: %v", recorded)
		}
		f.expectApplicationRole()
	})
}

func TestRecreationRequestOutlastsAMissingSecret(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.discardEvents()
	f.storeSecret("first-password-1")
	f.create(newTestUser("ann", func(u *v1alpha1.ClerkUser) { u.Spec.Password = &v1alpha1.Password{SecretKeyRef: secretSelector()} }))
	f.expectReason("ann", v1alpha1.ReasonInSync)
	f.clock.advance(2 * time.Minute)
	if err := f.clerk.Delete(f.onlyUser().ID); err != nil {
		t.Fatal(err)
	}
	state, _ := f.Pool.State(instanceName(newTestInstance()))
	state.Connection.Mirror.Forget(f.user("ann").Status.UserID)
	for range 3 {
		f.reconcile("ann")
		f.clock.advance(20 * time.Second)
	}
	f.expectReason("ann", v1alpha1.ReasonMissing)
	if err := f.cluster.Delete(t.Context(), &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: testNamespace, Name: "ann"}}); err != nil {
		t.Fatal(err)
	}
	f.declareMetadata("ann", `{"again":1}`)
	f.expectReason("ann", v1alpha1.ReasonMissing)
	f.storeSecret("first-password-1")
	for range 3 {
		f.clock.advance(reconcile.SourceRetry)
		f.reconcile("ann")
	}
	f.expectReason("ann", v1alpha1.ReasonInSync)
	if n := len(f.clerk.Users()); n != 1 {
		t.Errorf("%d users, want the one that was created again", n)
	}
}

// A proxy in front of the API server answers 404 once.
func TestStrayNotFoundUndoesNoCreation(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.discardEvents()
	f.create(newTestUser("ann"))
	stray := []error{apierrors.NewGenericServerResponse(404, "patch", schema.GroupResource{}, "", "404 page not found", 0, true)}
	f.onStatusWrite(func() error {
		if len(stray) == 0 {
			return nil
		}
		err := stray[0]
		stray = stray[1:]
		return err
	})
	f.expectReason("ann", v1alpha1.ReasonInSync)
	if deletions := f.clerk.Journal().Matching("DELETE", "/users/*"); len(deletions) != 0 || len(f.clerk.Users()) != 1 {
		t.Errorf("%d deletions, %d users", len(deletions), len(f.clerk.Users()))
	}
}

// Another operator creates the user and ends before it can write status. This one finds the user and cannot write status
// either, and the object is deleted.
func TestFoundUserIsNotForgotten(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.discardEvents()
	other := f.secondOperator()
	other.onStatusWrite(func() error { return errors.New("the other operator has ended") })
	f.create(newTestUser("ann"))
	f.server.InjectFault(emulator.Fault{Method: "POST", Path: "/users", Status: 429, Code: "too_many_requests"})
	f.reconcile("ann")
	f.clock.advance(15 * time.Second)
	other.reconcile("ann")
	if len(f.clerk.Users()) != 1 {
		t.Fatal("the other operator has created nobody")
	}
	f.clock.advance(15 * time.Second)
	failing := true
	f.onStatusWrite(func() error {
		if failing {
			return errors.New("the API server is away")
		}
		return nil
	})
	f.reconcile("ann")
	failing = false
	f.delete("ann")
	f.reconcile("ann")
	if users := f.clerk.Users(); len(users) != 0 {
		t.Errorf("a user was left behind; events were %v", recordedEvents(f.Reconciler))
	}
}

// Somebody removes the status while the operator runs. The annotation of the creating call does not contain what was added
// since.
func TestLostStatusForgetsNoRecord(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.discardEvents()
	f.create(newTestUser("ann"))
	f.expectReason("ann", v1alpha1.ReasonInSync)
	f.edit("ann", func(u *v1alpha1.ClerkUser) {
		u.Spec.Banned = ptr.To(true)
		u.Spec.EmailAddresses = append(u.Spec.EmailAddresses, v1alpha1.EmailAddress{Address: "second@example.com"})
		u.Spec.PublicMetadata = &runtime.RawExtension{Raw: []byte(`{"role":"admin"}`)}
	})
	f.expectReason("ann", v1alpha1.ReasonInSync)
	bare := f.user("ann")
	bare.Status = v1alpha1.ClerkUserStatus{}
	f.storeStatus(bare)
	f.expectReason("ann", v1alpha1.ReasonInSync)
	f.edit("ann", func(u *v1alpha1.ClerkUser) {
		u.Spec.Banned, u.Spec.PublicMetadata, u.Spec.EmailAddresses = nil, nil, u.Spec.EmailAddresses[:1]
	})
	f.expectReason("ann", v1alpha1.ReasonInSync)
	if user := f.onlyUser(); user.Banned || len(user.PublicMetadata) != 0 || len(user.EmailAddresses) != 1 {
		t.Errorf("banned %t, metadata %v, addresses %+v: what left the spec stays", user.Banned, user.PublicMetadata, user.EmailAddresses)
	}
}

func TestLostChangeRecordsAnEvent(t *testing.T) {
	t.Parallel()
	for name, applied := range map[string]bool{"CarriedOut": true, "NotCarriedOut": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.create(newTestUser("ann"))
			f.expectReason("ann", v1alpha1.ReasonInSync)
			f.clock.advance(2 * time.Minute)
			f.server.InjectFault(emulator.Fault{Method: "PATCH", Path: "/users/*", Cut: true, AfterApplying: applied})
			f.edit("ann", func(u *v1alpha1.ClerkUser) { u.Spec.FirstName = ptr.To("Ann") })
			f.reconcile("ann")
			recordedEvents(f.Reconciler)
			f.clock.advance(5 * time.Second)
			f.expectReason("ann", v1alpha1.ReasonInSync)
			f.expectEvent(v1alpha1.EventUpdated)
			if at := f.user("ann").Status.LastWriteTime; at == nil || f.clock.at.Sub(at.Time) > time.Minute {
				t.Errorf("the last write was at %v", at)
			}
			f.expectReason("ann", v1alpha1.ReasonInSync)
			if again := recordedEvents(f.Reconciler); len(again) != 0 {
				t.Errorf("the event is recorded again: %v", again)
			}
		})
	}
}
