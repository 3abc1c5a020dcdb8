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

// statusWrites answers the status writes of a stage with what fail returns, until that is nil.
func (s *stage) statusWrites(fail func() error) {
	s.Client = interceptor.NewClient(s.cluster, interceptor.Funcs{
		SubResourcePatch: func(ctx context.Context, c client.Client, sub string, o client.Object, p client.Patch, options ...client.SubResourcePatchOption) error {
			if err := fail(); err != nil {
				return err
			}
			return c.SubResource(sub).Patch(ctx, o, p, options...)
		},
	})
}

// applicationWrites has a user in sync whose role an application has written.
func applicationWrites(t *testing.T) *stage {
	t.Helper()
	s := newStage(t)
	s.quiet()
	s.create(newTestUser("ann"))
	s.becomes("ann", v1alpha1.ReasonInSync)
	s.clock.advance(2 * time.Minute)
	if _, err := s.clerk.Edit(s.atClerk().ID, func(u *emulator.User) { u.PublicMetadata = map[string]any{"role": "editor"} }); err != nil {
		t.Fatal(err)
	}
	s.readAgain()
	return s
}

// wantRoleOfTheApplication takes the role out of the spec again, and fails if that of the application went with it.
func (s *stage) wantRoleOfTheApplication() {
	s.t.Helper()
	s.declares("ann", `{}`)
	for range 2 {
		s.clock.advance(15 * time.Second)
		s.pass("ann")
	}
	if role := s.atClerk().PublicMetadata["role"]; role != "editor" {
		s.t.Errorf("the application's role became %v; on record: %v", role, s.recorded("ann"))
	}
}

// A key that Clerk refuses to write belongs to whoever has written it, whatever became of the first attempts.
func TestRefusedKeyLeavesTheRecord(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]emulator.Fault{
		"AtOnce":           {Code: "form_param_value_invalid", Param: "public_metadata"},
		"AfterALimit":      {Status: 429, Code: "too_many_requests"},
		"AfterALostAnswer": {Status: 503},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := applicationWrites(t)
			first.Path = "/users/*/metadata"
			s.server.InjectFault(first)
			id := s.server.InjectFault(emulator.Fault{Path: "/users/*/metadata", Code: "form_param_value_invalid", Param: "public_metadata", Times: -1})
			s.declares("ann", `{"role":"admin"}`)
			for range 3 {
				s.pass("ann")
				s.clock.advance(15 * time.Second)
			}
			s.becomes("ann", v1alpha1.ReasonRejectedByClerk)
			s.server.RemoveFault(id)
			s.wantRoleOfTheApplication()
		})
	}
}

// A key that was written and later refused is still the operator's to remove.
func TestRefusalDisownsNoKeyThatWasWritten(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.quiet()
	s.create(newTestUser("ann"))
	s.becomes("ann", v1alpha1.ReasonInSync)
	s.declares("ann", `{"role":"admin"}`)
	s.becomes("ann", v1alpha1.ReasonInSync)
	s.clock.advance(2 * time.Minute)
	if _, err := s.clerk.Edit(s.atClerk().ID, func(u *emulator.User) { u.PublicMetadata = map[string]any{"role": "owner"} }); err != nil {
		t.Fatal(err)
	}
	s.readAgain()
	s.server.InjectFault(emulator.Fault{Path: "/users/*/metadata", Code: "form_param_value_invalid", Param: "public_metadata"})
	s.becomes("ann", v1alpha1.ReasonRejectedByClerk)
	s.declares("ann", `{}`)
	s.becomes("ann", v1alpha1.ReasonInSync)
	if role, there := s.atClerk().PublicMetadata["role"]; there {
		t.Errorf("the role stays at Clerk: %v", role)
	}
}

func TestIntentThatWasNotWrittenIsForgotten(t *testing.T) {
	t.Parallel()
	t.Run("AnEditCameBetween", func(t *testing.T) {
		t.Parallel()
		s := applicationWrites(t)
		s.declares("ann", `{"role":"admin"}`)
		old := s.user("ann")
		s.declares("ann", `{}`)
		if _, err := s.Reconcile(t.Context(), old); err != nil {
			t.Logf("reconciling the old copy: %v", err)
		}
		s.wantRoleOfTheApplication()
	})
	t.Run("ClerkLimitsCalls", func(t *testing.T) {
		t.Parallel()
		s := applicationWrites(t)
		s.server.InjectFault(emulator.Fault{Path: "/users/*/metadata", Status: 429, Code: "too_many_requests"})
		s.declares("ann", `{"role":"admin"}`)
		s.pass("ann")
		if recorded := s.recorded("ann"); len(recorded) != 0 {
			t.Errorf("what was not sent is on record: %v", recorded)
		}
		s.wantRoleOfTheApplication()
	})
}

func TestOrderToCreateAnewOutlastsAMissingSecret(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.quiet()
	s.keep("first-password-1")
	s.create(newTestUser("ann", func(u *v1alpha1.ClerkUser) { u.Spec.Password = &v1alpha1.Password{SecretKeyRef: kept()} }))
	s.becomes("ann", v1alpha1.ReasonInSync)
	s.clock.advance(2 * time.Minute)
	if err := s.clerk.Delete(s.atClerk().ID); err != nil {
		t.Fatal(err)
	}
	state, _ := s.Pool.State(instanceName(newTestInstance()))
	state.Connection.Mirror.Forget(s.user("ann").Status.UserID)
	for range 3 {
		s.pass("ann")
		s.clock.advance(20 * time.Second)
	}
	s.becomes("ann", v1alpha1.ReasonMissing)
	if err := s.cluster.Delete(t.Context(), &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: testNamespace, Name: "ann"}}); err != nil {
		t.Fatal(err)
	}
	s.declares("ann", `{"again":1}`)
	s.becomes("ann", v1alpha1.ReasonMissing)
	s.keep("first-password-1")
	for range 3 {
		s.clock.advance(reconcile.SourceRetry)
		s.pass("ann")
	}
	s.becomes("ann", v1alpha1.ReasonInSync)
	if n := len(s.clerk.Users()); n != 1 {
		t.Errorf("%d users, want the one that was created again", n)
	}
}

// Something in front of the API server answers 404 once.
func TestStrayNotFoundUndoesNoCreation(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.quiet()
	s.create(newTestUser("ann"))
	stray := []error{apierrors.NewGenericServerResponse(404, "patch", schema.GroupResource{}, "", "404 page not found", 0, true)}
	s.statusWrites(func() error {
		if len(stray) == 0 {
			return nil
		}
		err := stray[0]
		stray = stray[1:]
		return err
	})
	s.becomes("ann", v1alpha1.ReasonInSync)
	if deletions := s.clerk.Journal().Matching("DELETE", "/users/*"); len(deletions) != 0 || len(s.clerk.Users()) != 1 {
		t.Errorf("%d deletions, %d users", len(deletions), len(s.clerk.Users()))
	}
}

// Another operator creates the user and ends before it can say so. This one finds the user, cannot say so either, and the object
// is deleted.
func TestUserThatWasFoundIsNotForgotten(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.quiet()
	other := s.second()
	other.statusWrites(func() error { return errors.New("the other operator has ended") })
	s.create(newTestUser("ann"))
	s.server.InjectFault(emulator.Fault{Method: "POST", Path: "/users", Status: 429, Code: "too_many_requests"})
	s.pass("ann")
	s.clock.advance(15 * time.Second)
	other.pass("ann")
	if len(s.clerk.Users()) != 1 {
		t.Fatal("the other operator has created nobody")
	}
	s.clock.advance(15 * time.Second)
	failing := true
	s.statusWrites(func() error {
		if failing {
			return errors.New("the API server is away")
		}
		return nil
	})
	s.pass("ann")
	failing = false
	s.delete("ann")
	s.pass("ann")
	if users := s.clerk.Users(); len(users) != 0 {
		t.Errorf("a user was left behind; told was %v", told(s.Reconciler))
	}
}

// Somebody removes the status while the operator runs. The creating call tells nothing of what was added since.
func TestLostStatusForgetsNoRecord(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.quiet()
	s.create(newTestUser("ann"))
	s.becomes("ann", v1alpha1.ReasonInSync)
	s.edit("ann", func(u *v1alpha1.ClerkUser) {
		u.Spec.Banned = ptr.To(true)
		u.Spec.EmailAddresses = append(u.Spec.EmailAddresses, v1alpha1.EmailAddress{Address: "second@example.com"})
		u.Spec.PublicMetadata = &runtime.RawExtension{Raw: []byte(`{"role":"admin"}`)}
	})
	s.becomes("ann", v1alpha1.ReasonInSync)
	bare := s.user("ann")
	bare.Status = v1alpha1.ClerkUserStatus{}
	s.storeStatus(bare)
	s.becomes("ann", v1alpha1.ReasonInSync)
	s.edit("ann", func(u *v1alpha1.ClerkUser) {
		u.Spec.Banned, u.Spec.PublicMetadata, u.Spec.EmailAddresses = nil, nil, u.Spec.EmailAddresses[:1]
	})
	s.becomes("ann", v1alpha1.ReasonInSync)
	if user := s.atClerk(); user.Banned || len(user.PublicMetadata) != 0 || len(user.EmailAddresses) != 1 {
		t.Errorf("banned %t, metadata %v, addresses %+v: what left the spec stays", user.Banned, user.PublicMetadata, user.EmailAddresses)
	}
}

func TestChangeWhoseAnswerWasLostIsTold(t *testing.T) {
	t.Parallel()
	for name, applied := range map[string]bool{"CarriedOut": true, "NotCarriedOut": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.create(newTestUser("ann"))
			s.becomes("ann", v1alpha1.ReasonInSync)
			s.clock.advance(2 * time.Minute)
			s.server.InjectFault(emulator.Fault{Method: "PATCH", Path: "/users/*", Cut: true, AfterApplying: applied})
			s.edit("ann", func(u *v1alpha1.ClerkUser) { u.Spec.FirstName = ptr.To("Ann") })
			s.pass("ann")
			told(s.Reconciler)
			s.clock.advance(5 * time.Second)
			s.becomes("ann", v1alpha1.ReasonInSync)
			s.tells(v1alpha1.EventUpdated)
			if at := s.user("ann").Status.LastWriteTime; at == nil || s.clock.at.Sub(at.Time) > time.Minute {
				t.Errorf("the last write was at %v", at)
			}
			s.becomes("ann", v1alpha1.ReasonInSync)
			if again := told(s.Reconciler); len(again) != 0 {
				t.Errorf("it is told again: %v", again)
			}
		})
	}
}
