// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

func TestWaitingGeneration(t *testing.T) {
	t.Parallel()
	inSync := result{Result: reconcile.Result{Ready: metav1.ConditionTrue, Reason: v1alpha1.ReasonInSync, Message: "as declared"}}
	invalid := result{Result: reconcile.Result{Ready: metav1.ConditionFalse, Reason: v1alpha1.ReasonInvalidSpec, Message: "wrong", Stalled: true}}
	missing := result{Result: reconcile.Result{Ready: metav1.ConditionFalse, Reason: v1alpha1.ReasonInstanceNotFound, Message: "none"}}
	fails := result{Result: reconcile.Result{Unchanged: true}, waitingGeneration: &waitingGeneration{v1alpha1.ReasonRetrying, "503"}}
	waits := result{Result: reconcile.Result{Unchanged: true}, waitingGeneration: &waitingGeneration{v1alpha1.ReasonWaiting, "a token"}}
	silent := result{Result: reconcile.Result{Unchanged: true}, silent: true}
	suspended := result{Result: reconcile.Result{Unchanged: true, Reason: v1alpha1.ReasonSuspended}}
	was := conditionText{"Ready", "True", "InSync", 3}
	tests := map[string]struct {
		before result
		after  []result
		want   []conditionText
	}{
		"FailureIsReportedBesideTheEarlierResult": {inSync, []result{fails}, []conditionText{was, {"Reconciling", "True", "Retrying", 4}}},
		"WaitIsTold":                   {inSync, []result{waits}, []conditionText{was, {"Reconciling", "True", "Waiting", 4}}},
		"ShortWaitIsNot":               {inSync, []result{silent}, []conditionText{was}},
		"FirstCauseStays":              {inSync, []result{waits, fails, waits}, []conditionText{was, {"Reconciling", "True", "Waiting", 4}}},
		"ShortWaitLeavesIt":            {inSync, []result{fails, silent}, []conditionText{was, {"Reconciling", "True", "Retrying", 4}}},
		"StallIsOver":                  {invalid, []result{fails}, []conditionText{{"Ready", "False", "InvalidSpec", 3}, {"Reconciling", "True", "Retrying", 4}}},
		"EndsWithTheResult":            {inSync, []result{fails, inSync}, []conditionText{{"Ready", "True", "InSync", 4}}},
		"EndsWithAStall":               {inSync, []result{fails, invalid}, []conditionText{{"Ready", "False", "InvalidSpec", 4}, {"Stalled", "True", "InvalidSpec", 4}}},
		"EndsWithSuspension":           {inSync, []result{fails, suspended}, []conditionText{{"Ready", "True", "InSync", 4}, {"Suspended", "True", "Suspended", 4}}},
		"EndsWithTheEndOfSuspension":   {inSync, []result{suspended, silent}, []conditionText{{"Ready", "True", "InSync", 4}}},
		"ResultThatIsNotFinalIsEnough": {inSync, []result{missing, fails}, []conditionText{{"Ready", "False", "InstanceNotFound", 4}}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			user := newTestUser("ann", func(u *v1alpha1.ClerkUser) { u.Generation = 3 })
			fillConditions(user, tc.before)
			fillConditions(user, fails)
			if len(user.Status.Conditions) > 2 || user.Status.Conditions[0].ObservedGeneration != 3 {
				t.Errorf("a failure changes the result of its own generation: %+v", conditionsOf(user))
			}
			user.Generation++
			for _, res := range tc.after {
				fillConditions(user, res)
			}
			if diff := cmp.Diff(tc.want, conditionsOf(user)); diff != "" {
				t.Errorf("conditions (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhenAWaitingGenerationIsReported(t *testing.T) {
	t.Parallel()
	token := func(d time.Duration) error { return &clerk.WaitError{At: start.Add(d)} }
	again := &reconcile.WaitError{After: time.Second, Err: errNotVisibleYet}
	tests := map[string]struct {
		waited time.Duration
		err    error
		want   string
	}{
		"Failure":                {0, errors.New("what is this"), v1alpha1.ReasonRetrying},
		"TokenSoon":              {0, token(reconcilingAfter - time.Second), ""},
		"TokenLater":             {0, token(reconcilingAfter), v1alpha1.ReasonWaiting},
		"TokenSoonAfterAWait":    {reconcilingAfter - time.Second, token(reconcilingAfter + time.Second), v1alpha1.ReasonWaiting},
		"SlowedDownByClerk":      {0, readError(t, answeringTransport(429, "")), v1alpha1.ReasonWaiting},
		"NotVisibleYet":          {0, again, ""},
		"NotVisibleForAWhile":    {reconcilingAfter, again, v1alpha1.ReasonWaiting},
		"InstanceUnknown":        {0, errInstanceUnknown, ""},
		"InstanceUnknownForLong": {reconcile.Impatience, errInstanceUnknown, v1alpha1.ReasonWaiting},
		"NotReadForLong":         {reconcile.Impatience, errNotRead, v1alpha1.ReasonWaiting},
		"AnotherCopyIsComing":    {time.Hour, reconcile.ErrOutdated, ""},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClock()
			r := newTestReconciler(t, c)
			newTestReconciliation(t, r, newTestUser("ann"))
			c.advance(tc.waited)
			rec := newTestReconciliation(t, r, newTestUser("ann"))
			rec.err = tc.err
			res := resultFor(rec)
			if got := res.waitingGeneration; (got != nil) != (tc.want != "") || got != nil && got.reason != tc.want {
				t.Errorf("waitingGeneration is %+v, want %q", got, tc.want)
			}
		})
	}
}

// conditionText is what a test compares of a condition.
type conditionText struct {
	Type, Status, Reason string
	Generation           int64
}

func conditionsOf(user *v1alpha1.ClerkUser) []conditionText {
	var all []conditionText
	for _, c := range user.Status.Conditions {
		all = append(all, conditionText{c.Type, string(c.Status), c.Reason, c.ObservedGeneration})
	}
	return all
}

func TestConditionsFollowTheResult(t *testing.T) {
	t.Parallel()
	inSync := result{Result: reconcile.Result{Ready: metav1.ConditionTrue, Reason: v1alpha1.ReasonInSync, Message: "as declared"}}
	invalid := result{Result: reconcile.Result{Ready: metav1.ConditionFalse, Reason: v1alpha1.ReasonInvalidSpec, Message: "wrong", Stalled: true}}
	retrying := result{Result: reconcile.Result{Ready: metav1.ConditionFalse, Reason: v1alpha1.ReasonRetrying, Message: "failing", Reconciling: true}}
	waiting := result{Result: reconcile.Result{Unchanged: true}}
	silent := result{Result: reconcile.Result{Unchanged: true}, silent: true}
	suspended := result{Result: reconcile.Result{Unchanged: true, Reason: v1alpha1.ReasonSuspended}}
	unknown := []conditionText{
		{"Ready", "Unknown", v1alpha1.ReasonWaiting, 3}, {"Reconciling", "True", v1alpha1.ReasonWaiting, 3},
	}
	stopped := []conditionText{{"Suspended", "True", "Suspended", 3}}
	tests := map[string]struct {
		results  []result
		want     []conditionText
		observed int64
	}{
		"InSyncStandsAlone":                {[]result{inSync}, []conditionText{{"Ready", "True", "InSync", 3}}, 3},
		"StalledHasReadysReason":           {[]result{invalid}, []conditionText{{"Ready", "False", "InvalidSpec", 3}, {"Stalled", "True", "InvalidSpec", 3}}, 3},
		"RetryingReconciles":               {[]result{retrying}, []conditionText{{"Ready", "False", "Retrying", 3}, {"Reconciling", "True", "Retrying", 3}}, -1},
		"FirstWaitIsSaid":                  {[]result{waiting}, unknown, -1},
		"SilentWaitSaysNothing":            {[]result{silent}, nil, -1},
		"WaitAfterASilentOneIsSaid":        {[]result{silent, waiting}, unknown, -1},
		"SilentWaitLeavesAWaitAlone":       {[]result{waiting, silent}, unknown, -1},
		"SilentWaitKeepsAResult":           {[]result{inSync, silent}, []conditionText{{"Ready", "True", "InSync", 3}}, 3},
		"SecondWaitSaysTheSame":            {[]result{waiting, waiting}, unknown, -1},
		"WaitKeepsAResult":                 {[]result{inSync, waiting}, []conditionText{{"Ready", "True", "InSync", 3}}, 3},
		"WaitKeepsABadResult":              {[]result{invalid, waiting}, []conditionText{{"Ready", "False", "InvalidSpec", 3}, {"Stalled", "True", "InvalidSpec", 3}}, 3},
		"WaitEndsWithAResult":              {[]result{waiting, inSync}, []conditionText{{"Ready", "True", "InSync", 3}}, 3},
		"StallEndsWithRetrying":            {[]result{invalid, retrying}, []conditionText{{"Ready", "False", "Retrying", 3}, {"Reconciling", "True", "Retrying", 3}}, 3},
		"RetryingEndsWithAStall":           {[]result{retrying, invalid}, []conditionText{{"Ready", "False", "InvalidSpec", 3}, {"Stalled", "True", "InvalidSpec", 3}}, 3},
		"CureRemovesTheStall":              {[]result{invalid, inSync}, []conditionText{{"Ready", "True", "InSync", 3}}, 3},
		"SuspendedFromTheStart":            {[]result{suspended}, stopped, 3},
		"SuspensionEndsTheFirstWait":       {[]result{waiting, suspended}, stopped, 3},
		"SuspensionKeepsReady":             {[]result{inSync, suspended}, []conditionText{{"Ready", "True", "InSync", 3}, stopped[0]}, 3},
		"SuspensionEndsAStall":             {[]result{invalid, suspended}, stopped, 3},
		"SuspensionEndsRetrying":           {[]result{retrying, suspended}, stopped, 3},
		"EndOfTheFirstSuspensionIsWaiting": {[]result{suspended, waiting}, unknown, 3},
		"EndOfSuspensionBringsTheResult":   {[]result{invalid, suspended, inSync}, []conditionText{{"Ready", "True", "InSync", 3}}, 3},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			user := newTestUser("ann", func(u *v1alpha1.ClerkUser) { u.Generation = 3 })
			for _, res := range tc.results {
				fillConditions(user, res)
			}
			if diff := cmp.Diff(tc.want, conditionsOf(user)); diff != "" {
				t.Errorf("conditions (-want +got):\n%s", diff)
			}
			if user.Status.ObservedGeneration != tc.observed {
				t.Errorf("observedGeneration is %d, want %d", user.Status.ObservedGeneration, tc.observed)
			}
			for _, c := range user.Status.Conditions {
				if c.Message == "" {
					t.Errorf("%s has no message", c.Type)
				}
			}
			before := user.DeepCopy()
			fillConditions(user, tc.results[len(tc.results)-1])
			if diff := cmp.Diff(before.Status, user.Status); diff != "" {
				t.Errorf("repeating the same result changes status (-before +after):\n%s", diff)
			}
		})
	}
}

func TestSuspendedNamesTheLastResult(t *testing.T) {
	t.Parallel()
	suspended := result{Result: reconcile.Result{Unchanged: true, Reason: v1alpha1.ReasonSuspended}}
	invalid := result{Result: reconcile.Result{Ready: metav1.ConditionFalse, Reason: v1alpha1.ReasonInvalidSpec, Message: "wrong", Stalled: true}}
	waiting := result{Result: reconcile.Result{Unchanged: true}}
	for name, tc := range map[string]struct {
		results []result
		want    string
	}{
		"None":    {[]result{suspended}, suspendedMessage},
		"Waiting": {[]result{waiting, suspended}, suspendedMessage},
		"Invalid": {[]result{invalid, suspended, suspended}, suspendedMessage + "; the last result was InvalidSpec: wrong"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			user := newTestUser("ann")
			for _, res := range tc.results {
				user.Generation++
				fillConditions(user, res)
			}
			if c := user.Status.Conditions; len(c) != 1 || c[0].Message != tc.want || c[0].ObservedGeneration != user.Generation {
				t.Errorf("conditions are %+v, want the message %q of generation %d", c, tc.want, user.Generation)
			}
		})
	}
}

func TestForeignConditionsStay(t *testing.T) {
	t.Parallel()
	user := newTestUser("ann")
	user.Status.Conditions = []metav1.Condition{{Type: "Audited", Status: metav1.ConditionTrue, Reason: "ByHand"}}
	fillConditions(user, result{Result: reconcile.Result{Ready: metav1.ConditionTrue, Reason: v1alpha1.ReasonInSync, Message: "as declared"}})
	if len(user.Status.Conditions) != 2 {
		t.Errorf("conditions are %v, want both", conditionsOf(user))
	}
}

func TestStatusShowsTheUser(t *testing.T) {
	t.Parallel()
	r := newTestReconciler(t, newClock())
	rec := newTestReconciliation(t, r, newTestUser("ann"))
	rec.observed = clerkUser("ann@example.com", func(u *clerk.User) {
		u.Banned, u.PasswordEnabled, u.TOTPEnabled, u.HasImage = true, true, true, true
	})
	rec.fillObserved()
	status := rec.user.Status
	want := v1alpha1.ClerkUserStatus{
		ObservedGeneration: -1,
		Banned:             ptr.To(true), Locked: ptr.To(false),
		PasswordEnabled: ptr.To(true), TwoFactorEnabled: ptr.To(false), TOTPEnabled: ptr.To(true), BackupCodeEnabled: ptr.To(false),
		HasImage: ptr.To(true), DirectoryManaged: ptr.To(false),
	}
	if diff := cmp.Diff(want, status); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
	rec.observed = nil
	rec.fillObserved()
	if diff := cmp.Diff(want, rec.user.Status); diff != "" {
		t.Errorf("a reconciliation without a user changes status (-want +got):\n%s", diff)
	}
}

func TestEndOfALockIsKeptWithinFiveSeconds(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		had, seen time.Duration // since start; 0 is none
		want      time.Duration
	}{
		"NoneStaysNone":             {0, 0, 0},
		"FirstIsTruncatedToSeconds": {0, 600*time.Second + 900*time.Millisecond, 600 * time.Second},
		"SameStays":                 {600 * time.Second, 600 * time.Second, 600 * time.Second},
		"FiveSecondsLaterIsKept":    {600 * time.Second, 605 * time.Second, 600 * time.Second},
		"FiveSecondsEarlierIsKept":  {600 * time.Second, 595 * time.Second, 600 * time.Second},
		"MoreIsWritten":             {600 * time.Second, 605*time.Second + time.Millisecond, 605 * time.Second},
		"LessIsWritten":             {600 * time.Second, 594*time.Second + 999*time.Millisecond, 594 * time.Second},
		"LiftedLockHasNoEnd":        {600 * time.Second, 0, 0},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec := newTestReconciliation(t, newTestReconciler(t, newClock()), newTestUser("ann"))
			if tc.had != 0 {
				rec.user.Status.LockExpiresAt = ptr.To(metav1.NewTime(start.Add(tc.had)))
			}
			rec.observed = clerkUser("ann@example.com")
			if tc.seen != 0 {
				rec.observed.Locked, rec.observed.LockedUntil = true, start.Add(tc.seen)
			}
			rec.fillObserved()
			got := rec.user.Status.LockExpiresAt
			if tc.want == 0 {
				if got != nil {
					t.Errorf("the lock ends %s, want never", got)
				}
				return
			}
			if got == nil || !got.Time.Equal(start.Add(tc.want)) {
				t.Errorf("the lock ends %v, want %s", got, start.Add(tc.want))
			}
		})
	}
}

func TestBindingIsOnRecordForABoundUserOnly(t *testing.T) {
	t.Parallel()
	user := newTestUser("ann")
	rec := newTestReconciliation(t, newTestReconciler(t, newClock()), user)
	rec.fillBinding()
	if s := user.Status; s.UserID != "" || s.Binding != "" || s.OnDelete != "" || s.Instance != nil || s.Applied != nil {
		t.Errorf("without a user, status says %+v", s)
	}
	rec.userID, rec.origin, rec.observed = testUserID, v1alpha1.OriginAdopted, clerkUser("ann@example.com")
	rec.fillBinding()
	if s := user.Status; s.Binding != "" {
		t.Errorf("the binding of an unverified user is signed: %q", s.Binding)
	}
	rec.owned = true
	rec.record.Inherit(v1alpha1.Applied{Banned: true})
	rec.fillBinding()
	s := user.Status
	if s.UserID != testUserID || s.Origin != v1alpha1.OriginAdopted || s.OnDelete != v1alpha1.DeletionRetain || !s.Applied.Banned {
		t.Errorf("with a user, status says %+v", s)
	}
	if want := (v1alpha1.BoundInstance{Namespace: testNamespace, Name: "default", ID: testInstanceID}); *s.Instance != want {
		t.Errorf("the user is said to be in %+v, want %+v", *s.Instance, want)
	}
	if !rec.key.Valid(s.Binding, rec.subject(testUserID)) {
		t.Errorf("the binding %q is not valid", s.Binding)
	}
	signed := s.Binding

	rec.origin = v1alpha1.OriginCreated
	for want, policy := range map[v1alpha1.DeletionPolicy]*v1alpha1.InstancePolicy{
		v1alpha1.DeletionDelete: nil, v1alpha1.DeletionRetain: {Deletion: ptr.To(v1alpha1.DeletionDeny)},
	} {
		rec.instance.Spec.Policy = policy
		if rec.fillBinding(); user.Status.OnDelete != want {
			t.Errorf("with the policy %+v of the ClerkInstance, onDelete is %s, want %s", policy, user.Status.OnDelete, want)
		}
	}
	rec.target, rec.observed, rec.owned = target{}, nil, false
	rec.record.Clear()
	rec.fillBinding()
	if s := user.Status; s.Binding != signed || s.Instance == nil || s.UserID != testUserID || s.Applied != nil {
		t.Errorf("a reconciliation without a connection left %+v", s)
	}
	rec.userID = ""
	rec.fillBinding()
	if s := user.Status; s.Binding != "" || s.UserID != "" || s.OnDelete != "" {
		t.Errorf("an object that lost its user says %+v", s)
	}
}

func TestStatusRecordsReconciliation(t *testing.T) {
	t.Parallel()
	withheld := []string{"banned"}
	tests := map[string]struct {
		learned func(*reconciliation)
		pending []string
		echo    string
		wrote   bool
	}{
		"QuietPass":        {func(*reconciliation) {}, nil, "now", false},
		"Write":            {func(rec *reconciliation) { rec.did = []plan.Change{plan.Ban{}} }, nil, "now", true},
		"WithheldIsNamed":  {func(rec *reconciliation) { rec.pending = withheld }, []string{"banned"}, "now", false},
		"FailureIsNotDone": {func(rec *reconciliation) { rec.err = errUnsettled }, nil, "before", false},
		"FailureAfterWrite": {func(rec *reconciliation) {
			rec.err, rec.did = errUnsettled, []plan.Change{plan.Ban{}}
		}, nil, "before", true},
		"SuspendedSaysNothing":       {func(rec *reconciliation) { rec.suspended, rec.pending = true, withheld }, []string{"old"}, "before", false},
		"BackOffKeepsPendingChanges": {func(rec *reconciliation) { rec.backingOff, rec.err, rec.pending = true, errAmbiguous, nil }, []string{"old"}, "before", false},
		"NothingUnderstood":          {func(rec *reconciliation) { rec.desired, rec.err = nil, errNoIdentifier }, []string{"old"}, "before", false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			user := newTestUser("ann", func(u *v1alpha1.ClerkUser) {
				u.Annotations = map[string]string{v1alpha1.AnnotationReconcileRequestedAt: "now"}
				u.Status.LastHandledReconcileAt, u.Status.PendingChanges = "before", []string{"old"}
			})
			rec := newTestReconciliation(t, newTestReconciler(t, newClock()), user)
			if err := rec.buildDesired(); err != nil {
				t.Fatal(err)
			}
			rec.planned = true
			tc.learned(rec)
			rec.planned = rec.planned && rec.desired != nil && !rec.suspended && !rec.backingOff
			rec.fillStatus(result{Result: reconcile.Result{Ready: metav1.ConditionTrue, Reason: v1alpha1.ReasonInSync, Message: "as declared"}}, start)
			if user.Status.LastHandledReconcileAt != tc.echo {
				t.Errorf("lastHandledReconcileAt is %q, want %q", user.Status.LastHandledReconcileAt, tc.echo)
			}
			if (user.Status.LastWriteTime != nil) != tc.wrote {
				t.Errorf("lastWriteTime is %v, want one: %t", user.Status.LastWriteTime, tc.wrote)
			}
			if name != "FailureIsNotDone" && name != "FailureAfterWrite" {
				if diff := cmp.Diff(tc.pending, user.Status.PendingChanges); diff != "" {
					t.Errorf("pendingChanges (-want +got):\n%s", diff)
				}
			}
		})
	}
}
