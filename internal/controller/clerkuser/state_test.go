// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"fmt"
	"sync"
	"testing"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// Remembered answers shorten a reconciliation that has to wait. An object that only observes keeps them until a full sync.
func TestLookUpsAreForgottenWhenAReconcileFinishes(t *testing.T) {
	t.Parallel()
	observes := func(u *v1alpha1.ClerkUser) { u.Spec.Mode = ptr.To(v1alpha1.ModeObserve) }
	tests := map[string]struct {
		user          func(*v1alpha1.ClerkUser)
		err           error
		lookUp, taken bool
	}{
		"Done":              {nil, nil, false, false},
		"Failed":            {nil, errAmbiguous, false, false},
		"Waits":             {nil, &clerk.WaitError{At: start}, true, true},
		"ObservesDone":      {observes, nil, true, false},
		"ObservesAndFailed": {observes, errAmbiguous, true, false},
		"ObservesAndWaits":  {observes, &clerk.WaitError{At: start}, true, true},
	}
	question := clerk.Identifier{Kind: clerk.KindEmailAddress, Value: "ann@example.com"}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			user := newTestUser("ann")
			if tc.user != nil {
				tc.user(user)
			}
			r := newTestReconciler(t, newClock())
			rec := newTestReconciliation(t, r, user)
			rec.state.lookUps = map[clerk.Identifier]lookUp{question: {asked: start}}
			rec.state.attempt.taken = &takenRefusal{generation: user.Generation}
			rec.err = tc.err
			reconcileResult(r, rec)
			if _, found := rec.state.lookUps[question]; found != tc.lookUp {
				t.Errorf("the answer is remembered: %t, want %t", found, tc.lookUp)
			}
			if found := rec.state.attempt.takenUnder(user.Generation) != nil; found != tc.taken {
				t.Errorf("the refusal is remembered: %t, want %t", found, tc.taken)
			}
		})
	}
}

func TestNotificationsReachTheNextReconcile(t *testing.T) {
	t.Parallel()
	identifier := clerk.Identifier{Kind: clerk.KindEmailAddress, Value: "ann@example.com"}
	inputs := backOffInputs{generation: 1}
	rejection := &clerk.Error{Status: 422, Code: "form_identifier_exists", Param: "email_address"}
	tests := map[string]struct {
		message            func(*notifications)
		err                error
		backOff, lookUpDue bool
	}{
		"None":               {func(*notifications) {}, errAmbiguous, true, false},
		"Unblocked":          {func(m *notifications) { m.unblocked = true }, errAmbiguous, false, false},
		"UnblockedRejection": {func(m *notifications) { m.unblocked = true }, rejection, true, false},
		"Transferred":        {func(m *notifications) { m.transferred = true }, errAmbiguous, true, true},
		"Freed":              {func(m *notifications) { m.freed = append(m.freed, identifier) }, rejection, false, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			objects := newObjectStates()
			var none *backOff
			objects.begin("a").backOff = none.Next(reconcile.AfterLastingFailures(), inputs, tc.err, start)
			objects.notify("a", tc.message)
			state := objects.begin("a")
			if got := state.backOff.Left(inputs, start) > 0; got != tc.backOff {
				t.Errorf("the object is in back-off: %t, want %t", got, tc.backOff)
			}
			if got := state.attempt.lookUpDue(); got != tc.lookUpDue {
				t.Errorf("the look-up comes first: %t, want %t", got, tc.lookUpDue)
			}
			if objects.begin("b").attempt.lookUpDue() {
				t.Error("a notification reached another object")
			}
			state.attempt.succeed()
			if objects.begin("a").attempt.lookUpDue() {
				t.Error("a notification is received twice")
			}
		})
	}
}

// A change that Clerk refused because of an identifier that is free now is sent again, field by field.
func TestFreedIdentifierClearsItsState(t *testing.T) {
	t.Parallel()
	objects := newObjectStates()
	part := plan.Part{Field: plan.FieldEmailAddresses, Entry: "ann@example.com"}
	state := objects.begin("a")
	state.lookUps = map[clerk.Identifier]lookUp{{Kind: clerk.KindUsername, Value: "ann"}: {}}
	state.attempt.taken = &takenRefusal{generation: 1}
	state.fieldsOf(1, "").refuse(part, &clerk.Error{Status: 422}, backOffInputs{}, start)
	objects.notify("a", func(m *notifications) {
		m.freed = append(m.freed, clerk.Identifier{Kind: clerk.KindEmailAddress, Value: "ann@example.com"})
	})
	objects.begin("a")
	if len(state.lookUps) != 0 || state.attempt.taken != nil || state.fieldsOf(1, "").inBackOff(backOffInputs{}, start)[part] {
		t.Errorf("after an identifier was freed it is remembered: %+v", state)
	}
}

func TestCertaintyAboutCreatingCalls(t *testing.T) {
	t.Parallel()
	var a attempt
	if a.lookUpDue() || a.nothingCreated() {
		t.Error("uncertain from the start, or certain of calls that this process may not know")
	}
	a.annotated = true
	if !a.nothingCreated() {
		t.Error("a call that was not made yet counts as one that made a user")
	}
	a.loseAnswer()
	if !a.lookUpDue() || a.nothingCreated() {
		t.Error("a lost answer leads to no look-up")
	}
	a.fail(&clerk.Error{Status: 503})
	if !a.lookUpDue() {
		t.Error("an unclear answer ends the search for a lost one")
	}
	a.lookedUp()
	if a.lookUpDue() || a.nothingCreated() {
		t.Error("an empty look-up is due again, or makes certain")
	}
	a.succeed()
	if a.lookUpDue() || a.nothingCreated() {
		t.Error("a user that was created leaves doubt, or counts as a refusal")
	}
	a.annotated = true
	a.fail(&clerk.Error{Status: 503})
	if a.nothingCreated() || a.lookUpDue() {
		t.Error("an unclear answer counts as a refusal, or as a lost one")
	}
}

func TestFieldsBeginAnewWithEveryGeneration(t *testing.T) {
	t.Parallel()
	var state, other objectState
	locale := plan.Part{Field: "locale"}
	state.fieldsOf(1, "").recordIgnored(locale, "x")
	if !state.fieldsOf(1, "").wasIgnored(locale, "x") {
		t.Error("what is remembered of a field was lost between reconciles")
	}
	if other.fieldsOf(1, "").wasIgnored(locale, "x") {
		t.Error("two objects share what is remembered of fields")
	}
	if state.fieldsOf(2, "").wasIgnored(locale, "x") || state.fieldsOf(1, "").wasIgnored(locale, "x") {
		t.Error("another generation has the ignored parts of an earlier one")
	}
}

// Event handlers add notifications while objects are reconciled; run with the race detector.
func TestObjectStatesAreSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	objects := newObjectStates()
	var workers sync.WaitGroup
	for i := range 4 {
		uid := types.UID(fmt.Sprint("uid-", i))
		workers.Go(func() {
			for range 200 {
				objects.begin(uid).attempt.lookedUp()
			}
		})
		workers.Go(func() {
			for range 200 {
				objects.notify(uid, func(m *notifications) { m.unblocked, m.transferred = true, true })
				objects.Forget(types.UID(fmt.Sprint("gone-", i)))
			}
		})
	}
	workers.Wait()
}
