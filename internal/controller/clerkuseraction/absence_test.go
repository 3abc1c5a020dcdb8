// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuseraction

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// TestUserWithoutTheFactorIsNotTakenForGone has Clerk answer the removal of a factor that the user does not have as it answers
// where there is no user.
func TestUserWithoutTheFactorIsNotTakenForGone(t *testing.T) {
	t.Parallel()
	none := func(u *emulator.User) { u.Credentials.TOTPSecret, u.Credentials.BackupCodes = "", nil }
	for name, tc := range map[string]struct {
		actionType   v1alpha1.ActionType
		has          func(*emulator.User)
		kind, reason string
	}{
		"NoFactor":        {v1alpha1.ActionDisableMFA, none, v1alpha1.ConditionComplete, v1alpha1.ReasonCarriedOut},
		"NoAuthenticator": {v1alpha1.ActionDeleteTOTP, none, v1alpha1.ConditionComplete, v1alpha1.ReasonCarriedOut},
		"NoCodes": {v1alpha1.ActionDeleteBackupCodes, func(u *emulator.User) { u.Credentials.BackupCodes = nil },
			v1alpha1.ConditionComplete, v1alpha1.ReasonCarriedOut},
		"Factor":        {v1alpha1.ActionDisableMFA, func(*emulator.User) {}, v1alpha1.ConditionFailed, v1alpha1.ReasonMissing},
		"Authenticator": {v1alpha1.ActionDeleteTOTP, func(*emulator.User) {}, v1alpha1.ConditionFailed, v1alpha1.ReasonMissing},
		"Codes":         {v1alpha1.ActionDeleteBackupCodes, func(*emulator.User) {}, v1alpha1.ConditionFailed, v1alpha1.ReasonMissing},
		"OtherAction":   {v1alpha1.ActionRemovePassword, none, v1alpha1.ConditionFailed, v1alpha1.ReasonMissing},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newFixture(t)
			if _, err := s.clerk.Edit(s.user.Status.UserID, tc.has); err != nil {
				t.Fatal(err)
			}
			s.runAction(func(spec *v1alpha1.ClerkUserActionSpec) {
				*spec = specOf(tc.actionType)
				spec.UserRef.Name = "ann"
			})
			s.clerk.InjectFault(emulator.Fault{Path: "/users/*/*", Status: 404, Code: "resource_not_found"})
			s.turned(tc.kind, tc.reason)
		})
	}
}

// TestCallOnAUserThatWasJustWrittenIsMadeAgain has Clerk not know yet of the user whom it has just created.
func TestCallOnAUserThatWasJustWrittenIsMadeAgain(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	user := s.user.DeepCopy()
	user.Status.LastWriteTime = ptr.To(metav1.NewTime(start.Add(-clerk.LagTime + 3*time.Second)))
	s.storeUser(user)
	s.runAction(disablesMFA)
	s.clerk.InjectFault(emulator.Fault{Method: "DELETE", Status: 404, Code: "resource_not_found", Times: 2})
	s.reconcile()
	if s.stored().Status.StartedAt != nil || finished(s.stored()) {
		t.Errorf("the status is %+v", s.stored().Status)
	}
	s.at = s.at.Add(4 * time.Second)
	s.turned(v1alpha1.ConditionFailed, v1alpha1.ReasonMissing)
}

// TestPartOfAUserThatWasJustWrittenIsNotTakenForGone has Clerk not know yet of what the user was created with.
func TestPartOfAUserThatWasJustWrittenIsNotTakenForGone(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	user := s.user.DeepCopy()
	user.Status.LastWriteTime = ptr.To(metav1.NewTime(start))
	s.storeUser(user)
	s.runAction(func(spec *v1alpha1.ClerkUserActionSpec) {
		spec.DeletePasskey = &v1alpha1.PasskeyDeletion{ID: "idn_2Passkey"}
	})
	s.clerk.InjectFault(emulator.Fault{Method: "DELETE", Status: 404, Code: "resource_not_found", Times: -1})
	s.reconcile()
	if s.stored().Status.StartedAt != nil || finished(s.stored()) {
		t.Errorf("the status is %+v", s.stored().Status)
	}
	// The ClerkUser goes on writing.
	s.at = s.at.Add(clerk.LagTime)
	user.Status.LastWriteTime = ptr.To(metav1.NewTime(s.at))
	s.storeUser(user)
	s.turned(v1alpha1.ConditionFailed, v1alpha1.ReasonNotFoundAtClerk)
}

// TestUserThatThisProcessJustWroteIsNotBelievedToBeGone has a write on record in this process only.
func TestUserThatThisProcessJustWroteIsNotBelievedToBeGone(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	shared, _ := s.Pool.Mirror(s.clerk.ID())
	shared.WrotePart(s.user.Status.UserID)
	s.runAction(disablesMFA)
	s.clerk.InjectFault(emulator.Fault{Method: "GET", Path: "/users/*", Status: 404, Code: "resource_not_found", Times: -1})
	s.turned(v1alpha1.ConditionReconciling, v1alpha1.ReasonWaiting)
	s.at = s.at.Add(clerk.LagTime)
	// A list still shows it.
	if result := s.reconcile(); finished(s.stored()) || result.RequeueAfter != reconcile.DisagreementRetry {
		t.Errorf("the next look is in %s, the status is %+v", result.RequeueAfter, s.stored().Status)
	}
	if err := s.clerk.Delete(s.user.Status.UserID); err != nil {
		t.Fatal(err)
	}
	s.at = s.at.Add(reconcile.DisagreementRetry)
	s.turned(v1alpha1.ConditionFailed, v1alpha1.ReasonMissing)
}

// TestAbsenceIsConfirmedWithFewTickets has a budget in which every call waits for its ticket.
func TestAbsenceIsConfirmedWithFewTickets(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	s.budget(1)
	if err := s.clerk.Delete(s.user.Status.UserID); err != nil {
		t.Fatal(err)
	}
	s.runAction(disablesMFA)
	for range 5 {
		if result := s.reconcile(); !finished(s.stored()) {
			s.at = s.at.Add(result.RequeueAfter)
		}
	}
	if !finished(s.stored()) {
		t.Errorf("the action goes on: %v", s.clerk.Journal())
	}
	s.wantCalls(1, "GET", "/users/*")
}
