// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
	"github.com/clerk-operator/clerk-operator/internal/controller/source"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// expectedResult is the expected part of a result. RequeueAfter is a range, since some delays are spread.
type expectedResult struct {
	unchanged            bool
	ready                metav1.ConditionStatus
	reason, message      string
	stalled, reconciling bool
	afterMin, afterMax   time.Duration
	low, retried, silent bool
}

func checkResult(t *testing.T, got result, want expectedResult) {
	t.Helper()
	checkReadyState(t, got)
	if got.Unchanged != want.unchanged || got.Ready != want.ready || got.Reason != want.reason {
		t.Errorf("result: unchanged %t, Ready %q, reason %q; want %t, %q, %q",
			got.Unchanged, got.Ready, got.Reason, want.unchanged, want.ready, want.reason)
	}
	if got.Stalled != want.stalled || got.Reconciling != want.reconciling {
		t.Errorf("result: stalled %t, reconciling %t; want %t, %t", got.Stalled, got.Reconciling, want.stalled, want.reconciling)
	}
	if got.RequeueAfter < want.afterMin || got.RequeueAfter > want.afterMax {
		t.Errorf("requeued after %s, want %s to %s", got.RequeueAfter, want.afterMin, want.afterMax)
	}
	if isLow(got) != want.low || (got.Err != nil) != want.retried {
		t.Errorf("result: low %t, error %v; want low %t, an error %t", isLow(got), got.Err, want.low, want.retried)
	}
	if got.silent != want.silent {
		t.Errorf("result: silent %t, want %t", got.silent, want.silent)
	}
	if !strings.Contains(got.Message, want.message) {
		t.Errorf("message %q does not contain %q", got.Message, want.message)
	}
	if !want.unchanged && got.Message == "" {
		t.Error("a result for conditions has no message")
	}
}

// reconcileResult is the result of a reconciliation, after its effects were carried out.
func reconcileResult(r *Reconciler, rec *reconciliation) result {
	res := resultFor(rec)
	stepsOf(r).carryOutEffects(rec, res)
	rec.failingSince = r.objects.FailingSince(rec.user.UID)
	return res
}

// isLow reports whether the next reconciliation comes after what people changed.
func isLow(res result) bool { return res.Priority != nil && *res.Priority == reconcile.PriorityLow }

const firstDelay, lastDelay = 5 * time.Minute, 6 * time.Hour

func TestResultsOfSuccesses(t *testing.T) {
	t.Parallel()
	differing := []string{"banned", "firstName"}
	observe := func(u *v1alpha1.ClerkUser) { u.Spec.Mode = ptr.To(v1alpha1.ModeObserve) }
	lock := func(u *v1alpha1.ClerkUser) { u.Spec.Locked = ptr.To(true) }
	until := func(d time.Duration) func(*clerk.User) {
		return func(u *clerk.User) { u.Locked, u.LockedUntil = true, start.Add(d) }
	}
	tests := map[string]struct {
		user    func(*v1alpha1.ClerkUser)
		learned func(*reconciliation)
		want    expectedResult
	}{
		"NothingToDoIsInSync": {
			learned: func(rec *reconciliation) { rec.observed = clerkUser("a@example.com") },
			want:    expectedResult{ready: metav1.ConditionTrue, reason: v1alpha1.ReasonInSync, message: "as declared", low: true},
		},
		"ObservedAndEqual": {
			user:    observe,
			learned: func(rec *reconciliation) { rec.observed = clerkUser("a@example.com") },
			want:    expectedResult{ready: metav1.ConditionTrue, reason: v1alpha1.ReasonObserved, message: testUserID + " is as declared", low: true},
		},
		"ObservedAndDifferentNamesFields": {
			user:    observe,
			learned: func(rec *reconciliation) { rec.observed, rec.pending = clerkUser("a@example.com"), differing },
			want: expectedResult{
				ready: metav1.ConditionTrue, reason: v1alpha1.ReasonObserved, message: testUserID + " differs in: banned, firstName", low: true,
			},
		},
		"ObservedAndAbsent": {
			user:    observe,
			learned: func(rec *reconciliation) { rec.pending = differing },
			want:    expectedResult{ready: metav1.ConditionTrue, reason: v1alpha1.ReasonObserved, message: "mode Enforce would create it", low: true},
		},
		"ContendedStaysReadyAndNamesFields": {
			learned: func(rec *reconciliation) {
				rec.observed, rec.contended = clerkUser("a@example.com"), []string{"banned", "firstName"}
			},
			want: expectedResult{ready: metav1.ConditionTrue, reason: v1alpha1.ReasonContended, message: "banned, firstName", low: true},
		},
		"LockIsCheckedWhenItLapses": {
			user:    lock,
			learned: func(rec *reconciliation) { rec.observed = clerkUser("a@example.com", until(20*time.Second)) },
			want: expectedResult{
				ready: metav1.ConditionTrue, reason: v1alpha1.ReasonInSync, low: true,
				afterMin: 20 * time.Second, afterMax: 20 * time.Second,
			},
		},
		"LockThatLapsesRightNowLeavesASecond": {
			user:    lock,
			learned: func(rec *reconciliation) { rec.observed = clerkUser("a@example.com", until(-time.Minute)) },
			want:    expectedResult{ready: metav1.ConditionTrue, reason: v1alpha1.ReasonInSync, low: true, afterMin: time.Second, afterMax: time.Second},
		},
		"LongLockIsCheckedWhenItLapses": {
			user:    lock,
			learned: func(rec *reconciliation) { rec.observed = clerkUser("a@example.com", until(24*time.Hour)) },
			want: expectedResult{
				ready: metav1.ConditionTrue, reason: v1alpha1.ReasonInSync, low: true,
				afterMin: 24 * time.Hour, afterMax: 24 * time.Hour,
			},
		},
		"EndlessLockIsNotWaitedFor": {
			user: lock,
			learned: func(rec *reconciliation) {
				rec.observed = clerkUser("a@example.com", func(u *clerk.User) { u.Locked = true })
			},
			want: expectedResult{ready: metav1.ConditionTrue, reason: v1alpha1.ReasonInSync, low: true},
		},
		"UndeclaredLockIsShownUntilItLapses": {
			learned: func(rec *reconciliation) { rec.observed = clerkUser("a@example.com", until(20*time.Second)) },
			want: expectedResult{
				ready: metav1.ConditionTrue, reason: v1alpha1.ReasonInSync, low: true,
				afterMin: 20 * time.Second, afterMax: 20 * time.Second,
			},
		},
		"ObservedLockIsShownUntilItLapses": {
			user:    observe,
			learned: func(rec *reconciliation) { rec.observed = clerkUser("a@example.com", until(20*time.Second)) },
			want: expectedResult{
				ready: metav1.ConditionTrue, reason: v1alpha1.ReasonObserved, low: true,
				afterMin: 20 * time.Second, afterMax: 20 * time.Second,
			},
		},
		"SuspendedIsLeftAlone": {
			learned: func(rec *reconciliation) { rec.suspended = true },
			want:    expectedResult{unchanged: true},
		},
		"ReleasedIsLeftAlone": {
			learned: func(rec *reconciliation) { rec.released = true },
			want:    expectedResult{unchanged: true},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newTestReconciler(t, newClock())
			user := newTestUser("ann")
			if tc.user != nil {
				tc.user(user)
			}
			rec := newTestReconciliation(t, r, user)
			tc.learned(rec)
			checkResult(t, reconcileResult(r, rec), tc.want)
		})
	}
}

func TestResultsOfLastingFailures(t *testing.T) {
	t.Parallel()
	other := types.NamespacedName{Namespace: "platform", Name: "prod"}
	bound := &v1alpha1.BoundInstance{Namespace: "platform", Name: "old", ID: "ins_old"}
	refused := func(status int, code, param string) func(*testing.T) error {
		return func(t *testing.T) error {
			t.Helper()
			return writeError(t, answeringTransport(status, errorBody(code, param)))
		}
	}
	is := func(err error) func(*testing.T) error { return func(*testing.T) error { return err } }
	stalled := func(reason, message string) expectedResult {
		return expectedResult{ready: metav1.ConditionFalse, reason: reason, message: message, stalled: true, low: true}
	}
	waits := func(reason, message string) expectedResult {
		return expectedResult{ready: metav1.ConditionFalse, reason: reason, message: message, low: true}
	}
	later := func(after time.Duration, f expectedResult) expectedResult {
		f.afterMin, f.afterMax = after, after
		return f
	}
	backedOff := func(f expectedResult) expectedResult { return later(firstDelay, f) }
	rejected := func(message string) expectedResult {
		return backedOff(stalled(v1alpha1.ReasonRejectedByClerk, message))
	}

	tests := map[string]struct {
		err  func(*testing.T) error
		want expectedResult
	}{
		"Invalid":          {is(&plan.InvalidError{Field: "spec.publicMetadata.a", Problem: "is null"}), stalled(v1alpha1.ReasonInvalidSpec, "spec.publicMetadata.a: is null")},
		"NoIdentifier":     {is(errNoIdentifier), stalled(v1alpha1.ReasonInvalidSpec, "names no identifier")},
		"InstanceNotFound": {is(instanceNotFound([]types.NamespacedName{other})), waits(v1alpha1.ReasonInstanceNotFound, "platform/prod")},
		"NeitherFound":     {is(instanceNotFound([]types.NamespacedName{{Namespace: "team-a", Name: "default"}, other})), waits(v1alpha1.ReasonInstanceNotFound, "neither")},
		"NotAllowed":       {is(notAllowed(other, testNamespace)), later(time.Minute, waits(v1alpha1.ReasonNotAllowed, "does not admit namespace team-a"))},
		"InstanceNotReady": {is(instanceNotReady(other, "its key is gone")), waits(v1alpha1.ReasonInstanceNotReady, "its key is gone")},
		"AlreadyExists":    {is(errAlreadyExists), backedOff(stalled(v1alpha1.ReasonAlreadyExists, "set spec.userID"))},
		"AdoptionDenied":   {is(adoptionDenied(newTestInstance())), backedOff(stalled(v1alpha1.ReasonAlreadyExists, "policy.adoption"))},
		"Ambiguous":        {is(errAmbiguous), backedOff(stalled(v1alpha1.ReasonAmbiguous, "more than one user"))},
		"Conflict":         {is(conflict("bob")), backedOff(stalled(v1alpha1.ReasonConflict, "ClerkUser bob"))},
		"InstanceChanged":  {is(instanceChanged(bound, other, "ins_new")), stalled(v1alpha1.ReasonInstanceChanged, "ins_old")},
		"MissingAdopted":   {is(missingUser(testUserID, v1alpha1.OriginAdopted)), backedOff(stalled(v1alpha1.ReasonMissing, "if it was there before, the person may have deleted the account"))},
		"MissingUnnamed":   {is(missingUser("", v1alpha1.OriginAdopted)), backedOff(stalled(v1alpha1.ReasonMissing, "set spec.userID to another user"))},
		"MissingCreated":   {is(missingUser(testUserID, v1alpha1.OriginCreated)), backedOff(stalled(v1alpha1.ReasonMissing, "Change the spec"))},
		"NotKept":          {is(notKept([]string{"locale", "username"})), stalled(v1alpha1.ReasonNotKept, "locale, username")},
		"DeletionBlocked":  {is(deletionBlocked("clerk answered 402.")), backedOff(stalled(v1alpha1.ReasonDeletionBlocked, "clerk answered 402; correct that"))},
		"BlockedByTheKey": {
			func(t *testing.T) error {
				return errors.Join(deletionBlocked("the key"), readError(t, answeringTransport(401, errorBody("authentication_invalid", ""))))
			},
			backedOff(stalled(v1alpha1.ReasonDeletionBlocked, "spec.deletionPolicy")),
		},
		"DeletionHeld": {
			is(&reconcile.Problem{Reason: v1alpha1.ReasonDeletionHeld, Message: "the deletion brake", RetryAfter: 20 * time.Minute}),
			later(20*time.Minute, waits(v1alpha1.ReasonDeletionHeld, "the deletion brake")),
		},

		"Clerk400":                 {refused(400, "form_param_format_invalid", "locale"), rejected("spec.locale: clerk answered 400 form_param_format_invalid")},
		"Clerk400WithoutParam":     {refused(400, "form_param_format_invalid", ""), rejected("Correct the value")},
		"Clerk402":                 {refused(402, "unsupported_subscription_plan_features", ""), rejected("Upgrade the instance's Clerk plan")},
		"Clerk403":                 {refused(403, "authorization_invalid", ""), rejected("Use a secret key")},
		"Clerk405":                 {refused(405, "method_not_allowed", ""), rejected("clerk answered 405")},
		"Clerk409OfADirectory":     {refused(409, "attribute_managed_by_scim", "first_name"), rejected("spec.firstName: ")},
		"Clerk413":                 {refused(413, "request_body_too_large", ""), rejected("clerk answered 413")},
		"Clerk422OfAnUnknownField": {refused(422, "form_param_unknown", "bogus_thing"), rejected("bogus_thing: ")},
		"Clerk422OfATakenUsername": {refused(422, "form_identifier_exists", "username"), rejected("spec.username: ")},
		"Clerk451":                 {refused(451, "nobody_knows", ""), rejected("clerk answered 451")},
		"ClerkRefusesTheKey": {func(t *testing.T) error {
			return readError(t, answeringTransport(401, errorBody("authentication_invalid", "")))
		}, later(reconcile.RecheckInterval, waits(v1alpha1.ReasonInstanceNotReady, "rejects its key"))},
		"KeyRefusedByAnUnknown401": {func(t *testing.T) error { return readError(t, answeringTransport(401, "<html>")) }, later(reconcile.RecheckInterval, waits(v1alpha1.ReasonInstanceNotReady, "rejects its key"))},
		"KeyIsRefused":             {is(&clerk.KeyRefusedError{At: start.Add(time.Second)}), later(reconcile.RecheckInterval, waits(v1alpha1.ReasonInstanceNotReady, "rejects its key"))},
	}
	for name, tc := range tests {
		for how, wrap := range wrappings() {
			t.Run(name+how, func(t *testing.T) {
				t.Parallel()
				r := newTestReconciler(t, newClock())
				rec := newTestReconciliation(t, r, newTestUser("ann"))
				rec.err = wrap(tc.err(t))
				got := reconcileResult(r, rec)
				checkResult(t, got, tc.want)
				if strings.Contains(got.Message, leakMarker) || strings.Contains(got.Message, testKey) || strings.Contains(got.Message, "trace-0815") {
					t.Errorf("the message contains what it must not: %q", got.Message)
				}
				if again := reconcileResult(r, rec); again.Message != got.Message {
					t.Errorf("another reconciliation says %q, the first said %q", again.Message, got.Message)
				}
			})
		}
	}
}

// Clerk does not name the field of a refusal because of the plan. It can only be the ban.
func TestRefusalByThePlanNamesTheBan(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		banned *bool
		status int
		want   bool
	}{
		"BanByThePlan":    {ptr.To(true), 402, true},
		"UnbanByThePlan":  {ptr.To(false), 402, false},
		"NoBanByThePlan":  {nil, 402, false},
		"BanByThePolicy":  {ptr.To(true), 403, false},
		"BanByTheRequest": {ptr.To(true), 400, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newTestReconciler(t, newClock())
			rec := newTestReconciliation(t, r, newTestUser("ann", func(u *v1alpha1.ClerkUser) { u.Spec.Banned = tc.banned }))
			rec.err = writeError(t, answeringTransport(tc.status, errorBody("unsupported_subscription_plan_features", "")))
			if res := reconcileResult(r, rec); strings.HasPrefix(res.Message, "spec.banned: ") != tc.want {
				t.Errorf("the message is %q, want the ban named: %t", res.Message, tc.want)
			}
		})
	}
}

// wrappings are the ways in which an error may reach resultFor.
func wrappings() map[string]func(error) error {
	return map[string]func(error) error{
		"":             func(err error) error { return err },
		"Wrapped":      func(err error) error { return fmt.Errorf("creating the user: %w", err) },
		"WrappedTwice": func(err error) error { return fmt.Errorf("a: %w", fmt.Errorf("b: %w", err)) },
		"Joined":       func(err error) error { return errors.Join(errors.New("beside it"), err) },
	}
}

func TestResultsOfPassingFailures(t *testing.T) {
	t.Parallel()
	is := func(err error) func(*testing.T) error { return func(*testing.T) error { return err } }
	resource := schema.GroupResource{Group: "clerk-operator.io", Resource: "clerkusers"}
	after := func(d time.Duration) expectedResult { return expectedResult{unchanged: true, afterMin: d, afterMax: d} }
	unreported := func(d time.Duration) expectedResult {
		return expectedResult{unchanged: true, afterMin: d, afterMax: d, silent: true}
	}
	retried := expectedResult{unchanged: true, retried: true}
	refused := func(status int, code string) func(*testing.T) error {
		return func(t *testing.T) error {
			t.Helper()
			return writeError(t, answeringTransport(status, errorBody(code, "")))
		}
	}
	tests := map[string]struct {
		err  func(*testing.T) error
		want expectedResult
		// patient errors never turn into Retrying.
		patient bool
		says    string
	}{
		"NoToken":               {err: is(&clerk.WaitError{At: start.Add(3 * time.Second)}), want: unreported(3 * time.Second), patient: true},
		"TokenIsDueNow":         {err: is(&clerk.WaitError{At: start}), want: unreported(time.Millisecond), patient: true},
		"TokenWasDueBefore":     {err: is(&clerk.WaitError{At: start.Add(-time.Hour)}), want: unreported(time.Millisecond), patient: true},
		"TooManyRequests":       {err: refused(429, "too_many_requests"), want: after(10 * time.Second), patient: true},
		"TooManyWithoutABody":   {err: func(t *testing.T) error { return readError(t, answeringTransport(429, "")) }, want: after(10 * time.Second), patient: true},
		"InstanceUnknown":       {err: is(errInstanceUnknown), want: unreported(reconcile.Impatience), patient: true},
		"NotRead":               {err: is(errNotRead), want: unreported(reconcile.Impatience), patient: true},
		"Outdated":              {err: is(reconcile.ErrOutdated), want: after(reconcile.ConflictPause), patient: true},
		"ConflictInTheCluster":  {err: is(apierrors.NewConflict(resource, "ann", errors.New("the object has been modified"))), want: after(reconcile.ConflictPause), patient: true},
		"NotVisibleYet":         {err: is(&reconcile.WaitError{After: 7 * time.Second, Err: errNotVisibleYet}), want: after(7 * time.Second), says: errNotVisibleYet.Error()},
		"VanishedTooSoon":       {err: is(fmt.Errorf("reading user %s, bound %s ago: %w", testUserID, 7*time.Second, errNotVisibleYet)), want: retried, says: errNotVisibleYet.Error()},
		"Deadline":              {err: is(context.DeadlineExceeded), want: retried, says: "context deadline exceeded"},
		"Canceled":              {err: is(context.Canceled), want: retried, says: "context canceled"},
		"UnnamedError":          {err: is(errors.New("what is this")), want: retried, says: "what is this"},
		"Unsettled":             {err: is(errUnsettled), want: retried, says: "still differs"},
		"ClusterAnswers500":     {err: is(apierrors.NewInternalError(errors.New("etcd at 10.0.0.1:34567"))), want: retried, says: "the API server answers InternalError"},
		"ClusterForbids":        {err: is(apierrors.NewForbidden(resource, "ann", errors.New("no"))), want: retried, says: "the API server answers Forbidden"},
		"ClusterSaysInvalid":    {err: is(apierrors.NewInvalid(schema.GroupKind{}, "ann", nil)), want: retried, says: "the API server answers Invalid"},
		"Clerk404OnAWrite":      {err: refused(404, "resource_not_found"), want: retried, says: "clerk answered 404"},
		"Clerk408":              {err: refused(408, "timeout"), want: retried, says: "clerk answered 408"},
		"Clerk409OfTheMoment":   {err: refused(409, "conflict"), want: retried, says: "clerk answered 409"},
		"Clerk409OfALock":       {err: refused(409, "resource_locked"), want: retried, says: "clerk answered 409"},
		"Clerk409WithoutACode":  {err: refused(409, ""), want: retried, says: "clerk answered 409"},
		"Clerk423":              {err: refused(423, "locked"), want: retried, says: "clerk answered 423"},
		"Clerk425":              {err: refused(425, "too_early"), want: retried, says: "clerk answered 425"},
		"Clerk500":              {err: refused(500, "internal_error"), want: retried, says: "clerk answered 500"},
		"Clerk503":              {err: refused(503, "unavailable"), want: retried, says: "clerk answered 503"},
		"Proxy400":              {err: func(t *testing.T) error { return readError(t, answeringTransport(400, "<html>proxy</html>")) }, want: retried, says: "clerk answered 400 without saying why"},
		"Proxy403":              {err: func(t *testing.T) error { return writeError(t, answeringTransport(403, "")) }, want: retried, says: "clerk answered 403 without saying why"},
		"Redirect":              {err: func(t *testing.T) error { return readError(t, answeringTransport(302, "")) }, want: retried, says: "clerk answered 302"},
		"MalformedAnswer":       {err: func(t *testing.T) error { return readError(t, answeringTransport(200, "{]")) }, want: retried, says: "not usable"},
		"MalformedWriteAnswer":  {err: func(t *testing.T) error { return writeError(t, answeringTransport(200, "{]")) }, want: retried, says: "not usable"},
		"AnswerLost":            {err: func(t *testing.T) error { return writeError(t, failingTransport(io.ErrUnexpectedEOF)) }, want: retried, says: "no answer from Clerk: connection cut"},
		"ReadWithoutAnAnswer":   {err: func(t *testing.T) error { return readError(t, failingTransport(io.EOF)) }, want: retried, says: "no answer from Clerk: connection cut"},
		"WriteTimedOut":         {err: func(t *testing.T) error { return writeError(t, failingTransport(context.DeadlineExceeded)) }, want: retried, says: "no answer from Clerk: timed out"},
		"AnswerLostWithAStatus": {err: is(&clerk.AnswerLostError{Err: &clerk.Error{Status: 502, TraceID: "trace-0815"}}), want: retried, says: "clerk answered 502"},
	}
	for name, tc := range tests {
		for how, wrap := range wrappings() {
			t.Run(name+how, func(t *testing.T) {
				t.Parallel()
				c := newClock()
				r := newTestReconciler(t, c)
				rec := newTestReconciliation(t, r, newTestUser("ann"))
				rec.err = wrap(tc.err(t))
				checkResult(t, reconcileResult(r, rec), tc.want)

				c.advance(reconcile.Impatience - time.Millisecond)
				rec.now = r.Now()
				if res := reconcileResult(r, rec); !res.Unchanged {
					t.Errorf("after %s of failures the conditions already say %s", reconcile.Impatience-time.Millisecond, res.Reason)
				}
				c.advance(time.Millisecond)
				rec.now = r.Now()
				res := reconcileResult(r, rec)
				if tc.patient {
					if !res.Unchanged {
						t.Errorf("what only has to be waited for turned into %s", res.Reason)
					}
					return
				}
				if res.Unchanged || res.Ready != metav1.ConditionFalse || res.Reason != v1alpha1.ReasonRetrying || !res.Reconciling || res.Stalled || isLow(res) {
					t.Errorf("after %s of failures: %+v, want Retrying", reconcile.Impatience, res)
				}
				if !strings.Contains(res.Message, tc.says) || strings.Contains(res.Message, leakMarker) || strings.Contains(res.Message, "trace-0815") {
					t.Errorf("message %q, want %q in it and nothing of what was sent", res.Message, tc.says)
				}
			})
		}
	}
}

// If many objects are new at once, a condition for each would be a needless write.
func TestShortFirstWaitIsNotReported(t *testing.T) {
	t.Parallel()
	hasReady := func(u *v1alpha1.ClerkUser) {
		u.Status.Conditions = []metav1.Condition{{
			Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonInSync, ObservedGeneration: u.Generation,
		}}
	}
	edited := func(u *v1alpha1.ClerkUser) { hasReady(u); u.Generation++ }
	token := func(d time.Duration) error { return &clerk.WaitError{At: start.Add(d)} }
	slowed := func(t *testing.T) error { t.Helper(); return readError(t, answeringTransport(429, "")) }
	is := func(err error) func(*testing.T) error { return func(*testing.T) error { return err } }
	tests := map[string]struct {
		user   func(*v1alpha1.ClerkUser)
		waited time.Duration
		err    func(*testing.T) error
		silent bool
		after  time.Duration
	}{
		"TokenAtOnce":                {nil, 0, is(token(0)), true, time.Millisecond},
		"TokenSoon":                  {nil, 0, is(token(waitingAfter - time.Nanosecond)), true, waitingAfter - time.Nanosecond},
		"TokenLater":                 {nil, 0, is(token(waitingAfter)), false, waitingAfter},
		"TokenSoonAfterALongWait":    {nil, 4 * time.Minute, is(token(6 * time.Minute)), false, 2 * time.Minute},
		"TokenSoonAfterAShortWait":   {nil, 2 * time.Minute, is(token(4 * time.Minute)), true, 2 * time.Minute},
		"SlowedDownByClerk":          {nil, 0, slowed, false, 10 * time.Second},
		"InstanceUnknown":            {nil, 0, is(errInstanceUnknown), true, reconcile.Impatience},
		"InstanceUnknownForAWhile":   {nil, 10 * time.Second, is(errInstanceUnknown), true, reconcile.Impatience - 10*time.Second},
		"InstanceUnknownForLong":     {nil, reconcile.Impatience, is(errInstanceUnknown), false, 0},
		"InstanceUnknownAndReported": {hasReady, 0, is(errInstanceUnknown), false, 0},
		"InstanceUnknownForAnEdit":   {edited, 0, is(errInstanceUnknown), false, reconcile.Impatience},
		"NotRead":                    {nil, 0, is(errNotRead), true, reconcile.Impatience},
		"NotReadForLong":             {nil, time.Hour, is(errNotRead), false, 0},
		"NotReadAndTold":             {hasReady, 0, is(errNotRead), false, 0},
		"NewWishBeginsItsOwnSpell":   {func(u *v1alpha1.ClerkUser) { u.Generation++ }, time.Hour, is(errNotRead), true, reconcile.Impatience},
		"FailureIsNoWaitForATurnIt":  {nil, 0, is(&reconcile.WaitError{After: time.Second, Err: errNotVisibleYet}), false, time.Second},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClock()
			r := newTestReconciler(t, c)
			newTestReconciliation(t, r, newTestUser("ann"))
			c.advance(tc.waited)
			user := newTestUser("ann")
			if tc.user != nil {
				tc.user(user)
			}
			rec := newTestReconciliation(t, r, user)
			rec.err = tc.err(t)
			if res := reconcileResult(r, rec); res.silent != tc.silent || res.RequeueAfter != tc.after || !res.Unchanged {
				t.Errorf("silent %t, looks again in %s; want %t, %s", res.silent, res.RequeueAfter, tc.silent, tc.after)
			}
		})
	}
}

// TestInstanceThatCameIsNotMissing has an object say that its ClerkInstance does not exist, and the ClerkInstance come and wait for its
// Secret.
func TestInstanceThatCameIsNotMissing(t *testing.T) {
	t.Parallel()
	r := newTestReconciler(t, newClock())
	rec := newTestReconciliation(t, r, newTestUser("ann"))
	rec.user.Status.Conditions = []metav1.Condition{{
		Type: v1alpha1.ConditionReady, Status: metav1.ConditionFalse, Reason: v1alpha1.ReasonInstanceNotFound, ObservedGeneration: rec.user.Generation,
	}}
	rec.err = errInstanceUnknown
	res := reconcileResult(r, rec)
	if want := "ClerkInstance team-a/default cannot be used: the operator has not checked it yet"; res.Unchanged || res.Message != want ||
		res.Reason != v1alpha1.ReasonInstanceNotReady || res.Ready != metav1.ConditionFalse || !res.Reconciling {
		t.Errorf("the object says %+v, want %q", res.Result, want)
	}
	rec.instance = nil
	if res := reconcileResult(r, rec); !res.Unchanged {
		t.Errorf("without a ClerkInstance, the object says %+v", res.Result)
	}
}

func TestRetryingMessageIsStable(t *testing.T) {
	t.Parallel()
	tests := map[string][2]error{
		"Durations": {
			fmt.Errorf("reading user %s, bound %s ago: %w", testUserID, time.Second, errNotVisibleYet),
			fmt.Errorf("reading user %s, bound %s ago: %w", testUserID, 9*time.Second, errNotVisibleYet),
		},
		"TraceIDs": {
			fmt.Errorf("reading user: %w", &clerk.Error{Status: 503, Code: "unavailable", TraceID: "a"}),
			fmt.Errorf("reading user: %w", &clerk.Error{Status: 503, Code: "unavailable", TraceID: "b"}),
		},
		"CallsThatFailed": {
			fmt.Errorf("Ban: %w", &clerk.AnswerLostError{Err: &clerk.Error{Status: 503}}),
			fmt.Errorf("Update(firstName): %w", &clerk.AnswerLostError{Err: &clerk.Error{Status: 503}}),
		},
		"ResourceVersions": {
			apierrors.NewInternalError(errors.New("at resourceVersion 1")),
			apierrors.NewInternalError(errors.New("at resourceVersion 2")),
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if a, b := reconcile.StableText(tc[0], errNotVisibleYet), reconcile.StableText(tc[1], errNotVisibleYet); a != b {
				t.Errorf("two reconciliations say %q and %q", a, b)
			}
		})
	}
}

func TestImpatienceCountsFailuresWithoutASuccessBetween(t *testing.T) {
	t.Parallel()
	between := map[string]struct {
		err      error
		forgiven bool
	}{
		"Success":     {nil, true},
		"FinalResult": {errAmbiguous, true},
		"NoToken":     {&clerk.WaitError{At: start}, false},
		"Failure":     {errors.New("again"), false},
	}
	for name, tc := range between {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClock()
			r := newTestReconciler(t, c)
			reconcileWith := func(err error) result {
				rec := newTestReconciliation(t, r, newTestUser("ann"))
				rec.observed, rec.err = clerkUser("ann@example.com"), err
				return reconcileResult(r, rec)
			}
			reconcileWith(errors.New("first"))
			c.advance(reconcile.Impatience)
			reconcileWith(tc.err)
			c.advance(time.Second)
			if res := reconcileWith(errors.New("last")); res.Unchanged != tc.forgiven {
				t.Errorf("unchanged %t, want %t", res.Unchanged, tc.forgiven)
			}
		})
	}
}

func TestImpatienceIsWithOneObject(t *testing.T) {
	t.Parallel()
	c := newClock()
	r := newTestReconciler(t, c)
	fail := func(name string) result {
		rec := newTestReconciliation(t, r, newTestUser(name))
		rec.err = errors.New("no")
		return reconcileResult(r, rec)
	}
	fail("ann")
	c.advance(reconcile.Impatience)
	if res := fail("bob"); !res.Unchanged {
		t.Error("the failures of one object were counted for another")
	}
	if res := fail("ann"); res.Unchanged {
		t.Error("the failures of an object were forgotten")
	}
}

func TestBackOffGrowsFromFiveMinutesToSixHours(t *testing.T) {
	t.Parallel()
	c := newClock()
	r := newTestReconciler(t, c)
	var want []time.Duration
	for _, minutes := range []int{5, 10, 20, 40, 80, 160, 320, 360, 360, 360} {
		want = append(want, time.Duration(minutes)*time.Minute)
	}
	for range 30 {
		want = append(want, lastDelay)
	}
	for i, pause := range want {
		rec := newTestReconciliation(t, r, newTestUser("ann"))
		if err := rec.inBackOff(); err != nil {
			t.Fatalf("reconciliation %d is still in back-off: %v", i, err)
		}
		rec.err = errAlreadyExists
		if res := reconcileResult(r, rec); res.RequeueAfter != pause {
			t.Fatalf("reconciliation %d: requeued after %s, want %s", i, res.RequeueAfter, pause)
		}
		// In between, the error is repeated without a reconciliation, and the remaining time shrinks.
		c.advance(pause / 2)
		rec = newTestReconciliation(t, r, newTestUser("ann"))
		if rec.err = rec.inBackOff(); !errors.Is(rec.err, errAlreadyExists) || !rec.backingOff {
			t.Fatalf("reconciliation %d is not in back-off half-way: %v", i, rec.err)
		}
		if res := reconcileResult(r, rec); res.RequeueAfter != pause-pause/2 || res.Reason != v1alpha1.ReasonAlreadyExists {
			t.Fatalf("reconciliation %d, half-way: %+v, want %s", i, res, pause-pause/2)
		}
		c.advance(pause - pause/2)
	}
}

func TestBackOffEndsWhenItsInputsChange(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(*reconciliation)
		free   bool
	}{
		"NothingChanged":     {func(*reconciliation) {}, false},
		"StatusChanged":      {func(rec *reconciliation) { rec.user.Status.UserID = testUserID }, false},
		"OtherAnnotation":    {func(rec *reconciliation) { rec.user.Annotations = map[string]string{"a": "b"} }, false},
		"Generation":         {func(rec *reconciliation) { rec.user.Generation++ }, true},
		"InstanceGeneration": {func(rec *reconciliation) { rec.instance.Generation++ }, true},
		"InstanceID":         {func(rec *reconciliation) { rec.instanceID = "ins_other" }, true},
		"ConnectionLost":     {func(rec *reconciliation) { rec.instanceID = "" }, true},
		"InstanceGone":       {func(rec *reconciliation) { rec.target = target{} }, true},
		"ReconcileRequestedAt": {func(rec *reconciliation) {
			rec.user.Annotations = map[string]string{v1alpha1.AnnotationReconcileRequestedAt: "now"}
		}, true},
		"Deleted":                {func(rec *reconciliation) { rec.user.DeletionTimestamp = ptr.To(metav1.NewTime(start)) }, true},
		"AnotherObjectOfAllThat": {func(rec *reconciliation) { rec.user.UID, rec.state = "other", &objectState{} }, true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClock()
			r := newTestReconciler(t, c)
			fail := func(change func(*reconciliation)) time.Duration {
				rec := newTestReconciliation(t, r, newTestUser("ann"))
				change(rec)
				rec.err = errAmbiguous
				return reconcileResult(r, rec).RequeueAfter
			}
			unchanged := func(*reconciliation) {}
			fail(unchanged)
			c.advance(firstDelay)
			if got := fail(unchanged); got != 2*firstDelay {
				t.Fatalf("the second back-off lasts %s, want %s", got, 2*firstDelay)
			}
			rec := newTestReconciliation(t, r, newTestUser("ann"))
			tc.change(rec)
			if err := rec.inBackOff(); (err == nil) != tc.free || rec.backingOff == tc.free {
				t.Errorf("in back-off by %v, want free %t", err, tc.free)
			}
			if got := fail(tc.change); tc.free && got != firstDelay {
				t.Errorf("the back-off after the change lasts %s, want %s", got, firstDelay)
			}
		})
	}
}

func TestRejectedKeyIsChecked(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		err    func(*testing.T) error
		doubts bool
	}{
		"Answered401":   {func(t *testing.T) error { return readError(t, answeringTransport(401, "")) }, true},
		"KeyRefused":    {func(*testing.T) error { return &clerk.KeyRefusedError{} }, true},
		"WhileDeleting": {func(*testing.T) error { return errors.Join(deletionBlocked("the key"), &clerk.KeyRefusedError{}) }, true},
		"Answered403": {func(t *testing.T) error {
			return readError(t, answeringTransport(403, errorBody("authorization_invalid", "")))
		}, false},
		"Problem":  {func(*testing.T) error { return errAmbiguous }, false},
		"NoAnswer": {func(t *testing.T) error { return readError(t, failingTransport(io.EOF)) }, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newTestReconciler(t, newClock())
			rec := newTestReconciliation(t, r, newTestUser("ann"))
			rec.err = tc.err(t)
			reconcileResult(r, rec)
			doubted := keyCheckRequests(r.Pool)
			if tc.doubts != (len(doubted) == 1 && doubted[0] == instanceName(rec.instance)) || len(doubted) > 1 {
				t.Errorf("key checks requested for %v, want the instance: %t", doubted, tc.doubts)
			}
		})
	}
}

// keyCheckRequests empties the pool's queue of requested key checks.
func keyCheckRequests(pool *connection.Pool) []types.NamespacedName {
	return drain(pool.KeyChecks(), types.NamespacedName{Name: "the last"})
}

// drain empties a queue, whose end last marks.
func drain[T comparable](queue *connection.DedupQueue[T], last T) (all []T) {
	queue.Add(last)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	queue.Receive(ctx, func(items []T) {
		all = append(all, items...)
		cancel()
	})
	return slices.DeleteFunc(all, func(item T) bool { return item == last })
}

// No event comes when a lock lapses, when a source that is not watched changes, or when a back-off ends.
func TestWhenALastingFailureIsReconciledAgain(t *testing.T) {
	t.Parallel()
	const lock = 20 * time.Second
	invalid := &plan.InvalidError{Field: "spec.publicMetadata.a", Problem: "is null"}
	absent := &source.MissingError{Reason: v1alpha1.ReasonSecretNotFound, Field: "spec.password.secretKeyRef", Problem: "does not exist"}
	problem := func(after time.Duration) error {
		return &reconcile.Problem{Reason: v1alpha1.ReasonInstanceNotReady, Message: "not ready", RetryAfter: after}
	}
	refused := &unfinished{refused: []refusedPart{{
		path: "spec.locale", refusal: refusal{&clerk.Error{Status: 422}, &backOff{Until: start.Add(5 * time.Minute)}},
	}}}
	unreachable := &unfinished{unreachable: []plan.InvalidError{{Field: "spec.emailAddresses", Problem: "is the only way to sign in"}}}
	notKept := &unfinished{notKept: []string{"locale"}}
	withoutSource := &unfinished{sourcesErr: absent}
	tests := map[string]struct {
		err                             error
		foreign, locked, polls, watches bool
		want                            time.Duration
		reason                          string
	}{
		"InvalidSpec":                     {err: invalid, reason: v1alpha1.ReasonInvalidSpec},
		"InvalidSpecAndLock":              {err: invalid, locked: true, want: lock, reason: v1alpha1.ReasonInvalidSpec},
		"InvalidSpecAndLockOfAnotherUser": {err: invalid, locked: true, foreign: true, reason: v1alpha1.ReasonInvalidSpec},
		"InvalidSpecAndSources":           {err: invalid, polls: true, want: reconcile.SourceRetry, reason: v1alpha1.ReasonInvalidSpec},
		"InvalidSpecAndWatchedSources":    {err: invalid, polls: true, watches: true, reason: v1alpha1.ReasonInvalidSpec},
		"InvalidSpecSourcesAndLock":       {err: invalid, polls: true, locked: true, want: lock, reason: v1alpha1.ReasonInvalidSpec},
		"SourceMissing":                   {err: absent, polls: true, watches: true, locked: true, want: reconcile.SourceRetry, reason: v1alpha1.ReasonSecretNotFound},
		"Problem":                         {err: problem(0), polls: true, reason: v1alpha1.ReasonInstanceNotReady},
		"ProblemAndLock":                  {err: problem(0), locked: true, want: lock, reason: v1alpha1.ReasonInstanceNotReady},
		"ProblemAndLockOfAnotherUser":     {err: problem(0), locked: true, foreign: true, reason: v1alpha1.ReasonInstanceNotReady},
		"ProblemWithATimeAndLock":         {err: problem(time.Minute), locked: true, want: time.Minute, reason: v1alpha1.ReasonInstanceNotReady},
		"Refused":                         {err: refused, want: 5 * time.Minute, reason: v1alpha1.ReasonRejectedByClerk},
		"RefusedAndLock":                  {err: refused, locked: true, want: lock, reason: v1alpha1.ReasonRejectedByClerk},
		"RefusedAndSources":               {err: refused, polls: true, want: reconcile.SourceRetry, reason: v1alpha1.ReasonRejectedByClerk},
		"RefusedAndWatchedSources":        {err: refused, polls: true, watches: true, want: 5 * time.Minute, reason: v1alpha1.ReasonRejectedByClerk},
		"UnreachableAndSources":           {err: unreachable, polls: true, want: reconcile.SourceRetry, reason: v1alpha1.ReasonInvalidSpec},
		"NotKeptAndSources":               {err: notKept, polls: true, reason: v1alpha1.ReasonNotKept},
		"RestWithoutASource":              {err: withoutSource, polls: true, watches: true, want: reconcile.SourceRetry, reason: v1alpha1.ReasonSecretNotFound},
		"RestWithoutASourceAndLock":       {err: withoutSource, polls: true, watches: true, locked: true, want: lock, reason: v1alpha1.ReasonSecretNotFound},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec := newTestReconciliation(t, newTestReconciler(t, newClock()), newTestUser("ann", func(u *v1alpha1.ClerkUser) {
				if tc.polls {
					u.Spec.Password = &v1alpha1.Password{SecretKeyRef: v1alpha1.SecretKeySelector{Name: "ann", Key: "password"}}
				}
			}))
			rec.watchesSources, rec.owned, rec.err = tc.watches, !tc.foreign, tc.err
			rec.firstSeen = start.Add(-time.Hour)
			rec.observed = clerkUser("ann@example.com", func(u *clerk.User) {
				if tc.locked {
					u.Locked, u.LockedUntil = true, start.Add(lock)
				}
			})
			got := resultFor(rec)
			if got.RequeueAfter != tc.want || got.Reason != tc.reason || got.Ready != metav1.ConditionFalse || !isLow(got) {
				t.Errorf("the result is %+v, want reason %s and a reconciliation after %s", got.Result, tc.reason, tc.want)
			}
			if got.Failures != reconcile.FailuresEnd || !got.finished || got.checkKey || got.backOff != nil {
				t.Errorf("the effects are %+v", got)
			}
		})
	}
}

// A new user that waited comes before what nobody waits for, and behind what was edited.
func TestPriorityAfterAWaitForAToken(t *testing.T) {
	t.Parallel()
	for userID, want := range map[string]*int{"": ptr.To(reconcile.PriorityWaited), testUserID: nil} {
		rec := newTestReconciliation(t, newTestReconciler(t, newClock()), newTestUser("ann"))
		rec.userID, rec.err = userID, &clerk.WaitError{At: start.Add(time.Second)}
		if got := resultFor(rec).Priority; !equality.Semantic.DeepEqual(got, want) {
			t.Errorf("the priority of an object with user %q is %v, want %v", userID, got, want)
		}
	}
}

// The message names the change that failed, or the field that Clerk refused, if one is known.
func TestMessageNamesWhatFailed(t *testing.T) {
	t.Parallel()
	unavailable := &clerk.Error{Status: 503, Code: "unavailable"}
	for failing, want := range map[string]string{"": unavailable.Error(), "ban": "ban: " + unavailable.Error()} {
		rec := newTestReconciliation(t, newTestReconciler(t, newClock()), newTestUser("ann"))
		rec.failing, rec.err = failing, unavailable
		if got := resultFor(rec).waitingGeneration; got == nil || !strings.HasSuffix(got.message, ": "+want) || failing == "" && strings.Contains(got.message, ": : ") {
			t.Errorf("the message is %+v, want %q at its end", got, want)
		}
	}
	rec := newTestReconciliation(t, newTestReconciler(t, newClock()), newTestUser("ann"))
	rec.err = writeError(t, answeringTransport(403, errorBody("authorization_invalid", "")))
	if got := resultFor(rec).Message; !strings.HasPrefix(got, "clerk answered 403") {
		t.Errorf("the message is %q, want none of a field before the answer", got)
	}
}
