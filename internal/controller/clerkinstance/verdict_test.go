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

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
)

func TestJudge(t *testing.T) {
	t.Parallel()
	type fate struct {
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
	keeps := fate{unchanged: true, retried: true, after: defaultSecretInterval}
	deleting := func(i *v1alpha1.ClerkInstance) { i.DeletionTimestamp = ptr.To(metav1.NewTime(start)) }
	no := func(reason, message string, stalled bool) fate {
		return fate{reason: reason, message: message, stalled: stalled, told: true, after: defaultSecretInterval}
	}

	tests := map[string]struct {
		instance func(*v1alpha1.ClerkInstance)
		learned  func(*testing.T, *outcome)
		want     fate
	}{
		"Accepted": {nil, opened, fate{ready: true, reason: v1alpha1.ReasonKeyAccepted, message: "belongs to instance " + testID, usable: true, told: true, after: defaultSecretInterval}},
		"AcceptedFromMemory": {nil, func(_ *testing.T, o *outcome) { o.connection, o.keyMissing = open, true }, fate{
			ready: true, reason: v1alpha1.ReasonKeyAccepted, message: "serves on until the operator restarts", usable: true, told: true, after: defaultSecretInterval,
		}},
		"AcceptedWithoutAnID": {nil, func(_ *testing.T, o *outcome) {
			o.connection = &connection.Connection{InstanceID: unpinnedPrefix + "0123"}
		}, fate{
			ready: true, reason: v1alpha1.ReasonKeyAccepted, message: "may not ask which instance", usable: true, told: true, after: defaultSecretInterval,
		}},
		"Deleting": {deleting, func(_ *testing.T, o *outcome) {
			o.connection, o.tally = open, tally{needing: 2, where: []string{"team-a", "team-b"}}
		}, fate{
			reason: v1alpha1.ReasonDeleting, message: "2 ClerkUsers still need it for their deletion, in namespaces: team-a, team-b", usable: true, told: true, after: defaultSecretInterval,
		}},
		"MirrorStale": {nil, func(_ *testing.T, o *outcome) { o.connection, o.mirror.Stale = open, true }, fate{
			reason: v1alpha1.ReasonMirrorStale, message: "goes unnoticed meanwhile", usable: true, told: true, after: defaultSecretInterval,
		}},
		"DeletingBeatsStale": {deleting, func(_ *testing.T, o *outcome) { o.connection, o.mirror.Stale = open, true }, fate{
			reason: v1alpha1.ReasonDeleting, message: "0 ClerkUsers still need it", usable: true, told: true, after: defaultSecretInterval,
		}},
		"SecretMissing":        {nil, is(secretNotFound("Secret clerk does not exist")), no(v1alpha1.ReasonSecretNotFound, "Secret clerk does not exist", false)},
		"Problem":              {nil, is(&problem{reason: v1alpha1.ReasonInstanceChanged, message: "another", stalled: true}), no(v1alpha1.ReasonInstanceChanged, "another", true)},
		"WrappedProblem":       {nil, is(fmt.Errorf("reading: %w", &problem{reason: v1alpha1.ReasonInvalidKey, message: "no key", stalled: true})), no(v1alpha1.ReasonInvalidKey, "no key", true)},
		"ProblemWhileDeleting": {deleting, is(secretNotFound("Secret clerk does not exist")), no(v1alpha1.ReasonSecretNotFound, "Secret clerk does not exist", false)},
		"KeyRejected":          {nil, answered(401, errorBody("authentication_invalid")), no(v1alpha1.ReasonKeyRejected, "Clerk rejects the key in Secret clerk", true)},
		"KeyRejectedBefore":    {nil, is(fmt.Errorf("asking: %w", &clerk.KeyRefusedError{At: start})), no(v1alpha1.ReasonKeyRejected, "Clerk rejects the key in Secret clerk", true)},
		"Refused":              {nil, answered(402, errorBody("quota_exceeded")), no(v1alpha1.ReasonRejectedByClerk, "clerk answered 402 quota_exceeded", true)},
		"RefusedForGood":       {nil, answered(400, errorBody("form_param_format_invalid")), no(v1alpha1.ReasonRejectedByClerk, "clerk answered 400", true)},
		"NoTicket":             {nil, is(&clerk.WaitError{At: start.Add(3 * time.Second)}), fate{unchanged: true, after: 3 * time.Second}},
		"TicketIsDue":          {nil, is(&clerk.WaitError{At: start.Add(-time.Second)}), fate{unchanged: true, after: time.Millisecond}},
		"TooManyRequests":      {nil, answered(429, ""), fate{unchanged: true, after: 10 * time.Second}},
		"ServerError":          {nil, answered(503, ""), keeps},
		"NotFound":             {nil, answered(404, errorBody("resource_not_found")), no(v1alpha1.ReasonUnexpectedAnswer, "status 404 resource_not_found; check the path", false)},
		"ProxyRefuses":         {nil, answered(403, "<html>"), no(v1alpha1.ReasonUnexpectedAnswer, "status 403 and an HTML page; check the path", false)},
		"Redirect":             {nil, answered(301, "<html>"), no(v1alpha1.ReasonUnexpectedAnswer, "status 301 and an HTML page", false)},
		"RefusedInUse":         {nil, is(refusedInUse(newTestInstance())), no(v1alpha1.ReasonKeyRejected, "refuses it in other calls (401)", true)},
		"NoAnswer":             {nil, failed(func(t *testing.T) error { return readError(t, silent(io.EOF)) }), keeps},
		"Deadline":             {nil, is(context.DeadlineExceeded), keeps},
		"Canceled":             {nil, is(context.Canceled), keeps},
		"NobodyNamedIt":        {nil, is(errors.New("what is this")), keeps},
		"ErrorBeatsConnection": {nil, func(_ *testing.T, o *outcome) { o.connection, o.err = open, errors.New("counting") }, keeps},
		"WaitBeatsConnectionAt": {nil, func(_ *testing.T, o *outcome) {
			o.connection, o.err = open, &clerk.WaitError{At: start.Add(time.Second)}
		}, fate{unchanged: true, after: time.Second}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newTestReconciler(t, &clock{at: start})
			instance := newTestInstance()
			if tc.instance != nil {
				tc.instance(instance)
			}
			o := outcome{}
			tc.learned(t, &o)
			v := r.judge(instance, o)
			// A connection that was opened may be given to users although something beside it failed.
			if name == "ErrorBeatsConnection" || name == "WaitBeatsConnectionAt" {
				v.state = nil
			}
			got := fate{
				unchanged: v.unchanged, ready: v.ready, stalled: v.stalled, reason: v.reason, message: tc.want.message,
				usable: v.state != nil && v.state.Connection != nil, told: v.state != nil, after: v.after, retried: v.err != nil,
			}
			if got != tc.want {
				t.Errorf("verdict %+v, want %+v", got, tc.want)
			}
			if !strings.Contains(v.message, tc.want.message) || strings.Contains(v.message, testKey) || strings.Contains(v.message, "trace-0815") {
				t.Errorf("message %q, want %q in it", v.message, tc.want.message)
			}
			if v.state != nil && v.state.Connection == nil && v.state.Problem != v.message {
				t.Errorf("users are told %q, the instance says %q", v.state.Problem, v.message)
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
		"Invalid":        {&problem{reason: v1alpha1.ReasonInvalidKey, message: "no key"}, false},
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
	useless := outcome{err: readError(t, answering(404, "<html>"))}
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
			r := newTestReconciler(t, &clock{at: start})
			r.Pool.Set(prod, tc.state)
			if v := r.judge(newTestInstance(), useless); v.ready || v.unchanged || (v.state != nil) != tc.told {
				t.Errorf("verdict %+v, want it told to users: %t", v, tc.told)
			}
		})
	}
}
