// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"fmt"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/google/go-cmp/cmp"
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
			rec.state.lookUps = map[clerk.Identifier]lookUp{question: {calledAt: start}}
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

// deletedObjects is the notification that objects with these names were deleted.
func deletedObjects(names ...string) func(*notifications) {
	return func(m *notifications) { m.deleted = names }
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
		"Unblocked":          {deletedObjects("ann", "bob"), errAmbiguous, false, false},
		"UnblockedRejection": {deletedObjects("ann", "bob"), rejection, true, false},
		"BlockerIsDeleted":   {deletedObjects("ann", "bob"), waitingForDeletion("bob", time.Minute), false, false},
		"AnotherIsDeleted":   {deletedObjects("ann"), waitingForDeletion("bob", time.Minute), true, false},
		"NotItsConflict":     {deletedObjects("ann"), conflict("bob"), true, false},
		"Transferred":        {func(m *notifications) { m.transferred = true }, errAmbiguous, false, true},
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

func TestFieldStateIsPerGeneration(t *testing.T) {
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
				objects.notify(uid, func(m *notifications) { m.deleted, m.transferred = []string{"ann"}, true })
				objects.Forget(types.UID(fmt.Sprint("gone-", i)))
			}
		})
	}
	workers.Wait()
}

func TestIgnoredUntilTheValueChanges(t *testing.T) {
	t.Parallel()
	f := newFieldState(1, "")
	if f.wasIgnored(plan.Part{Field: "locale"}, "") {
		t.Error("a field that nobody tried counts as ignored")
	}
	f.recordIgnored(plan.Part{Field: "locale"}, "x")
	if !f.wasIgnored(plan.Part{Field: "locale"}, "x") || f.wasIgnored(plan.Part{Field: "locale"}, "y") || f.wasIgnored(plan.Part{Field: "locale"}, "") || f.wasIgnored(plan.Part{Field: "username"}, "x") {
		t.Error("another field or value counts as ignored")
	}
	f.recordIgnored(plan.Part{Field: "locale"}, "y")
	if f.wasIgnored(plan.Part{Field: "locale"}, "x") || !f.wasIgnored(plan.Part{Field: "locale"}, "y") {
		t.Error("the latest value is not the one that counts")
	}
}

func TestContended(t *testing.T) {
	t.Parallel()
	minutes := func(all ...int) []time.Duration {
		var at []time.Duration
		for _, m := range all {
			at = append(at, time.Duration(m)*time.Minute)
		}
		return at
	}
	const never = -24 * time.Hour
	tests := map[string]struct {
		corrected []time.Duration
		compared  time.Duration
		want      bool
	}{
		"NeverCorrected":                   {nil, never, false},
		"CorrectedOnce":                    {minutes(0), never, false},
		"CorrectedTwice":                   {minutes(0, 1), never, false},
		"CorrectedThriceWithinAnHour":      {minutes(0, 1, 2), never, true},
		"ThirdRightAtTheHour":              {minutes(0, 30, 60), never, true},
		"ThirdAfterTheHour":                {append(minutes(0, 30), time.Hour+time.Nanosecond), never, false},
		"LastThreeCount":                   {minutes(0, 70, 80, 90), never, true},
		"FirstThreeAreForgotten":           {minutes(0, 1, 70, 140), never, false},
		"SlowConflictIsCorrectedEveryTime": {minutes(0, 40, 80, 120, 160), never, false},
		"ComparedBefore":                   {minutes(0, 1, 2), -time.Nanosecond, true},
		"ComparedInBetween":                {minutes(0, 1, 2), time.Minute, true},
		"ComparedWhenItWasPutRight":        {minutes(0, 1, 2), 2 * time.Minute, true},
		"ComparedSince":                    {minutes(0, 1, 2), 2*time.Minute + time.Nanosecond, false},
		"ComparedLongSince":                {minutes(0, 1, 2), 24 * time.Hour, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFieldState(1, "")
			for _, at := range tc.corrected {
				f.recordCorrection("banned", start.Add(at))
			}
			for range 2 {
				if got := f.contended("banned", start.Add(tc.compared)); got != tc.want {
					t.Errorf("contended is %t, want %t", got, tc.want)
				}
			}
			if f.contended("locked", start.Add(tc.compared)) {
				t.Error("another field is contended too")
			}
		})
	}
}

func TestContendedFieldsAreCorrectedOncePerFullSync(t *testing.T) {
	t.Parallel()
	f, at := newFieldState(1, ""), start
	compared := start.Add(-time.Hour)
	for range maxCorrections {
		f.recordCorrection("banned", at)
		at = at.Add(time.Minute)
	}
	for round := range 4 {
		for _, later := range []time.Duration{0, time.Minute, 24 * time.Hour} {
			if !f.contended("banned", compared) {
				t.Fatalf("round %d: %s after the correction the field is corrected before the next full sync", round, later)
			}
		}
		at = at.Add(6 * time.Hour)
		compared = at
		if f.contended("banned", compared) {
			t.Fatalf("round %d: the field is not corrected after a full sync", round)
		}
		at = at.Add(time.Second)
		f.recordCorrection("banned", at)
	}
}

func TestFieldConflictEndsAfterAFullIntervalWithoutChange(t *testing.T) {
	t.Parallel()
	const full = time.Hour
	conflict := func() *fieldState {
		f := newFieldState(1, "")
		for range 3 {
			f.recordCorrection("banned", start)
		}
		f.contended("banned", start)
		return f
	}
	tests := map[string]struct {
		differing []string
		at        time.Duration
		want      bool
	}{
		"StillDiffers":       {[]string{"banned"}, full, true},
		"OnlyAMomentOfPeace": {nil, full - time.Nanosecond, true},
		"AFullInterval":      {nil, full, false},
		"OthersDiffer":       {[]string{"locked"}, full, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := conflict()
			f.settleConflicts(tc.differing, start.Add(tc.at), full)
			// Two corrections more show whether the first three are remembered.
			later := start.Add(tc.at)
			f.recordCorrection("banned", later)
			f.recordCorrection("banned", later)
			if got := f.contended("banned", start); got != tc.want {
				t.Errorf("contended after two more corrections: %t, want %t", got, tc.want)
			}
		})
	}
}

func TestRefusalsBackOff(t *testing.T) {
	t.Parallel()
	name, address := plan.Part{Field: "username"}, plan.Part{Field: "emailAddresses", Entry: "a@x.io"}
	under := backOffInputs{generation: 1}
	f := newFieldState(1, "")
	if len(f.inBackOff(under, start)) != 0 {
		t.Error("a part that was never refused is in back-off")
	}
	refused := &clerk.Error{Status: 422, Code: "form_param_value_invalid"}
	now := start
	for _, pause := range []time.Duration{firstDelay, 2 * firstDelay, 4 * firstDelay} {
		f.refuse(name, refused, under, now)
		if diff := cmp.Diff(map[plan.Part]bool{name: true}, f.inBackOff(under, now.Add(pause-time.Nanosecond))); diff != "" {
			t.Errorf("in back-off (-want +got):\n%s", diff)
		}
		if now = now.Add(pause); len(f.inBackOff(under, now)) != 0 {
			t.Errorf("it is still in back-off after %s", pause)
		}
	}
	f.refuse(address, refused, under, now)
	f.refuse(name, refused, backOffInputs{generation: 1, requestedAt: "now"}, now)
	if diff := cmp.Diff(map[plan.Part]bool{address: true}, f.inBackOff(under, now)); diff != "" {
		t.Errorf("in back-off with the former inputs (-want +got):\n%s", diff)
	}
	if until := f.refusals[name].backOff.Until; !until.Equal(now.Add(firstDelay)) {
		t.Errorf("with new inputs it is in back-off until %s", until)
	}
}

func TestUnplannedRefusalsAreForgotten(t *testing.T) {
	t.Parallel()
	d, err := plan.FromSpec(&v1alpha1.ClerkUserSpec{
		EmailAddresses: []v1alpha1.EmailAddress{{Address: "a@x.io"}, {Address: "b@x.io"}},
	}, plan.Inputs{})
	if err != nil {
		t.Fatal(err)
	}
	taken := &clerk.Error{Status: 422, Code: "form_identifier_exists"}
	f := newFieldState(1, "")
	for _, part := range []plan.Part{{Field: "emailAddresses", Entry: "b@x.io"}, {Field: "emailAddresses", Entry: "a@x.io"}, {Field: "username"}} {
		f.refuse(part, taken, backOffInputs{}, time.Time{})
	}
	todo := []plan.Change{
		plan.AddEmailAddress{Params: clerk.CreateEmailAddressParams{Address: "a@x.io"}},
		plan.AddEmailAddress{Params: clerk.CreateEmailAddressParams{Address: "b@x.io"}},
	}
	var paths []string
	for _, part := range f.refused(todo, d) {
		paths = append(paths, part.path)
	}
	if diff := cmp.Diff([]string{"spec.emailAddresses[0]", "spec.emailAddresses[1]"}, paths); diff != "" {
		t.Errorf("refused (-want +got):\n%s", diff)
	}
	if len(f.refusals) != 2 {
		t.Errorf("what is no longer planned is still remembered: %v", f.refusals)
	}
}

func TestFreedIdentifierEndsBackOff(t *testing.T) {
	t.Parallel()
	address := clerk.Identifier{Kind: clerk.KindEmailAddress, Value: "a@x.io"}
	taken, image := plan.Part{Field: "emailAddresses", Entry: "a@x.io"}, plan.Part{Field: "profileImage"}
	objects := newObjectStates()
	state := objects.begin("ann")
	f := state.fieldsOf(1, "")
	for range 3 {
		f.refuse(taken, &clerk.Error{}, backOffInputs{}, start)
	}
	f.refuse(image, &clerk.Error{}, backOffInputs{}, start)
	state.backOff = state.backOff.Next(reconcile.AfterLastingFailures(), backOffInputs{}, errAmbiguous, start)
	objects.begin("ann")
	if state.backOff.Left(backOffInputs{}, start) == 0 || len(f.inBackOff(backOffInputs{}, start)) != 2 {
		t.Error("what was refused is tried again although nothing has changed")
	}
	objects.notify("ann", func(m *notifications) { m.freed = append(m.freed, address) })
	objects.begin("ann")
	if state.backOff.Left(backOffInputs{}, start) != 0 {
		t.Error("an object without a user is still in back-off")
	}
	if diff := cmp.Diff(map[plan.Part]bool{image: true}, f.inBackOff(backOffInputs{}, start)); diff != "" {
		t.Errorf("still in back-off (-want +got):\n%s", diff)
	}
	if delay := f.refusals[taken].backOff.Delay; delay != 4*firstDelay {
		t.Errorf("the last delay is %s, want that of the attempts that were made", delay)
	}
}

// TestObjectStateIsSmall guards the memory of what is remembered of every object. 128 bytes are one of the sizes in which Go
// allocates; the next one is 144.
func TestObjectStateIsSmall(t *testing.T) {
	t.Parallel()
	if size := unsafe.Sizeof(objectEntry{}); size > 128 {
		t.Errorf("the state of an object takes %d bytes, want at most 128", size)
	}
}
