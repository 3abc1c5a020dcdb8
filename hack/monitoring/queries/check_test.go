// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package queries

import (
	"slices"
	"strings"
	"testing"
)

func catalogue() Catalogue {
	return Catalogue{
		"changes_total":    {Name: "changes_total", Labels: map[string][]string{"clerk_instance": nil, "cause": {"spec", "drift", "deletion"}}},
		"users":            {Name: "users", Labels: map[string][]string{"clerk_instance": nil, "reason": {"InSync", "DeletionHeld", "DeletionBlocked"}}},
		"info":             {Name: "info", Labels: map[string][]string{"clerk_instance": nil, "resource_name": nil}},
		"ready":            {Name: "ready", Labels: map[string][]string{"resource_name": nil}},
		"duration_seconds": {Name: "duration_seconds", Histogram: true, Labels: map[string][]string{"operation": {"get_user"}}},
	}
}

// TestWhatDoesNotExistIsFound checks expressions with one fault each.
func TestWhatDoesNotExistIsFound(t *testing.T) {
	t.Parallel()
	for expr, want := range map[string]string{
		`sum(change_total)`:                                       "there is no metric change_total",
		`sum(rate(changes_total[5m])`:                             "parsing",
		`rate(changes_total{causes="spec"}[5m])`:                  "changes_total has no label causes",
		`changes_total{cause="specs"}`:                            `changes_total has no cause="specs"`,
		`changes_total{cause!="specs"}`:                           `changes_total has no cause="specs"`,
		`changes_total{cause=~"spec|drifts"}`:                     `changes_total has no cause="drifts"`,
		`users{reason=~"Deleted.*"}`:                              `users has no reason that matches "Deleted.*"`,
		`users{reason!~"Deleted.*"}`:                              `users has no reason that matches "Deleted.*"`,
		`sum by (causes) (changes_total)`:                         "has no label causes",
		`sum by (cause) (sum by (clerk_instance)(users))`:         "has no label cause",
		`sum without (cause) (users)`:                             "has no label cause",
		`ready * on (resource_name) group_left (reason) info`:     "no side of * has a label reason",
		`ready and on (clerk_instance) info`:                      "not both sides of and have a label clerk_instance",
		`duration_seconds`:                                        "there is no metric duration_seconds",
		`users_bucket`:                                            "there is no metric users_bucket",
		`duration_seconds_sum{le="1"}`:                            "has no label le",
		`histogram_quantile(0.9, rate(duration_seconds_sum[5m]))`: "has no label le",
	} {
		if _, err := catalogue().Check(expr); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: the error is %v, want %q", expr, err, want)
		}
	}
}

// TestLabelsOfTheResult checks expressions without a fault.
func TestLabelsOfTheResult(t *testing.T) {
	t.Parallel()
	for expr, want := range map[string]string{
		`sum by (cause) (rate(changes_total{cause=~"spec|drift",clerk_instance=~".*"}[5m])) > 0`:                    "cause",
		`sum without (cluster, namespace, job, instance, pod, service, container, endpoint) (changes_total)`:        "cause clerk_instance",
		`histogram_quantile(0.9, sum by (le, operation) (rate(duration_seconds_bucket{operation="get_user"}[5m])))`: "operation",
		`max by (resource_name) (ready) and on (resource_name) info`:                                                "resource_name",
		`max by (job) (ready) / on (job) group_left () max by (job) (info)`:                                         "job",
		`sum(users{reason=~"Deletion.+"}) / (sum(users) > 0)`:                                                       "",
		`time() - max(users)`: "",
		`sum by (cause) (max_over_time(changes_total[5m:1m] @ end()))`: "cause",
	} {
		labels, err := catalogue().Check(expr)
		if got := strings.Join(labels, " "); err != nil || got != want {
			t.Errorf("%s: the labels are %q, want %q; %v", expr, got, want, err)
		}
	}
	labels, err := catalogue().Check(`rate(users[5m])`)
	if err != nil || !slices.Contains(labels, "instance") || !slices.Contains(labels, "reason") {
		t.Errorf("the labels are %q: %v", labels, err)
	}
}
