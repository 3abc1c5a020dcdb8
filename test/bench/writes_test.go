// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const exposition = `# HELP apiserver_request_total [STABLE] Counter of apiserver requests
# TYPE apiserver_request_total counter
apiserver_request_total{code="200",component="apiserver",dry_run="",group="clerk-operator.io",resource="clerkusers",scope="resource",subresource="status",verb="PATCH",version="v1alpha1"} 7
apiserver_request_total{code="409",component="apiserver",dry_run="",group="clerk-operator.io",resource="clerkusers",scope="resource",subresource="status",verb="PATCH",version="v1alpha1"} 2
apiserver_request_total{code="201",component="apiserver",dry_run="",group="clerk-operator.io",resource="clerkusers",scope="resource",subresource="",verb="POST",version="v1alpha1"} 5
apiserver_request_total{code="200",component="apiserver",dry_run="",group="clerk-operator.io",resource="clerkusers",scope="cluster",subresource="",verb="LIST",version="v1alpha1"} 9
apiserver_request_total{code="201",component="apiserver",dry_run="",group="events.k8s.io",resource="events",scope="resource",subresource="",verb="POST",version="v1"} 3
apiserver_request_total{code="200",component="apiserver",dry_run="",group="coordination.k8s.io",resource="leases",scope="resource",subresource="",verb="PUT",version="v1"} 4
# TYPE apiserver_request_total_of_others counter
apiserver_request_total_of_others{verb="POST",resource="events"} 1
`

func TestWritesInMetrics(t *testing.T) {
	t.Parallel()
	got, err := writesIn([]byte(exposition))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]int{"patch clerkusers/status": 9, "create clerkusers": 5, "create events": 3}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("writes (-want +got):\n%s", diff)
	}
	if _, err := writesIn([]byte("other 1\n")); err == nil {
		t.Error("a server without the metric is taken for one without writes")
	}
}

func TestOwnWritesHaveTheSameNames(t *testing.T) {
	t.Parallel()
	const group = "/apis/clerk-operator.io/v1alpha1"
	cases := map[string]struct{ method, path, want string }{
		"Apply":        {http.MethodPost, group + "/namespaces/bench/clerkusers", "create clerkusers"},
		"Edit":         {http.MethodPatch, group + "/namespaces/bench/clerkusers/ann", "patch clerkusers"},
		"Status":       {http.MethodPatch, group + "/namespaces/bench/clerkusers/ann/status", "patch clerkusers/status"},
		"Delete":       {http.MethodDelete, group + "/namespaces/bench/clerkusers/ann", "delete clerkusers"},
		"Secret":       {http.MethodPost, "/api/v1/namespaces/bench/secrets", "create secrets"},
		"Namespace":    {http.MethodPost, "/api/v1/namespaces", ""},
		"Read":         {http.MethodGet, group + "/clerkusers", ""},
		"Metrics":      {http.MethodGet, "/metrics", ""},
		"OtherGroup":   {http.MethodPost, "/apis/apps/v1/namespaces/bench/deployments", ""},
		"NoResource":   {http.MethodPost, "/apis", ""},
		"EventOfGroup": {http.MethodPost, "/apis/events.k8s.io/v1/namespaces/bench/events", "create events"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := writeAt(tc.method, tc.path); got != tc.want {
				t.Errorf("%q, want %q", got, tc.want)
			}
		})
	}
}

func TestOnlyWhatHasGrownIsShown(t *testing.T) {
	t.Parallel()
	got := since(map[string]int{"a": 1, "b": 2}, map[string]int{"a": 4, "b": 2, "c": 1})
	if diff := cmp.Diff(map[string]int{"a": 3, "c": 1}, got); diff != "" {
		t.Errorf("growth (-want +got):\n%s", diff)
	}
}
