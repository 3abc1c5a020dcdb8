// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package status

import (
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// exposed is what /metrics answers five minutes after a full sync.
const exposed = `# TYPE clerk_operator_clerkinstance_info gauge
clerk_operator_clerkinstance_info{clerk_instance="unpinned-1",environment="Production",resource_name="prod",resource_namespace="clerk"} 1
clerk_operator_clerkinstance_info{clerk_instance="none",environment="unknown",resource_name="new",resource_namespace="clerk"} 1
# TYPE clerk_operator_rate_limiter_tokens gauge
clerk_operator_rate_limiter_tokens{clerk_instance="ins_2"} 500
clerk_operator_rate_limiter_tokens{clerk_instance="unpinned-1"} 440.5
# TYPE clerk_operator_rate_limiter_tokens_max gauge
clerk_operator_rate_limiter_tokens_max{clerk_instance="unpinned-1"} 500
# TYPE clerk_operator_mirror_last_incremental_sync_timestamp_seconds gauge
clerk_operator_mirror_last_incremental_sync_timestamp_seconds{clerk_instance="unpinned-1"} 1.772366377e+09
# TYPE clerk_operator_mirror_last_full_sync_timestamp_seconds gauge
clerk_operator_mirror_last_full_sync_timestamp_seconds{clerk_instance="unpinned-1"} 0
`

func TestMetricsOfAnInstance(t *testing.T) {
	t.Parallel()
	all, err := readMetrics(strings.NewReader(exposed))
	if err != nil {
		t.Fatal(err)
	}
	prod := all[types.NamespacedName{Namespace: "clerk", Name: "prod"}]
	if prod.usedPercent == nil || *prod.usedPercent != 11 || prod.incremental == nil || noon().Sub(prod.incremental.Time) != 23*time.Second || prod.full != nil {
		t.Errorf("prod has %+v", prod)
	}
	if fresh, found := all[types.NamespacedName{Namespace: "clerk", Name: "new"}]; !found || fresh.usedPercent != nil || fresh.incremental != nil {
		t.Errorf("new has %+v", fresh)
	}
	f := allFacts([]*v1alpha1.ClerkInstance{instance(nil)})
	f.measured = all
	got := text(t, renderer{}, f.report(runs()))
	for _, want := range []string{"500 requests in 10s, 11 % in use\n", "every 1m, the last one 23s ago, current", "every 1h, current"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in:\n%s", want, got)
		}
	}
}

func TestMetricsThatAreNone(t *testing.T) {
	t.Parallel()
	for text, says := range map[string]string{
		"":                                  "read /metrics of the replica that leads",
		"# TYPE go_info gauge\ngo_info 1\n": "read /metrics of the replica that leads",
		"Unauthorized\n":                    "reading the operator's metrics",
	} {
		if _, err := readMetrics(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q is read with %v", text, err)
		}
	}
}
