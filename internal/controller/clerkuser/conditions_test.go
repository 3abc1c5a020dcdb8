// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
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

// said is what of a condition a test looks at.
type said struct {
	Type, Status, Reason string
	Generation           int64
}

func saidBy(user *v1alpha1.ClerkUser) []said {
	var all []said
	for _, c := range user.Status.Conditions {
		all = append(all, said{c.Type, string(c.Status), c.Reason, c.ObservedGeneration})
	}
	return all
}

func TestConditionsFollowTheVerdict(t *testing.T) {
	t.Parallel()
	inSync := result{Result: reconcile.Result{Ready: metav1.ConditionTrue, Reason: v1alpha1.ReasonInSync, Message: "as declared"}}
	invalid := result{Result: reconcile.Result{Ready: metav1.ConditionFalse, Reason: v1alpha1.ReasonInvalidSpec, Message: "wrong", Stalled: true}}
	retrying := result{Result: reconcile.Result{Ready: metav1.ConditionFalse, Reason: v1alpha1.ReasonRetrying, Message: "failing", Reconciling: true}}
	waiting := result{Result: reconcile.Result{Unchanged: true}}
	silent := result{Result: reconcile.Result{Unchanged: true}, silent: true}
	suspended := result{Result: reconcile.Result{Unchanged: true, Reason: v1alpha1.ReasonSuspended, Message: "suspended"}}
	unknown := []said{
		{"Ready", "Unknown", v1alpha1.ReasonWaiting, 3}, {"Reconciling", "True", v1alpha1.ReasonWaiting, 3},
	}
	tests := map[string]struct {
		verdicts []result
		want     []said
		observed int64
	}{
		"InSyncStandsAlone":                {[]result{inSync}, []said{{"Ready", "True", "InSync", 3}}, 3},
		"StalledHasReadysReason":           {[]result{invalid}, []said{{"Ready", "False", "InvalidSpec", 3}, {"Stalled", "True", "InvalidSpec", 3}}, 3},
		"RetryingReconciles":               {[]result{retrying}, []said{{"Ready", "False", "Retrying", 3}, {"Reconciling", "True", "Retrying", 3}}, -1},
		"FirstWaitIsSaid":                  {[]result{waiting}, unknown, -1},
		"SilentWaitSaysNothing":            {[]result{silent}, nil, -1},
		"WaitAfterASilentOneIsSaid":        {[]result{silent, waiting}, unknown, -1},
		"SilentWaitLeavesAWaitAlone":       {[]result{waiting, silent}, unknown, -1},
		"SilentWaitLeavesAVerdictAlone":    {[]result{inSync, silent}, []said{{"Ready", "True", "InSync", 3}}, 3},
		"SecondWaitSaysTheSame":            {[]result{waiting, waiting}, unknown, -1},
		"WaitLeavesAVerdictAlone":          {[]result{inSync, waiting}, []said{{"Ready", "True", "InSync", 3}}, 3},
		"WaitLeavesABadVerdictAlone":       {[]result{invalid, waiting}, []said{{"Ready", "False", "InvalidSpec", 3}, {"Stalled", "True", "InvalidSpec", 3}}, 3},
		"WaitEndsWithAVerdict":             {[]result{waiting, inSync}, []said{{"Ready", "True", "InSync", 3}}, 3},
		"StallEndsWithRetrying":            {[]result{invalid, retrying}, []said{{"Ready", "False", "Retrying", 3}, {"Reconciling", "True", "Retrying", 3}}, 3},
		"RetryingEndsWithAStall":           {[]result{retrying, invalid}, []said{{"Ready", "False", "InvalidSpec", 3}, {"Stalled", "True", "InvalidSpec", 3}}, 3},
		"CureRemovesTheStall":              {[]result{invalid, inSync}, []said{{"Ready", "True", "InSync", 3}}, 3},
		"SuspendedFromTheStart":            {[]result{suspended}, []said{{"Ready", "Unknown", "Suspended", 3}}, -1},
		"SuspensionEndsTheFirstWait":       {[]result{waiting, suspended}, []said{{"Ready", "Unknown", "Suspended", 3}}, -1},
		"SuspensionLeavesAVerdictAlone":    {[]result{inSync, suspended}, []said{{"Ready", "True", "InSync", 3}}, 3},
		"SuspensionLeavesAStallAlone":      {[]result{invalid, suspended}, []said{{"Ready", "False", "InvalidSpec", 3}, {"Stalled", "True", "InvalidSpec", 3}}, 3},
		"EndOfTheFirstSuspensionIsWaiting": {[]result{suspended, waiting}, unknown, -1},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			user := newTestUser("ann", func(u *v1alpha1.ClerkUser) { u.Generation = 3 })
			for _, v := range tc.verdicts {
				fillConditions(user, v)
			}
			if diff := cmp.Diff(tc.want, saidBy(user)); diff != "" {
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
			fillConditions(user, tc.verdicts[len(tc.verdicts)-1])
			if diff := cmp.Diff(before.Status, user.Status); diff != "" {
				t.Errorf("the same verdict once more changes status (-before +after):\n%s", diff)
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
		t.Errorf("conditions are %v, want both", saidBy(user))
	}
}

func TestStatusShowsTheUser(t *testing.T) {
	t.Parallel()
	r := newTestReconciler(t, newClock())
	p := newTestPass(t, r, newTestUser("ann"))
	p.observed = atClerk("ann@example.com", func(u *clerk.User) {
		u.Banned, u.PasswordEnabled, u.TOTPEnabled, u.HasImage = true, true, true, true
	})
	p.fillObserved()
	status := p.user.Status
	want := v1alpha1.ClerkUserStatus{
		ObservedGeneration: -1,
		Banned:             ptr.To(true), Locked: ptr.To(false),
		PasswordEnabled: ptr.To(true), TwoFactorEnabled: ptr.To(false), TOTPEnabled: ptr.To(true), BackupCodeEnabled: ptr.To(false),
		HasImage: ptr.To(true), DirectoryManaged: ptr.To(false),
	}
	if diff := cmp.Diff(want, status); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
	p.observed = nil
	p.fillObserved()
	if diff := cmp.Diff(want, p.user.Status); diff != "" {
		t.Errorf("a pass that looked at nobody changes status (-want +got):\n%s", diff)
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
			p := newTestPass(t, newTestReconciler(t, newClock()), newTestUser("ann"))
			if tc.had != 0 {
				p.user.Status.LockExpiresAt = ptr.To(metav1.NewTime(start.Add(tc.had)))
			}
			p.observed = atClerk("ann@example.com")
			if tc.seen != 0 {
				p.observed.Locked, p.observed.LockedUntil = true, start.Add(tc.seen)
			}
			p.fillObserved()
			got := p.user.Status.LockExpiresAt
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
	p := newTestPass(t, newTestReconciler(t, newClock()), user)
	p.fillBinding()
	if s := user.Status; s.UserID != "" || s.Binding != "" || s.OnDelete != "" || s.Instance != nil || s.Applied != nil {
		t.Errorf("without a user, status says %+v", s)
	}
	p.userID, p.origin, p.observed = testUserID, v1alpha1.OriginAdopted, atClerk("ann@example.com")
	p.fillBinding()
	if s := user.Status; s.Binding != "" {
		t.Errorf("a user that was not seen to be ours is signed for: %q", s.Binding)
	}
	p.owned = true
	p.record.Inherit(v1alpha1.Applied{Banned: true})
	p.fillBinding()
	s := user.Status
	if s.UserID != testUserID || s.Origin != v1alpha1.OriginAdopted || s.OnDelete != v1alpha1.DeletionRetain || !s.Applied.Banned {
		t.Errorf("with a user, status says %+v", s)
	}
	if want := (v1alpha1.BoundInstance{Namespace: testNamespace, Name: "default", ID: testInstanceID}); *s.Instance != want {
		t.Errorf("the user is said to live in %+v, want %+v", *s.Instance, want)
	}
	if !p.key.Valid(s.Binding, p.subject(testUserID)) {
		t.Errorf("the binding %q does not hold", s.Binding)
	}
	signed := s.Binding

	p.target, p.observed, p.owned = target{}, nil, false
	p.record.Clear()
	p.fillBinding()
	if s := user.Status; s.Binding != signed || s.Instance == nil || s.UserID != testUserID || s.Applied != nil {
		t.Errorf("a pass without a connection left %+v", s)
	}
	p.userID = ""
	p.fillBinding()
	if s := user.Status; s.Binding != "" || s.UserID != "" || s.OnDelete != "" {
		t.Errorf("an object that lost its user says %+v", s)
	}
}

func TestStatusTellsWhatThePassDid(t *testing.T) {
	t.Parallel()
	withheld := []string{"banned"}
	tests := map[string]struct {
		learned func(*reconciliation)
		pending []string
		echo    string
		wrote   bool
	}{
		"QuietPass":        {func(*reconciliation) {}, nil, "now", false},
		"Write":            {func(p *reconciliation) { p.did = []plan.Change{plan.Ban{}} }, nil, "now", true},
		"WithheldIsNamed":  {func(p *reconciliation) { p.pending = withheld }, []string{"banned"}, "now", false},
		"FailureIsNotDone": {func(p *reconciliation) { p.err = errUnsettled }, nil, "before", false},
		"FailureAfterWrite": {func(p *reconciliation) {
			p.err, p.did = errUnsettled, []plan.Change{plan.Ban{}}
		}, nil, "before", true},
		"SuspendedSaysNothing": {func(p *reconciliation) { p.suspended, p.pending = true, withheld }, []string{"old"}, "before", false},
		"OnHoldKeepsWhatWas":   {func(p *reconciliation) { p.onHold, p.err, p.pending = true, errAmbiguous, nil }, []string{"old"}, "before", false},
		"NothingUnderstood":    {func(p *reconciliation) { p.desired, p.err = nil, errNoIdentifier }, []string{"old"}, "before", false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			user := newTestUser("ann", func(u *v1alpha1.ClerkUser) {
				u.Annotations = map[string]string{v1alpha1.AnnotationReconcileRequestedAt: "now"}
				u.Status.LastHandledReconcileAt, u.Status.PendingChanges = "before", []string{"old"}
			})
			p := newTestPass(t, newTestReconciler(t, newClock()), user)
			if err := p.buildDesired(); err != nil {
				t.Fatal(err)
			}
			p.planned = true
			tc.learned(p)
			p.planned = p.planned && p.desired != nil && !p.suspended && !p.onHold
			p.fillStatus(result{Result: reconcile.Result{Ready: metav1.ConditionTrue, Reason: v1alpha1.ReasonInSync, Message: "as declared"}}, start)
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
