// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"k8s.io/apimachinery/pkg/types"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/clerkinstance"
	"github.com/clerk-operator/clerk-operator/internal/controller/clerkuser"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
	"github.com/clerk-operator/clerk-operator/internal/controller/watches"
)

// startedMetrics returns the metrics of an operator that has done nothing yet, does not lead, and has a connection to these Clerk
// instances.
func startedMetrics(t *testing.T, connected ...string) []*dto.MetricFamily {
	t.Helper()
	registry, pool := prometheus.NewPedanticRegistry(), connection.NewPool(time.Now)
	for _, id := range connected {
		pool.Join(types.NamespacedName{Name: id}, id, connection.Terms{})
	}
	mgr, config := offlineManager(t), Config{ClusterID: "cluster-1", Now: time.Now, Registry: registry, Pool: pool}
	if err := SetupWithManager(t.Context(), mgr, mgr.GetClient(), config); err != nil {
		t.Fatal(err)
	}
	_, err := watches.New(watches.Config{Scheme: mgr.GetScheme(), Kinds: WatchedKinds(), Registry: registry, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	return families
}

// labelValues returns the values that a label has in the series of a metric, sorted, and how many series there are.
func labelValues(families []*dto.MetricFamily, metric, label string) (values []string, count int) {
	for _, family := range families {
		if family.GetName() != metric {
			continue
		}
		count = len(family.GetMetric())
		for _, series := range family.GetMetric() {
			for _, pair := range series.GetLabel() {
				if pair.GetName() == label {
					values = append(values, pair.GetValue())
				}
			}
		}
	}
	slices.Sort(values)
	return slices.Compact(values), count
}

// codes are what calls to Clerk are counted as.
const codes = "2xx 401 403 404 409 422 429 4xx 5xx no_answer"

// operations are what calls to Clerk are for.
func operations() string {
	var names []string
	for _, op := range clerk.Operations() {
		names = append(names, string(op))
	}
	slices.Sort(names)
	return strings.Join(names, " ")
}

// seriesOfTheProcess returns the metrics of an operator without a connection, with the values of their labels.
func seriesOfTheProcess() map[string]map[string]string {
	kinds := "ClerkInstance ClerkUser ClerkUserAction ConfigMap Namespace Secret other"
	return map[string]map[string]string{
		"clerk_operator_actions_total": {
			"action": "createTOTP deleteBackupCodes deleteExternalAccount deletePasskey deleteTOTP deleteWeb3Wallet disableMFA " +
				"getOAuthAccessToken removePassword revokeTrustedDevice setPasswordCompromised unknown unsetPasswordCompromised " +
				"verifyPassword verifyTOTP",
			"outcome": "Ambiguous CarriedOut InstanceChanged InvalidSpec Missing NotAllowed NotFoundAtClerk OutcomeUnknown " +
				"ProviderNotConnected RejectedByClerk SecretExists UserNotBound",
		},
		"clerk_operator_clerk_request_duration_seconds": {"operation": operations()},
		// The calls that ask Clerk to which instance a key belongs. An instance has series as soon as it has a connection.
		"clerk_operator_clerk_requests_total": {
			"clerk_instance": "unknown", "operation": "get_instance", "code": codes,
		},
		"clerk_operator_leader": {},
		"clerk_operator_ready_transitions_total": {
			"reason": "AlreadyExists Ambiguous ConfigMapNotFound Conflict Contended DeletionBlocked DeletionHeld DeletionPending InSync InstanceChanged " +
				"InstanceNotFound InstanceNotReady InvalidSpec InvalidStatus Missing NotAllowed NotKept Observed RejectedByClerk " +
				"Retrying SecretNotFound WaitingForDeletion",
		},
		"clerk_operator_watch_errors_total": {"kind": kinds},
		"clerk_operator_watch_failing":      {"kind": kinds},
	}
}

// seriesOfAnInstance returns the metrics that an operator has for a Clerk instance to which it has a connection.
func seriesOfAnInstance(id string) map[string]map[string]string {
	all := map[string]map[string]string{
		"clerk_operator_changes_total": {
			"cause": "deletion drift spec",
			"change": "add_email_address add_phone_number ban create delete delete_email_address delete_phone_number " +
				"delete_profile_image lock merge_metadata replace_metadata set_profile_image unban unlock update " +
				"update_email_address update_phone_number",
		},
		"clerk_operator_drift_corrections_total": {
			"field_group": "access identifiers image metadata password permissions profile",
		},
		"clerk_operator_clerk_requests_total":          {"operation": operations(), "code": codes},
		"clerk_operator_rate_limiter_waiting_requests": {"level": "background drift interactive"},
		"clerk_operator_rate_limiter_pauses_total":     {"scope": "instance user"},
	}
	for _, name := range []string{
		"mirror_followed_users", "mirror_pending_users", "mirror_stale", "mirror_full_syncs_total", "mirror_incremental_syncs_total",
		"mirror_incremental_sync_overruns_total", "mirror_last_full_sync_timestamp_seconds",
		"mirror_last_incremental_sync_timestamp_seconds", "mirror_full_sync_interval_seconds", "mirror_incremental_sync_interval_seconds",
		"rate_limiter_requests_per_second", "rate_limiter_tokens", "rate_limiter_tokens_max", "rate_limiter_paused",
	} {
		all["clerk_operator_"+name] = map[string]string{}
	}
	for _, labels := range all {
		labels["clerk_instance"] = id
	}
	return all
}

// TestAllSeriesExistFromTheStart compares the metrics of an operator that has just started, and of one that has just connected, with
// these lists. Prometheus sees no increase in a counter that appears with the value 1, so an alert on it would miss the first time.
// The gauges that only the leader has are tested in statemetrics.
func TestAllSeriesExistFromTheStart(t *testing.T) {
	t.Parallel()
	t.Run("WithoutAConnection", func(t *testing.T) {
		t.Parallel()
		expectSeries(t, startedMetrics(t), seriesOfTheProcess())
	})
	t.Run("WithAConnection", func(t *testing.T) {
		t.Parallel()
		want := seriesOfTheProcess()
		maps.Copy(want, seriesOfAnInstance("ins_1"))
		expectSeries(t, withoutUnknown(startedMetrics(t, "ins_1")), want)
	})
}

// withoutUnknown removes the series of calls before an instance is known, which have other labels than those of an instance.
func withoutUnknown(families []*dto.MetricFamily) []*dto.MetricFamily {
	for _, family := range families {
		family.Metric = slices.DeleteFunc(family.GetMetric(), func(series *dto.Metric) bool {
			return slices.ContainsFunc(series.GetLabel(), func(pair *dto.LabelPair) bool {
				return pair.GetValue() == "unknown" && pair.GetName() == "clerk_instance"
			})
		})
	}
	return families
}

// notZero are the gauges that are not 0 at the start: the API budget and the intervals.
func notZero() []string {
	return []string{
		"clerk_operator_rate_limiter_requests_per_second", "clerk_operator_rate_limiter_tokens", "clerk_operator_rate_limiter_tokens_max",
		"clerk_operator_mirror_full_sync_interval_seconds", "clerk_operator_mirror_incremental_sync_interval_seconds",
	}
}

// expectSeries fails unless there are exactly these metrics, with one series for each combination of the labels, at 0.
func expectSeries(t *testing.T, families []*dto.MetricFamily, want map[string]map[string]string) {
	t.Helper()
	var names []string
	for _, family := range families {
		names = append(names, family.GetName())
		product := 1
		for label, values := range want[family.GetName()] {
			got, count := labelValues(families, family.GetName(), label)
			if diff := cmp.Diff(strings.Fields(values), got); diff != "" {
				t.Errorf("label %s of %s (-want +got):\n%s", label, family.GetName(), diff)
			}
			if product *= len(got); product > count {
				t.Errorf("%s has %d series; want one for each combination of labels", family.GetName(), count)
			}
		}
		for _, series := range family.GetMetric() {
			value := series.GetCounter().GetValue() + series.GetGauge().GetValue() + float64(series.GetHistogram().GetSampleCount())
			if value != 0 && !slices.Contains(notZero(), family.GetName()) {
				t.Errorf("%s is %v, want 0", family.GetName(), series)
			}
			if len(series.GetLabel()) != len(want[family.GetName()]) {
				t.Errorf("%s has labels %v; add them to this list", family.GetName(), series.GetLabel())
			}
		}
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), names); diff != "" {
		t.Errorf("metrics (-want +got):\n%s", diff)
	}
	problems, err := promlint.NewWithMetricFamilies(families).Lint()
	if err != nil || len(problems) > 0 {
		t.Errorf("against Prometheus' rules: %v (%v)", problems, err)
	}
}

// TestEveryReasonIsCountedOrLeftOut has somebody who adds a reason decide in which metrics it can be.
func TestEveryReasonIsCountedOrLeftOut(t *testing.T) {
	t.Parallel()
	const (
		ofInstances = "a reason of ClerkInstances"
		ofActions   = "a reason of ClerkUserActions"
		ofUsers     = "a reason of ClerkUsers"
		unfinished  = "a reason of actions that are not finished"
		unknown     = "a reason while Ready is Unknown"
	)
	leftOut := map[string]map[string]string{
		"clerk_operator_ready_transitions_total reason": {
			"APIHostNotAllowed": ofInstances, "CarriedOut": ofActions, "Deleting": ofInstances, "InvalidKey": ofInstances,
			"KeyAccepted": ofInstances, "KeyRejected": ofInstances, "MirrorStale": ofInstances, "NotFoundAtClerk": ofActions,
			"OutcomeUnknown": ofActions, "ProviderNotConnected": ofActions, "SecretExists": ofActions, "Suspended": unknown,
			"UnexpectedAnswer": ofInstances, "UserNotBound": ofActions, "UserNotFound": ofActions, "Waiting": unknown,
		},
		"clerk_operator_users reason": {
			"APIHostNotAllowed": ofInstances, "CarriedOut": ofActions, "Deleting": ofInstances, "InvalidKey": ofInstances,
			"KeyAccepted": ofInstances, "KeyRejected": ofInstances, "MirrorStale": ofInstances, "NotFoundAtClerk": ofActions,
			"OutcomeUnknown": ofActions, "ProviderNotConnected": ofActions, "SecretExists": ofActions,
			"UnexpectedAnswer": ofInstances, "UserNotBound": ofActions, "UserNotFound": ofActions,
		},
		"clerk_operator_clerkinstance_ready_reason reason": {
			"AlreadyExists": ofUsers, "Ambiguous": ofUsers, "CarriedOut": ofActions, "ConfigMapNotFound": ofUsers, "Conflict": ofUsers,
			"Contended": ofUsers, "DeletionBlocked": ofUsers, "DeletionHeld": ofUsers, "DeletionPending": ofUsers, "InSync": ofUsers, "InstanceNotFound": ofUsers,
			"InstanceNotReady": ofUsers, "Missing": ofUsers, "NotAllowed": ofUsers, "NotFoundAtClerk": ofActions, "NotKept": ofUsers,
			"Observed": ofUsers, "OutcomeUnknown": ofActions, "ProviderNotConnected": ofActions, "Retrying": ofUsers,
			"SecretExists": ofActions, "Suspended": ofUsers, "UserNotBound": ofActions, "UserNotFound": ofActions, "WaitingForDeletion": ofUsers,
		},
		"clerk_operator_actions_total outcome": {
			"APIHostNotAllowed": ofInstances, "AlreadyExists": ofUsers, "ConfigMapNotFound": unfinished,
			"Conflict": ofUsers, "Contended": ofUsers,
			"Deleting": ofInstances, "DeletionBlocked": ofUsers, "DeletionHeld": ofUsers, "DeletionPending": ofUsers, "InSync": ofUsers,
			"InstanceNotFound": unfinished, "InstanceNotReady": unfinished, "InvalidKey": ofInstances, "InvalidStatus": ofUsers,
			"KeyAccepted": ofInstances, "KeyRejected": ofInstances, "MirrorStale": ofInstances, "NotKept": ofUsers,
			"Observed": ofUsers, "Retrying": unfinished, "SecretNotFound": unfinished, "Suspended": unfinished,
			"UnexpectedAnswer": ofInstances, "UserNotFound": unfinished, "Waiting": unfinished, "WaitingForDeletion": ofUsers,
		},
	}
	families := startedMetrics(t)
	ofTheLeader := map[string][]string{"users": readyReasons(), "clerkinstance_ready_reason": clerkinstance.ReadyReasons()}
	for where, without := range leftOut {
		metric, label, _ := strings.Cut(where, " ")
		counted, _ := labelValues(families, metric, label)
		counted = append(counted, ofTheLeader[strings.TrimPrefix(metric, "clerk_operator_")]...)
		if diff := cmp.Diff(apiReasons(t), slices.Sorted(slices.Values(append(slices.Collect(maps.Keys(without)), counted...)))); diff != "" {
			t.Errorf("reasons that %s counts, and those that it leaves out (-in the API +here):\n%s", metric, diff)
		}
	}
}

// readyReasons returns the reasons of the condition Ready of a ClerkUser.
func readyReasons() []string {
	reasons := map[string]bool{}
	for _, state := range clerkuser.ReadyStates() {
		reasons[state.Reason] = true
	}
	return slices.Collect(maps.Keys(reasons))
}

// apiReasons returns the reasons of conditions that the API has, sorted.
func apiReasons(t *testing.T) []string {
	t.Helper()
	const source = "../../api/v1alpha1/conditions.go"
	file, err := parser.ParseFile(token.NewFileSet(), source, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var reasons []string
	ast.Inspect(file, func(node ast.Node) bool {
		spec, ok := node.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(spec.Names[0].Name, "Reason") {
			return true
		}
		reason, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		reasons = append(reasons, reason)
		return true
	})
	slices.Sort(reasons)
	return reasons
}
