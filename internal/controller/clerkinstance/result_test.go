// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkinstance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
	"github.com/clerk-operator/clerk-operator/internal/mirror"
)

func TestResult(t *testing.T) {
	t.Parallel()
	type gist struct {
		unchanged, ready, stalled bool
		reason, message           string
		usable, told              bool
		after                     time.Duration
		retried                   bool
	}
	open := &connection.Connection{InstanceID: testID}
	failed := func(failure func(*testing.T) error) func(*testing.T, *outcome) {
		return func(t *testing.T, o *outcome) { t.Helper(); o.err = failure(t) }
	}
	is := func(err error) func(*testing.T, *outcome) { return failed(func(*testing.T) error { return err }) }
	answered := func(status int, body string) func(*testing.T, *outcome) {
		return failed(func(t *testing.T) error { t.Helper(); return readError(t, answering(status, body)) })
	}
	opened := func(_ *testing.T, o *outcome) { o.connection = open }
	keeps := gist{unchanged: true, retried: true, after: defaultSecretInterval}
	deleting := func(i *v1alpha1.ClerkInstance) { i.DeletionTimestamp = ptr.To(metav1.NewTime(start)) }
	no := func(reason, message string, stalled bool) gist {
		return gist{reason: reason, message: message, stalled: stalled, told: true, after: defaultSecretInterval}
	}

	tests := map[string]struct {
		instance func(*v1alpha1.ClerkInstance)
		learned  func(*testing.T, *outcome)
		want     gist
	}{
		"Accepted": {nil, opened, gist{ready: true, reason: v1alpha1.ReasonKeyAccepted, message: "belongs to instance " + testID, usable: true, told: true, after: defaultSecretInterval}},
		"AcceptedFromMemory": {nil, func(_ *testing.T, o *outcome) { o.connection, o.keyMissing = open, true }, gist{
			ready: true, reason: v1alpha1.ReasonKeyAccepted, message: "put it there again: the operator uses the cached key only until it restarts", usable: true, told: true, after: defaultSecretInterval,
		}},
		"AcceptedWithoutAnID": {nil, func(_ *testing.T, o *outcome) {
			o.connection = &connection.Connection{InstanceID: unpinnedPrefix + "0123"}
		}, gist{
			ready: true, reason: v1alpha1.ReasonKeyAccepted, message: "may not ask for its instance", usable: true, told: true, after: defaultSecretInterval,
		}},
		"Deleting": {deleting, func(_ *testing.T, o *outcome) {
			o.connection, o.counts = open, counts{needing: 2, where: []string{"team-a", "team-b"}}
		}, gist{
			reason: v1alpha1.ReasonDeleting, message: "ClerkUsers still need this ClerkInstance for their deletion: 2, in namespaces: team-a, team-b", usable: true, told: true, after: defaultSecretInterval,
		}},
		"MirrorStale": {nil, func(_ *testing.T, o *outcome) { o.connection, o.mirror.Stale = open, true }, gist{
			reason: v1alpha1.ReasonMirrorStale, message: "does not notice changes made at Clerk", usable: true, told: true, after: defaultSecretInterval,
		}},
		"DeletingBeatsStale": {deleting, func(_ *testing.T, o *outcome) { o.connection, o.mirror.Stale = open, true }, gist{
			reason: v1alpha1.ReasonDeleting, message: "ClerkUsers still need this ClerkInstance for their deletion: 0", usable: true, told: true, after: defaultSecretInterval,
		}},
		"SecretMissing":        {nil, is(secretNotFound("Secret clerk does not exist")), no(v1alpha1.ReasonSecretNotFound, "Secret clerk does not exist", false)},
		"Problem":              {nil, is(&reconcile.Problem{Reason: v1alpha1.ReasonInstanceChanged, Message: "another", Stalled: true}), no(v1alpha1.ReasonInstanceChanged, "another", true)},
		"WrappedProblem":       {nil, is(fmt.Errorf("reading: %w", &reconcile.Problem{Reason: v1alpha1.ReasonInvalidKey, Message: "no key", Stalled: true})), no(v1alpha1.ReasonInvalidKey, "no key", true)},
		"ProblemWhileDeleting": {deleting, is(secretNotFound("Secret clerk does not exist")), no(v1alpha1.ReasonSecretNotFound, "Secret clerk does not exist", false)},
		"KeyRejected":          {nil, answered(401, errorBody("authentication_invalid")), no(v1alpha1.ReasonKeyRejected, "Clerk rejects the key in Secret clerk", true)},
		"KeyRejectedBefore":    {nil, is(fmt.Errorf("asking: %w", &clerk.KeyRefusedError{At: start})), no(v1alpha1.ReasonKeyRejected, "Clerk rejects the key in Secret clerk", true)},
		"Refused":              {nil, answered(402, errorBody("quota_exceeded")), no(v1alpha1.ReasonRejectedByClerk, "clerk answered 402 quota_exceeded", true)},
		"RefusedForGood":       {nil, answered(400, errorBody("form_param_format_invalid")), no(v1alpha1.ReasonRejectedByClerk, "clerk answered 400", true)},
		"NoTicket":             {nil, is(&clerk.WaitError{At: start.Add(3 * time.Second)}), gist{unchanged: true, after: 3 * time.Second}},
		"TicketIsDue":          {nil, is(&clerk.WaitError{At: start.Add(-time.Second)}), gist{unchanged: true, after: time.Millisecond}},
		"TooManyRequests":      {nil, answered(429, ""), gist{unchanged: true, after: 10 * time.Second}},
		"ServerError":          {nil, answered(503, ""), keeps},
		"Conflict":             {nil, is(fmt.Errorf("changing: %w", conflict())), gist{unchanged: true, after: reconcile.ConflictPause}},
		"NotFound":             {nil, answered(404, errorBody("resource_not_found")), no(v1alpha1.ReasonUnexpectedAnswer, "status 404 resource_not_found; check the path", false)},
		"ProxyRefuses":         {nil, answered(403, "<html>"), no(v1alpha1.ReasonUnexpectedAnswer, "status 403 and an HTML page; check the path", false)},
		"Redirect":             {nil, answered(301, "<html>"), no(v1alpha1.ReasonUnexpectedAnswer, "status 301 and an HTML page", false)},
		"RefusedInUse":         {nil, is(refusedInUse(newTestInstance())), no(v1alpha1.ReasonKeyRejected, "refuses it for other calls (401)", true)},
		"NoAnswer":             {nil, failed(func(t *testing.T) error { return readError(t, silent(io.EOF)) }), keeps},
		"Deadline":             {nil, is(context.DeadlineExceeded), keeps},
		"Canceled":             {nil, is(context.Canceled), keeps},
		"NobodyNamedIt":        {nil, is(errors.New("what is this")), keeps},
		"ErrorBeatsConnection": {nil, func(_ *testing.T, o *outcome) { o.connection, o.err = open, errors.New("counting") }, keeps},
		"WaitBeatsConnectionAt": {nil, func(_ *testing.T, o *outcome) {
			o.connection, o.err = open, &clerk.WaitError{At: start.Add(time.Second)}
		}, gist{unchanged: true, after: time.Second}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			instance := newTestInstance()
			if tc.instance != nil {
				tc.instance(instance)
			}
			o := &outcome{ended: start}
			tc.learned(t, o)
			r := resultFor(instance, o, testSettings())
			got := gist{
				unchanged: r.Unchanged, ready: r.Ready == metav1.ConditionTrue, stalled: r.Stalled, reason: r.Reason, message: tc.want.message,
				usable: r.state != nil && r.state.Connection != nil, told: r.state != nil, after: r.RequeueAfter, retried: r.Err != nil,
			}
			if got != tc.want {
				t.Errorf("the result is %+v, want %+v", got, tc.want)
			}
			if !strings.Contains(r.Message, tc.want.message) || strings.Contains(r.Message, testKey) || strings.Contains(r.Message, "trace-0815") {
				t.Errorf("message %q, want %q in it", r.Message, tc.want.message)
			}
			if r.state != nil && r.state.Connection == nil && r.state.Problem != r.Message {
				t.Errorf("users are told %q, the instance says %q", r.state.Problem, r.Message)
			}
			if r.Priority == nil || *r.Priority != reconcile.PriorityLow || r.Reconciling || r.released || r.Unchanged != (r.Ready == "") {
				t.Errorf("the result is %+v", r)
			}
		})
	}
}

func TestOnlyAMissingKeyIsServedFromMemory(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		err  error
		want bool
	}{
		"Missing":        {secretNotFound("gone"), true},
		"WrappedMissing": {fmt.Errorf("reading: %w", secretNotFound("gone")), true},
		"Invalid":        {&reconcile.Problem{Reason: v1alpha1.ReasonInvalidKey, Message: "no key"}, false},
		"Anything":       {errors.New("forbidden"), false},
		"Nothing":        {nil, false},
	} {
		if got := isSecretNotFound(tc.err); got != tc.want {
			t.Errorf("%s: %t, want %t", name, got, tc.want)
		}
	}
}

// What answers at the address may be a proxy that is being restarted: users keep what was checked for this very spec.
func TestUselessAnswerTakesNoConnectionAway(t *testing.T) {
	t.Parallel()
	useless := readError(t, answering(404, "<html>"))
	for name, tc := range map[string]struct {
		state connection.State
		told  bool
	}{
		"CheckedForThisSpec":    {connection.State{Connection: &connection.Connection{}, UID: "instance-uid", Generation: 3}, false},
		"CheckedForAnother":     {connection.State{Connection: &connection.Connection{}, UID: "instance-uid", Generation: 2}, true},
		"CheckedForItsForebear": {connection.State{Connection: &connection.Connection{}, UID: "another", Generation: 3}, true},
		"NotReadyBefore":        {connection.State{Problem: "no", UID: "instance-uid", Generation: 3}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := &outcome{err: useless, known: tc.state, ended: start}
			r := resultFor(newTestInstance(), o, testSettings())
			if r.Ready != metav1.ConditionFalse || r.Unchanged || (r.state != nil) != tc.told {
				t.Errorf("the result is %+v, want it told to users: %t", r, tc.told)
			}
		})
	}
}

// testSettings are the settings of newTestReconciler.
func testSettings() settings {
	return settings{clusterID: "cluster-1", secretInterval: defaultSecretInterval, countInterval: defaultCountInterval}
}

func TestMissingSecretIsAwaited(t *testing.T) {
	t.Parallel()
	const window = 30 * time.Second
	known := func(i *v1alpha1.ClerkInstance) {
		conditionsOf(i).Set(v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonKeyAccepted, "accepted")
	}
	for name, tc := range map[string]struct {
		change  func(*v1alpha1.ClerkInstance)
		err     error
		waited  time.Duration
		awaited bool
		after   time.Duration
	}{
		"AtFirst":       {nil, secretNotFound("gone"), 0, true, 2 * time.Second},
		"Later":         {nil, secretNotFound("gone"), 20 * time.Second, true, 5 * time.Second},
		"AtTheEnd":      {nil, secretNotFound("gone"), 28 * time.Second, true, 2 * time.Second},
		"Over":          {nil, secretNotFound("gone"), window, false, 7500 * time.Millisecond},
		"LongOver":      {nil, secretNotFound("gone"), time.Hour, false, defaultSecretInterval},
		"ReadyBefore":   {known, secretNotFound("gone"), 0, false, 2 * time.Second},
		"NewGeneration": {func(i *v1alpha1.ClerkInstance) { known(i); i.Generation++ }, secretNotFound("gone"), 0, true, 2 * time.Second},
		"Deleted":       {func(i *v1alpha1.ClerkInstance) { i.DeletionTimestamp = &metav1.Time{Time: start} }, secretNotFound("gone"), 0, false, 2 * time.Second},
		"AnotherReason": {nil, invalidKey(v1alpha1.SecretKeyReference{Name: "clerk"}), 0, false, defaultSecretInterval},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			instance := newTestInstance()
			if tc.change != nil {
				tc.change(instance)
			}
			s := testSettings()
			s.applyWindow = window
			r := resultFor(instance, &outcome{ended: start, firstSeen: start.Add(-tc.waited), err: tc.err}, s)
			if r.Unchanged != tc.awaited || r.RequeueAfter != tc.after || (r.state == nil) != tc.awaited {
				t.Errorf("the result is %+v, told to users: %t", r.Result, r.state != nil)
			}
		})
	}
}

// TestReleasedInstanceHasNoFurtherResult has everything be let go of, or tried to.
func TestReleasedInstanceHasNoFurtherResult(t *testing.T) {
	t.Parallel()
	failure := errors.New("the Secret cannot be written")
	for _, err := range []error{nil, failure} {
		r := resultFor(newTestInstance(), &outcome{released: true, err: err, ended: start}, testSettings())
		got, failed := r.Queue()
		if !r.released || !r.Unchanged || r.state != nil || !got.IsZero() || !errors.Is(failed, err) {
			t.Errorf("after %v the result is %+v", err, r)
		}
	}
}

// TestConflictWhileReleasingIsNoFailure has somebody else write the Secret at the same time.
func TestConflictWhileReleasingIsNoFailure(t *testing.T) {
	t.Parallel()
	r := resultFor(newTestInstance(), &outcome{released: true, err: fmt.Errorf("changing: %w", conflict()), ended: start}, testSettings())
	if got, err := r.Queue(); err != nil || got.RequeueAfter != reconcile.ConflictPause || !r.released {
		t.Errorf("the result is %+v, %v", got, err)
	}
}

func conflict() error {
	return apierrors.NewConflict(schema.GroupResource{Resource: "secrets"}, "clerk", errors.New("the object has been modified"))
}

func TestNumbersInStatus(t *testing.T) {
	t.Parallel()
	seven, nine := ptr.To[int64](7), ptr.To[int64](9)
	before := numbers{clusterID: "cluster-1", users: nine, managed: 3, held: 1}
	absent := numbers{"cluster-1", nine, 3, 9, 7, 0}
	for name, tc := range map[string]struct {
		written numbers
		outcome outcome
		due     bool
		want    numbers
		other   bool
		after   time.Duration
	}{
		"Same":       {before, outcome{counted: true, counts: counts{managed: 3, held: 1}}, true, before, false, defaultSecretInterval},
		"NotCounted": {before, outcome{}, true, before, false, defaultSecretInterval},
		"Managed":    {before, outcome{counted: true, counts: counts{managed: 4, held: 1}}, true, numbers{"cluster-1", nine, 4, 1, 0, 0}, true, defaultSecretInterval},
		"Held":       {before, outcome{counted: true, counts: counts{managed: 3, held: 2}}, true, numbers{"cluster-1", nine, 3, 2, 0, 0}, true, defaultSecretInterval},
		"MassAbsent": {
			before, outcome{counted: true, counts: counts{managed: 3, held: 9, waiting: make([]string, 8)}, massAbsent: 7},
			true, numbers{"cluster-1", nine, 3, 9, 7, 0}, true, defaultSecretInterval,
		},
		"MassAbsentUnknownAfterARestart": {
			absent, outcome{counted: true, counts: counts{managed: 3, held: 9, waiting: make([]string, 8)}},
			true, absent, false, defaultSecretInterval,
		},
		"MassAbsentEnds":  {absent, outcome{counted: true, counts: counts{managed: 3, held: 1}}, true, before, true, defaultSecretInterval},
		"Users":           {before, outcome{mirror: mirror.Report{Users: seven}}, true, numbers{"cluster-1", seven, 3, 1, 0, 0}, true, defaultSecretInterval},
		"NotDue":          {before, outcome{mirror: mirror.Report{Users: seven}}, false, before, false, defaultCountInterval},
		"FewerThanOurs":   {before, outcome{counted: true, counts: counts{managed: 10, held: 1}}, true, numbers{"cluster-1", ptr.To[int64](10), 10, 1, 0, 0}, true, defaultSecretInterval},
		"AsManyAsOurs":    {before, outcome{counted: true, counts: counts{managed: 9, held: 1}}, true, numbers{"cluster-1", nine, 9, 1, 0, 0}, true, defaultSecretInterval},
		"OtherCluster":    {numbers{clusterID: "theirs"}, outcome{}, true, numbers{clusterID: "cluster-1"}, true, defaultSecretInterval},
		"OtherNotDue":     {numbers{clusterID: "theirs"}, outcome{}, false, numbers{clusterID: "theirs"}, false, defaultCountInterval},
		"FirstCluster":    {numbers{}, outcome{}, false, numbers{clusterID: "cluster-1"}, false, defaultSecretInterval},
		"WaitsForShorter": {before, outcome{mirror: mirror.Report{Users: seven}, err: &clerk.WaitError{At: start.Add(time.Second)}}, false, before, false, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			instance := newTestInstance(func(i *v1alpha1.ClerkInstance) {
				i.Status.ClusterID, i.Status.Users, i.Status.ManagedUsers, i.Status.HeldDeletions = tc.written.clusterID, tc.written.users, tc.written.managed, tc.written.held
				i.Status.MassAbsentUsers = tc.written.massAbsent
			})
			o := tc.outcome
			o.connection, o.countsDue, o.ended = &connection.Connection{InstanceID: testID}, tc.due, start
			r := resultFor(instance, &o, testSettings())
			if !r.numbers.equal(tc.want) || r.renumbered != tc.other || r.RequeueAfter != tc.after {
				t.Errorf("the result is %+v, want %+v, others than before: %t, next in %s", r, tc.want, tc.other, tc.after)
			}
		})
	}
}
