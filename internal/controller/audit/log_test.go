// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package audit

import (
	"context"
	"encoding/json"
	"maps"
	"testing"
	"time"

	"github.com/go-logr/logr/funcr"
	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// logged returns what is logged of a call, up to a level.
func logged(ctx context.Context, t *testing.T, level int, instanceID string, r clerk.RequestInfo) []map[string]any {
	t.Helper()
	var lines []map[string]any
	log := NewLog(funcr.NewJSON(func(line string) {
		one := map[string]any{}
		if err := json.Unmarshal([]byte(line), &one); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, one)
	}, funcr.Options{Verbosity: level}))
	log.Observe(ctx, instanceID, r)
	return lines
}

func banOf(ctx context.Context) context.Context {
	return With(ctx, Write{
		Object:   Object{Kind: "ClerkUser", NamespacedName: types.NamespacedName{Namespace: "people", Name: "ann"}, UID: "u1", Generation: 2},
		Instance: types.NamespacedName{Namespace: "people", Name: "default"},
		UserID:   "user_1", Change: "ban", Fields: []string{"banned"}, Cause: CauseSpec,
	})
}

func TestAuditLine(t *testing.T) {
	t.Parallel()
	ban := clerk.RequestInfo{
		Operation: clerk.OperationBanUser, Write: true, Sent: true, Status: 200, TraceID: "trace-1", Duration: 1500 * time.Millisecond,
	}
	base := map[string]any{
		"logger": "audit", "level": 0.0, "msg": "clerk write", "audit": true, "kind": "ClerkUser", "namespace": "people", "name": "ann", "uid": "u1",
		"generation": 2.0, "clerkInstance": "people/default", "clerkInstanceID": "ins_1", "clerkUserID": "user_1", "change": "ban",
		"operation": "ban_user", "fields": []any{"banned"}, "cause": "spec", "outcome": "succeeded", "status": 200.0,
		"clerkTraceID": "trace-1", "durationMillis": 1500.0,
	}
	but := func(changes map[string]any) map[string]any {
		line := maps.Clone(base)
		maps.Copy(line, changes)
		maps.DeleteFunc(line, func(_ string, value any) bool { return value == nil })
		return line
	}
	tests := map[string]struct {
		change func(*clerk.RequestInfo)
		about  func(context.Context) context.Context
		want   map[string]any
	}{
		"Succeeded": {want: base},
		"Refused":   {change: func(r *clerk.RequestInfo) { r.Status = 422 }, want: but(map[string]any{"status": 422.0, "outcome": "refused"})},
		"Throttled": {change: func(r *clerk.RequestInfo) { r.Status = 429 }, want: but(map[string]any{"status": 429.0, "outcome": "refused"})},
		"NoAnswer": {
			change: func(r *clerk.RequestInfo) { r.Status, r.TraceID, r.AnswerLost = 0, "", true },
			want:   but(map[string]any{"status": nil, "clerkTraceID": nil, "outcome": "lost"}),
		},
		"AnswerIsNotUsable": {change: func(r *clerk.RequestInfo) { r.AnswerLost = true }, want: but(map[string]any{"outcome": "lost"})},
		"Created": {
			about: func(ctx context.Context) context.Context {
				w, _ := writeOf(banOf(ctx))
				w.UserID, w.Fields = "", nil
				return With(ctx, w)
			},
			change: func(r *clerk.RequestInfo) { r.CreatedUserID = "user_2" },
			want:   but(map[string]any{"clerkUserID": "user_2", "fields": []any{}}),
		},
		"WithoutWrite": {
			about: func(ctx context.Context) context.Context { return ctx },
			want: but(map[string]any{
				"kind": nil, "namespace": nil, "name": nil, "uid": nil, "generation": nil, "clerkInstance": nil, "clerkUserID": nil,
				"change": nil, "fields": nil, "cause": "unknown",
			}),
		},
		"NotSent": {change: func(r *clerk.RequestInfo) { r.Sent = false }},
		"Read":    {change: func(r *clerk.RequestInfo) { r.Write = false }},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, about := ban, banOf
			if tc.change != nil {
				tc.change(&r)
			}
			if tc.about != nil {
				about = tc.about
			}
			var want []map[string]any
			if tc.want != nil {
				want = append(want, tc.want)
			}
			if diff := cmp.Diff(want, logged(about(t.Context()), t, 1, "ins_1", r)); diff != "" {
				t.Errorf("lines (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEveryCallHasALineAtItsLevel(t *testing.T) {
	t.Parallel()
	read := clerk.RequestInfo{Operation: clerk.OperationInstance, Sent: true, Status: 401, TraceID: "trace-1", Duration: time.Second}
	want := []map[string]any{{
		"logger": "clerk", "level": 2.0, "msg": "clerk call", "operation": "get_instance", "sent": true, "status": 401.0,
		"clerkTraceID": "trace-1", "durationMillis": 1000.0,
	}}
	if diff := cmp.Diff(want, logged(t.Context(), t, CallLevel, "", read)); diff != "" {
		t.Errorf("lines of a read (-want +got):\n%s", diff)
	}
	write := clerk.RequestInfo{Operation: clerk.OperationBanUser, Write: true}
	want = []map[string]any{{
		"logger": "clerk", "level": 2.0, "msg": "clerk call", "operation": "ban_user", "sent": false, "durationMillis": 0.0,
		"kind": "ClerkUser", "namespace": "people", "name": "ann", "clerkInstanceID": "ins_1",
	}}
	if diff := cmp.Diff(want, logged(banOf(t.Context()), t, CallLevel, "ins_1", write)); diff != "" {
		t.Errorf("lines of a write that was not sent (-want +got):\n%s", diff)
	}
}
