// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// second returns the same stage with another Reconciler, which knows nothing of what the first one does.
func (s *stage) second() *stage {
	other := *s
	other.restart()
	return &other
}

// declares sets the public metadata of an object.
func (s *stage) declares(name, metadata string) {
	s.t.Helper()
	s.edit(name, func(u *v1alpha1.ClerkUser) { u.Spec.PublicMetadata = &runtime.RawExtension{Raw: []byte(metadata)} })
}

// recorded is the metadata keys that are on record as the object's own.
func (s *stage) recorded(name string) []string {
	s.t.Helper()
	if applied := s.user(name).Status.Applied; applied != nil {
		return applied.Metadata
	}
	return nil
}

// A pass over an old copy must not replace what another leader has put on record since.
func TestRecordOfAnotherLeaderIsNotReplaced(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.create(newTestUser("ann"))
	s.declares("ann", `{"a":1}`)
	s.becomes("ann", v1alpha1.ReasonInSync)
	s.declares("ann", `{}`)
	old := s.user("ann")

	other := s.second()
	other.becomes("ann", v1alpha1.ReasonInSync)
	s.declares("ann", `{"b":1}`)
	other.becomes("ann", v1alpha1.ReasonInSync)
	result, err := s.Reconcile(t.Context(), old)
	if err != nil || result.RequeueAfter == 0 {
		t.Errorf("a pass over an old copy ends with %+v, %v; it has to look again", result, err)
	}
	if diff := cmp.Diff([]string{"/publicMetadata/b"}, s.recorded("ann")); diff != "" {
		t.Errorf("on record (-want +got):\n%s", diff)
	}
	s.declares("ann", `{}`)
	s.becomes("ann", v1alpha1.ReasonInSync)
	if left := s.atClerk().PublicMetadata; len(left) > 0 {
		t.Errorf("%v is left at Clerk", left)
	}
}

// A pass over an old copy must not put back what another leader has taken back since: it is no longer on record.
func TestOldCopyPutsNothingBack(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.create(newTestUser("ann"))
	s.declares("ann", `{"k":1}`)
	s.becomes("ann", v1alpha1.ReasonInSync)
	old := s.user("ann")
	other := s.second()
	s.declares("ann", `{}`)
	other.becomes("ann", v1alpha1.ReasonInSync)
	s.clock.advance(2 * clerk.LagTime)
	s.readAgain()
	if result, err := s.Reconcile(t.Context(), old); err != nil || result.RequeueAfter == 0 {
		t.Errorf("a pass over an old copy ends with %+v, %v; it has to look again", result, err)
	}
	if left := s.atClerk().PublicMetadata; len(left) > 0 {
		t.Errorf("%v is at Clerk again", left)
	}
}

// readAgain has the mirror see the user as it is.
func (s *stage) readAgain() {
	s.t.Helper()
	state, _ := s.Pool.State(instanceName(newTestInstance()))
	asked := s.clock.at
	user, err := state.Connection.Client.User(s.t.Context(), s.atClerk().ID)
	if err != nil {
		s.t.Fatal(err)
	}
	state.Connection.Mirror.Read(user, asked)
}

// What is on record leaves it only if a copy of the user from after it was written shows that it is gone.
func TestEntryLeavesTheRecordOnANewerCopyOnly(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.create(newTestUser("ann"))
	s.becomes("ann", v1alpha1.ReasonInSync)
	other := s.second()
	s.clock.advance(time.Second)
	s.declares("ann", `{"k":1}`)
	s.edit("ann", func(u *v1alpha1.ClerkUser) {
		u.Spec.EmailAddresses = append(u.Spec.EmailAddresses, v1alpha1.EmailAddress{Address: "second@example.com"})
	})
	other.becomes("ann", v1alpha1.ReasonInSync)
	s.clock.advance(time.Second)
	s.declares("ann", `{}`)
	s.edit("ann", func(u *v1alpha1.ClerkUser) { u.Spec.EmailAddresses = u.Spec.EmailAddresses[:1] })
	s.becomes("ann", v1alpha1.ReasonInSync)
	if user := s.atClerk(); len(user.PublicMetadata) > 0 || len(user.EmailAddresses) != 1 {
		t.Errorf("left at Clerk are %v and %d addresses", user.PublicMetadata, len(user.EmailAddresses))
	}
	if left := s.recorded("ann"); len(left) > 0 {
		t.Errorf("%v is still on record", left)
	}
}

// Where one process is at work, what leaves the spec costs the call that removes it and no other.
func TestEntryLeavesTheRecordWithoutARead(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.create(newTestUser("ann"))
	s.declares("ann", `{"k":1}`)
	s.becomes("ann", v1alpha1.ReasonInSync)
	s.clock.advance(time.Minute)
	s.declares("ann", `{}`)
	s.clerk.ResetJournal()
	s.becomes("ann", v1alpha1.ReasonInSync)
	s.becomes("ann", v1alpha1.ReasonInSync)
	s.wantCalls(1)
	if left := s.recorded("ann"); len(left) > 0 {
		t.Errorf("%v is still on record", left)
	}
}

// A creating call that was announced earlier is not made on the word of an old copy: another leader may have let the object go.
func TestOldCopyCreatesNoUser(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.create(newTestUser("ann"))
	s.server.InjectFault(emulator.Fault{Method: "POST", Path: "/users", Status: 503, AfterApplying: true})
	s.pass("ann")
	old := s.user("ann")
	s.clock.advance(time.Second)
	other := s.second()
	s.delete("ann")
	other.vanishes("ann")
	if users := s.clerk.Users(); len(users) != 0 {
		t.Fatalf("%d users are at Clerk after the removal", len(users))
	}
	for range 2 {
		result, err := s.Reconcile(t.Context(), old.DeepCopy())
		if err != nil || result.RequeueAfter == 0 {
			t.Errorf("a pass over an old copy ends with %+v, %v; it has to look again", result, err)
		}
	}
	if calls := s.clerk.Journal().Matching("POST", "/users"); len(calls) != 1 {
		t.Errorf("%d creating calls were made, want the first one only", len(calls))
	}
}

// The status of an object that was edited meanwhile is written; one that another process wrote is left as it is.
func TestStatusIsWrittenOverEditsOnly(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		meanwhile func(s *stage)
		gone      bool
		written   bool
	}{
		"Nothing": {func(*stage) {}, false, true},
		"Edit":    {func(s *stage) { s.declares("ann", `{"k":1}`) }, false, true},
		"Label": {func(s *stage) {
			s.edit("ann", func(u *v1alpha1.ClerkUser) { u.Labels = map[string]string{"a": "b"} })
		}, false, true},
		"Status": {func(s *stage) {
			user := s.user("ann")
			user.Status.PendingChanges = []string{"locale"}
			s.storeStatus(user)
		}, false, false},
		"Gone": {func(s *stage) { s.delete("ann") }, true, false},
		"Recreated": {func(s *stage) {
			s.delete("ann")
			again := newTestUser("ann")
			again.UID = "another-uid"
			s.create(again)
			// Unlike the API server, the fake counts versions anew.
			s.declares("ann", `{"k":1}`)
		}, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t)
			s.create(newTestUser("ann"))
			p := newTestPass(t, s.Reconciler, s.user("ann"))
			tc.meanwhile(s)
			fillConditions(p.user, result{Result: reconcile.Result{Ready: metav1.ConditionTrue, Reason: v1alpha1.ReasonInSync, Message: "as declared"}})
			err := stepsOf(s.Reconciler).patcher(offline(p)).patchStatusAsObserved(t.Context())
			if errors.Is(err, errGoneOrRebound) != tc.gone || (err == nil) != tc.written {
				t.Errorf("writing status says %v", err)
			}
			if tc.gone {
				return
			}
			if ready := readyCondition(s.user("ann")); (ready != nil) != tc.written {
				t.Errorf("Ready is %+v, want it written: %t", ready, tc.written)
			}
		})
	}
}
