// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package queries

// Others are the metrics of controller-runtime, Go and Prometheus that are in use. test/observe asks a real Prometheus for each
// query of the dashboard.
func Others() Catalogue {
	metric := func(name string, labels ...string) Metric {
		m := Metric{Name: name, Labels: map[string][]string{}}
		for _, label := range labels {
			m.Labels[label] = nil
		}
		return m
	}
	known := Catalogue{}
	for _, m := range []Metric{
		metric("controller_runtime_reconcile_total", "controller", "result"),
		metric("controller_runtime_reconcile_errors_total", "controller"),
		metric("workqueue_depth", "controller", "name", "priority"),
		metric("process_cpu_seconds_total"),
		metric("process_resident_memory_bytes"),
		metric("process_start_time_seconds"),
		metric("go_memstats_heap_inuse_bytes"),
		metric("ALERTS", "alertname", "alertstate", "severity"),
		metric("up"),
	} {
		known[m.Name] = m
	}
	return known
}
