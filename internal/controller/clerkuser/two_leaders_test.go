// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// secondOperator returns the same fixture with another Reconciler, which does not know what the first one does.
func (f *fixture) secondOperator() *fixture {
	other := *f
	other.restart()
	return &other
}

// declareMetadata sets the public metadata of an object.
func (f *fixture) declareMetadata(name, metadata string) {
	f.t.Helper()
	f.edit(name, func(u *v1alpha1.ClerkUser) { u.Spec.PublicMetadata = &runtime.RawExtension{Raw: []byte(metadata)} })
}

// appliedMetadata is the metadata keys that status.applied records.
func (f *fixture) appliedMetadata(name string) []string {
	f.t.Helper()
	if applied := f.user(name).Status.Applied; applied != nil {
		return applied.Metadata
	}
	return nil
}

// Reconciling an outdated copy must not replace what another leader has recorded since.
func TestRecordOfAnotherLeaderIsNotReplaced(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.create(newTestUser("ann"))
	f.declareMetadata("ann", `{"a":1}`)
	f.expectReason("ann", v1alpha1.ReasonInSync)
	f.declareMetadata("ann", `{}`)
	old := f.user("ann")

	other := f.secondOperator()
	other.expectReason("ann", v1alpha1.ReasonInSync)
	f.declareMetadata("ann", `{"b":1}`)
	other.expectReason("ann", v1alpha1.ReasonInSync)
	result, err := f.Reconcile(t.Context(), old)
	if err != nil || result.RequeueAfter == 0 {
		t.Errorf("reconciling an outdated copy ended with %+v, %v, want a requeue", result, err)
	}
	if diff := cmp.Diff([]string{"/publicMetadata/b"}, f.appliedMetadata("ann")); diff != "" {
		t.Errorf("on record (-want +got):\n%s", diff)
	}
	f.declareMetadata("ann", `{}`)
	f.expectReason("ann", v1alpha1.ReasonInSync)
	if left := f.onlyUser().PublicMetadata; len(left) > 0 {
		t.Errorf("%v is left at Clerk", left)
	}
}

// What this process has added to the user stays on record, although another one, whose own call was refused because the address
// was there already, has removed it from the record meanwhile.
func TestWhatWasAddedComesBackOnRecord(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.create(newTestUser("ann"))
	f.expectReason("ann", v1alpha1.ReasonInSync)
	const added = "ann-2@example.com"
	addresses := func(all ...string) func(*v1alpha1.ClerkUser) {
		return func(u *v1alpha1.ClerkUser) {
			u.Spec.EmailAddresses = nil
			for _, address := range all {
				u.Spec.EmailAddresses = append(u.Spec.EmailAddresses, v1alpha1.EmailAddress{Address: address})
			}
		}
	}
	f.edit("ann", addresses("ann@example.com", added))
	patches := 0
	f.Client = interceptor.NewClient(f.cluster, interceptor.Funcs{SubResourcePatch: func(
		ctx context.Context, c client.Client, sub string, o client.Object, patch client.Patch, options ...client.SubResourcePatchOption,
	) error {
		if patches++; patches == 2 {
			user := f.user("ann")
			user.Status.Applied.EmailAddresses = []string{"ann@example.com"}
			f.storeStatus(user)
		}
		return c.SubResource(sub).Patch(ctx, o, patch, options...)
	}})
	if result := f.reconcile("ann"); result.RequeueAfter == 0 || patches != 2 {
		t.Fatalf("after %d patches of status the result is %+v, want a conflict", patches, result)
	}
	f.expectReason("ann", v1alpha1.ReasonInSync)
	if got := f.user("ann").Status.Applied.EmailAddresses; !slices.Contains(got, added) {
		t.Fatalf("on record is %v, want %s among it", got, added)
	}
	f.edit("ann", addresses("ann@example.com"))
	f.expectReason("ann", v1alpha1.ReasonInSync)
	if left := f.onlyUser().EmailAddresses; len(left) != 1 {
		t.Errorf("%d addresses are left at Clerk, want one", len(left))
	}
}

// As long as status does not say that this generation was applied, what is remembered of its fields does.
func TestFieldsAreRememberedUntilStatusIsWritten(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.create(newTestUser("ann"))
	f.expectReason("ann", v1alpha1.ReasonInSync)
	f.edit("ann", func(u *v1alpha1.ClerkUser) { u.Spec.Locale = new("en-US") })
	f.Client = interceptor.NewClient(f.cluster, interceptor.Funcs{SubResourcePatch: func(
		context.Context, client.Client, string, client.Object, client.Patch, ...client.SubResourcePatchOption,
	) error {
		return errors.New("no")
	}})
	f.reconcile("ann")
	if f.objects.begin("ann-uid").fields == nil {
		t.Error("a generation that was applied is forgotten before status says so")
	}
	f.Client = f.cluster
	f.expectReason("ann", v1alpha1.ReasonInSync)
	if f.objects.begin("ann-uid").fields != nil {
		t.Error("what status says is remembered as well")
	}
}

// Reconciling an outdated copy must not write again what another leader has removed since: it is no longer on record.
func TestOutdatedCopyWritesNothing(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.create(newTestUser("ann"))
	f.declareMetadata("ann", `{"k":1}`)
	f.expectReason("ann", v1alpha1.ReasonInSync)
	old := f.user("ann")
	other := f.secondOperator()
	f.declareMetadata("ann", `{}`)
	other.expectReason("ann", v1alpha1.ReasonInSync)
	f.clock.advance(2 * clerk.LagTime)
	f.resyncCache()
	if result, err := f.Reconcile(t.Context(), old); err != nil || result.RequeueAfter == 0 {
		t.Errorf("reconciling an outdated copy ended with %+v, %v, want a requeue", result, err)
	}
	if left := f.onlyUser().PublicMetadata; len(left) > 0 {
		t.Errorf("%v is at Clerk again", left)
	}
}

// resyncCache lets the mirror read the user as it is.
func (f *fixture) resyncCache() {
	f.t.Helper()
	state, _ := f.Pool.State(instanceName(newTestInstance()))
	asked := f.clock.at
	user, err := state.Connection.Client.User(f.t.Context(), f.onlyUser().ID)
	if err != nil {
		f.t.Fatal(err)
	}
	state.Connection.Mirror.Read(user, asked)
}

// An entry leaves the record only if a copy of the user from after the write shows that the value is gone.
func TestEntryLeavesTheRecordOnANewerCopyOnly(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.create(newTestUser("ann"))
	f.expectReason("ann", v1alpha1.ReasonInSync)
	other := f.secondOperator()
	f.clock.advance(time.Second)
	f.declareMetadata("ann", `{"k":1}`)
	f.edit("ann", func(u *v1alpha1.ClerkUser) {
		u.Spec.EmailAddresses = append(u.Spec.EmailAddresses, v1alpha1.EmailAddress{Address: "second@example.com"})
	})
	other.expectReason("ann", v1alpha1.ReasonInSync)
	f.clock.advance(time.Second)
	f.declareMetadata("ann", `{}`)
	f.edit("ann", func(u *v1alpha1.ClerkUser) { u.Spec.EmailAddresses = u.Spec.EmailAddresses[:1] })
	f.expectReason("ann", v1alpha1.ReasonInSync)
	if user := f.onlyUser(); len(user.PublicMetadata) > 0 || len(user.EmailAddresses) != 1 {
		t.Errorf("left at Clerk are %v and %d addresses", user.PublicMetadata, len(user.EmailAddresses))
	}
	if left := f.appliedMetadata("ann"); len(left) > 0 {
		t.Errorf("%v is still on record", left)
	}
}

// If there is one process, removing a value costs the call that removes it and no other.
func TestEntryLeavesTheRecordWithoutARead(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.create(newTestUser("ann"))
	f.declareMetadata("ann", `{"k":1}`)
	f.expectReason("ann", v1alpha1.ReasonInSync)
	f.clock.advance(time.Minute)
	f.declareMetadata("ann", `{}`)
	f.clerk.ResetJournal()
	f.expectReason("ann", v1alpha1.ReasonInSync)
	f.expectReason("ann", v1alpha1.ReasonInSync)
	f.expectCalls(1)
	if left := f.appliedMetadata("ann"); len(left) > 0 {
		t.Errorf("%v is still on record", left)
	}
}

// A creating call that was annotated earlier is not made for an outdated copy: another leader may have released the object.
func TestOutdatedCopyCreatesNoUser(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.create(newTestUser("ann"))
	f.server.InjectFault(emulator.Fault{Method: "POST", Path: "/users", Status: 503, AfterApplying: true})
	f.reconcile("ann")
	old := f.user("ann")
	f.clock.advance(time.Second)
	other := f.secondOperator()
	f.delete("ann")
	other.expectGone("ann")
	if users := f.clerk.Users(); len(users) != 0 {
		t.Fatalf("%d users are at Clerk after the removal", len(users))
	}
	for range 2 {
		result, err := f.Reconcile(t.Context(), old.DeepCopy())
		if err != nil || result.RequeueAfter == 0 {
			t.Errorf("reconciling an outdated copy ended with %+v, %v, want a requeue", result, err)
		}
	}
	if calls := f.clerk.Journal().Matching("POST", "/users"); len(calls) != 1 {
		t.Errorf("%d creating calls were made, want the first one only", len(calls))
	}
}

// The status of an object that was edited meanwhile is written. A status that another process wrote is left as it is.
func TestStatusIsWrittenOverEditsOnly(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		meanwhile func(f *fixture)
		gone      bool
		written   bool
	}{
		"Nothing": {func(*fixture) {}, false, true},
		"Edit":    {func(f *fixture) { f.declareMetadata("ann", `{"k":1}`) }, false, true},
		"Label": {func(f *fixture) {
			f.edit("ann", func(u *v1alpha1.ClerkUser) { u.Labels = map[string]string{"a": "b"} })
		}, false, true},
		"Status": {func(f *fixture) {
			user := f.user("ann")
			user.Status.PendingChanges = []string{"locale"}
			f.storeStatus(user)
		}, false, false},
		"Gone": {func(f *fixture) { f.delete("ann") }, true, false},
		"Recreated": {func(f *fixture) {
			f.delete("ann")
			again := newTestUser("ann")
			again.UID = "another-uid"
			f.create(again)
			// Unlike the API server, the fake counts versions anew.
			f.declareMetadata("ann", `{"k":1}`)
		}, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.create(newTestUser("ann"))
			rec := newTestReconciliation(t, f.Reconciler, f.user("ann"))
			tc.meanwhile(f)
			fillConditions(rec.user, result{Result: reconcile.Result{Ready: metav1.ConditionTrue, Reason: v1alpha1.ReasonInSync, Message: "as declared"}})
			err := stepsOf(f.Reconciler).patcher(withoutRights(rec)).patchStatusAsObserved(t.Context())
			if errors.Is(err, errGoneOrRebound) != tc.gone || (err == nil) != tc.written {
				t.Errorf("writing status says %v", err)
			}
			if tc.gone {
				return
			}
			if ready := readyCondition(f.user("ann")); (ready != nil) != tc.written {
				t.Errorf("Ready is %+v, want it written: %t", ready, tc.written)
			}
		})
	}
}
