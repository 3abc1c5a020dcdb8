// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/audit"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

func TestPolicyWithholdsIgnoredAndContendedFields(t *testing.T) {
	t.Parallel()
	ban := []plan.Change{plan.Ban{}, plan.Update{Params: clerk.UpdateUserParams{Locale: ptr.To("en")}}}
	user := clerkUser("ann@example.com")
	tests := map[string]struct {
		learned   func(rec *reconciliation, f *fieldState)
		notKept   []string
		contended []string
	}{
		"Nothing": {func(*reconciliation, *fieldState) {}, nil, nil},
		"Futile": {func(_ *reconciliation, f *fieldState) {
			f.recordIgnored(plan.Part{Field: "locale"}, plan.Fingerprint(user, "locale"))
		}, []string{"locale"}, nil},
		"FutileWithAnotherValue": {func(_ *reconciliation, f *fieldState) {
			f.recordIgnored(plan.Part{Field: "locale"}, plan.Fingerprint(clerkUser("", func(u *clerk.User) { u.Locale = "de" }), "locale"))
		}, nil, nil},
		"FutileButNotPlanned": {func(_ *reconciliation, f *fieldState) {
			f.recordIgnored(plan.Part{Field: "username"}, plan.Fingerprint(user, "username"))
		}, nil, nil},
		"Contended": {func(rec *reconciliation, f *fieldState) {
			for range maxCorrections {
				f.recordCorrection("banned", rec.now)
			}
		}, nil, []string{"banned"}},
		"FutileIsSaidFirst": {func(rec *reconciliation, f *fieldState) {
			f.recordIgnored(plan.Part{Field: "banned"}, plan.Fingerprint(user, "banned"))
			for range maxCorrections {
				f.recordCorrection("banned", rec.now)
			}
		}, []string{"banned"}, nil},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec := newTestReconciliation(t, newTestReconciler(t, newClock()), newTestUser("ann"))
			rec.observed = user
			tc.learned(rec, rec.fields())
			policy := rec.policy(ban)
			if diff := cmp.Diff(tc.notKept, rec.notKept); diff != "" {
				t.Errorf("not kept (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.contended, rec.contended); diff != "" {
				t.Errorf("contended (-want +got):\n%s", diff)
			}
			for _, field := range []string{"banned", "locale"} {
				want := strings.Contains(strings.Join(append(tc.notKept, tc.contended...), " "), field)
				left := policy.Withheld[field] || policy.Refused[plan.Part{Field: field}]
				if left != want || policy.Observe {
					t.Errorf("%s is left out: %t, want %t", field, left, want)
				}
			}
		})
	}
	rec := newTestReconciliation(t, newTestReconciler(t, newClock()), newTestUser("ann"))
	rec.user.Spec.Mode = ptr.To(v1alpha1.ModeObserve)
	if !rec.policy(ban).Observe {
		t.Error("in mode Observe something is allowed")
	}
}

func TestContendedField(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.create(newTestUser("ann", func(u *v1alpha1.ClerkUser) { u.Spec.FirstName = ptr.To("Ann") }))
	f.expectReason("ann", v1alpha1.ReasonInSync)
	recordedEvents(f.Reconciler)
	change := func() {
		t.Helper()
		if _, err := f.clerk.Edit(f.onlyUser().ID, func(u *emulator.User) { u.FirstName = ptr.To("Eve") }); err != nil {
			t.Fatal(err)
		}
		f.incrementalSync()
	}
	for range maxCorrections {
		change()
		f.expectReason("ann", v1alpha1.ReasonInSync)
		f.expectEvent(v1alpha1.EventDriftCorrected)
		if name := *f.onlyUser().FirstName; name != "Ann" {
			t.Fatalf("the name stays %s", name)
		}
	}
	change()
	f.expectReason("ann", v1alpha1.ReasonContended)
	if name := *f.onlyUser().FirstName; name != "Eve" {
		t.Errorf("a contended name was corrected: %s", name)
	}
	user := f.user("ann")
	if diff := cmp.Diff([]string{"firstName"}, user.Status.PendingChanges); diff != "" {
		t.Errorf("pendingChanges (-want +got):\n%s", diff)
	}
	f.clock.advance(v1alpha1.DefaultFullInterval)
	f.expectReason("ann", v1alpha1.ReasonContended)
	f.fullSync()
	f.expectReason("ann", v1alpha1.ReasonInSync)
	if name := *f.onlyUser().FirstName; name != "Ann" {
		t.Errorf("after a full sync the name stays %s", name)
	}
	change()
	f.expectReason("ann", v1alpha1.ReasonContended)
	f.edit("ann", func(u *v1alpha1.ClerkUser) { u.Spec.LastName = ptr.To("Lee") })
	f.expectReason("ann", v1alpha1.ReasonInSync)
	if user := f.onlyUser(); *user.FirstName != "Ann" || *user.LastName != "Lee" {
		t.Error("a change of the manifest does not end the field conflict")
	}
}

// A lock lapses without anybody's change, however often it is renewed.
func TestLapsedLockIsNoFieldConflict(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.create(newTestUser("ann", func(u *v1alpha1.ClerkUser) { u.Spec.Locked = ptr.To(true) }))
	for range 3 * maxCorrections {
		result := f.expectReason("ann", v1alpha1.ReasonInSync)
		if !f.onlyUser().Locked {
			t.Fatal("the user is not locked")
		}
		until := f.user("ann").Status.LockExpiresAt
		if until == nil {
			t.Fatal("status does not say when the lock lapses")
		}
		if late := result.RequeueAfter - until.Sub(f.clock.at); late < 0 || late >= time.Second {
			t.Fatalf("it is requeued after %s, and the lock lapses in %s", result.RequeueAfter, until.Sub(f.clock.at))
		}
		f.clock.advance(result.RequeueAfter)
	}
}

// What will be removed later is on record before it is written. Otherwise a crash right after would leave it for ever.
func TestIntentIsOnRecordBeforeTheCall(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.create(newTestUser("ann"))
	f.expectReason("ann", v1alpha1.ReasonInSync)
	f.edit("ann", func(u *v1alpha1.ClerkUser) {
		u.Spec.PublicMetadata = &runtime.RawExtension{Raw: []byte(`{"role":"admin"}`)}
		u.Spec.Banned = ptr.To(true)
	})
	f.clerk.ResetJournal()
	var before []string
	f.Client = interceptor.NewClient(f.cluster, interceptor.Funcs{
		SubResourcePatch: func(ctx context.Context, c client.Client, sub string, o client.Object, p client.Patch, options ...client.SubResourcePatchOption) error {
			if len(f.clerk.Journal().Writes()) == 0 {
				user, ok := o.(*v1alpha1.ClerkUser)
				if ok && user.Status.Applied != nil {
					before = user.Status.Applied.Metadata
				}
			}
			return c.SubResource(sub).Patch(ctx, o, p, options...)
		},
	})
	f.server.InjectFault(emulator.Fault{Path: "/users/*/metadata", AfterApplying: true, Cut: true})
	f.reconcile("ann")
	if diff := cmp.Diff([]string{"/publicMetadata/role"}, before); diff != "" {
		t.Errorf("on record before the first call (-want +got):\n%s", diff)
	}
	f.restart()
	f.expectReason("ann", v1alpha1.ReasonInSync)
	f.edit("ann", func(u *v1alpha1.ClerkUser) { u.Spec.PublicMetadata, u.Spec.Banned = nil, nil })
	f.expectReason("ann", v1alpha1.ReasonInSync)
	if user := f.onlyUser(); user.Banned || len(user.PublicMetadata) != 0 {
		t.Errorf("what left the spec is still there: banned %t, %v", user.Banned, user.PublicMetadata)
	}
	if applied := f.user("ann").Status.Applied; applied != nil && (applied.Banned || len(applied.Metadata) != 0) {
		t.Errorf("removed values are still on record: %+v", applied)
	}
}

func TestObserveChangesNothing(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.create(newTestUser("ann", func(u *v1alpha1.ClerkUser) { u.Spec.Mode = ptr.To(v1alpha1.ModeObserve) }))
	f.expectReason("ann", v1alpha1.ReasonObserved)
	if user := f.user("ann"); len(user.Finalizers) != 0 || len(user.Annotations) != 0 || user.Status.UserID != "" {
		t.Errorf("an object in mode Observe is bound: %v %v %q", user.Finalizers, user.Annotations, user.Status.UserID)
	}
	if n := len(f.clerk.Journal().Writes()); n != 0 || len(f.clerk.Users()) != 0 {
		t.Errorf("%d writes at Clerk", n)
	}
	f.edit("ann", func(u *v1alpha1.ClerkUser) { u.Spec.Mode = nil })
	f.expectReason("ann", v1alpha1.ReasonInSync)
	f.edit("ann", func(u *v1alpha1.ClerkUser) { u.Spec.Mode, u.Spec.Banned = ptr.To(v1alpha1.ModeObserve), ptr.To(true) })
	f.expectReason("ann", v1alpha1.ReasonObserved)
	if diff := cmp.Diff([]string{"banned"}, f.user("ann").Status.PendingChanges); diff != "" || f.onlyUser().Banned {
		t.Errorf("pendingChanges (-want +got):\n%s; banned %t", diff, f.onlyUser().Banned)
	}
}

func TestSuspensionStopsAllWork(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.create(newTestUser("ann", func(u *v1alpha1.ClerkUser) { u.Spec.Suspend = ptr.To(true) }))
	f.reconcile("ann")
	if c := conditionsOf(f.user("ann")); len(c) != 1 || c[0].Type != v1alpha1.ConditionSuspended {
		t.Errorf("conditions are %v", c)
	}
	f.expectCalls(0)
	f.edit("ann", func(u *v1alpha1.ClerkUser) { u.Spec.Suspend = nil })
	f.expectReason("ann", v1alpha1.ReasonInSync)
	f.edit("ann", func(u *v1alpha1.ClerkUser) { u.Spec.Suspend, u.Spec.Banned = ptr.To(true), ptr.To(true) })
	f.clerk.ResetJournal()
	if result := f.expectReason("ann", v1alpha1.ReasonInSync); !result.IsZero() {
		t.Errorf("a suspended object is requeued: %+v", result)
	}
	f.expectCalls(0)
	if user := f.user("ann"); user.Status.ObservedGeneration != user.Generation {
		t.Error("a suspended object does not report its new generation")
	}
}

func TestInvalidSpec(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.create(newTestUser("ann", func(u *v1alpha1.ClerkUser) {
		u.Spec.PublicMetadata = &runtime.RawExtension{Raw: []byte(`{"a":null}`)}
	}))
	f.expectReason("ann", v1alpha1.ReasonInvalidSpec)
	f.expectCalls(0)
	if user := f.user("ann"); len(user.Finalizers) != 0 {
		t.Error("an object that was never valid is bound by a finalizer")
	}
	f.edit("ann", func(u *v1alpha1.ClerkUser) { u.Spec.PublicMetadata, u.Spec.EmailAddresses = nil, nil })
	f.expectReason("ann", v1alpha1.ReasonInvalidSpec)
	f.expectCalls(0)
}

// fickle answers each update with a user who has the new name and has lost the other one.
type fickle struct {
	connection.Writer
	user  clerk.User
	calls int
}

func (f *fickle) UpdateUser(_ context.Context, _ audit.Write, _ string, params clerk.UpdateUserParams) (*clerk.User, error) {
	f.calls++
	f.user.FirstName, f.user.LastName = ptr.Deref(params.FirstName, "other"), ptr.Deref(params.LastName, "other")
	answer := f.user
	return &answer, nil
}

// If each answer leads to more changes, the reconciliation ends and is retried with growing delays.
func TestAnswersThatNeverSettle(t *testing.T) {
	t.Parallel()
	r := newTestReconciler(t, newClock())
	user := newTestUser("ann", func(u *v1alpha1.ClerkUser) {
		u.Spec.FirstName, u.Spec.LastName = ptr.To("Ann"), ptr.To("Lee")
		u.Status.UserID = testUserID
	})
	rec := newTestReconciliation(t, r, user)
	rec.observed = clerkUser("ann@example.com", withMark(rec.mark()), func(u *clerk.User) { u.FirstName = "Ann" })
	if err := rec.buildDesired(); err != nil {
		t.Fatal(err)
	}
	e, writer := stepsOf(r).enforce(withoutRights(rec)), &fickle{user: *rec.observed}
	e.writer = writer
	rec.err = e.run(t.Context())
	if !errors.Is(rec.err, errUnsettled) || writer.calls != maxRounds {
		t.Errorf("it ends with %v after %d calls, want %d", rec.err, writer.calls, maxRounds)
	}
	if res := resultFor(rec); !errors.Is(res.Err, errUnsettled) {
		t.Errorf("the result is %+v, want a retry", res)
	}
}
