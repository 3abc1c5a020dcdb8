// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package board

import "slices"

func operator() Question {
	return Question{Title: "How is the process?", Name: "process", Panels: slices.Concat(controllerPanels(), resourcePanels())}
}

// controllerPanels show the controllers and what they watch.
func controllerPanels() []Panel {
	return []Panel{
		{
			Title: "Watches of the Kubernetes API", Kind: Timeline, Width: 12, Height: 7,
			Description: "Whether each kind can be listed and watched. Normal: Works. While it fails, the operator does not notice changes of these objects.",
			Queries:     []Query{{`max by (kind) (clerk_operator_watch_failing{` + target + `})`, "{{kind}}"}},
			States:      map[string]State{"0": {"Works", good}, "1": {"Fails", bad}},
			Alerts:      []string{"ClerkOperatorWatchFailing"},
		},
		{
			Title: "Leader", Kind: Timeline, Width: 12, Height: 7,
			Description: "Which process reconciles. Normal: one process for each installation. A change of the leader takes seconds.",
			Queries:     []Query{{`max by (cluster, namespace, job, instance) (clerk_operator_leader{` + target + `})`, "{{instance}}"}},
			States:      map[string]State{"0": {"Waits", neutral}, "1": {"Reconciles", good}},
			Alerts:      []string{"ClerkOperatorNoLeader"},
		},
		{
			Title: "Reconciles per second", Kind: Stacked, Width: 8, Height: 7, Unit: "ops",
			Description: "Reconciles by controller. Normal: 0 while nothing changes. A steady rate of thousands means that objects are reconciled over and over.",
			Queries: []Query{{
				`sum by (controller) (rate(controller_runtime_reconcile_total{` + target + `}[$__rate_interval])` + own + `)`, "{{controller}}",
			}},
		},
		{
			Title: "Failed reconciles and watches per minute", Kind: Lines, Width: 8, Height: 7,
			Description: "Reconciles that ended with an error, by controller, and failed lists and watches, by kind. Normal: 0, or a few after a conflict.",
			Queries: []Query{
				{
					`60 * sum by (controller) (rate(controller_runtime_reconcile_errors_total{` + target + `}[$__rate_interval])` + own + `)`,
					"{{controller}}",
				},
				{active(counted("watch_errors_total", target, "kind"), "watch_errors_total", target, "kind"), "watch of {{kind}}"},
			},
			Alerts: []string{"ClerkOperatorWatchFailing"},
		},
		{
			Title: "Length of the queue", Kind: Lines, Width: 8, Height: 7,
			Description: "Objects that wait to be reconciled, by controller, without the queues of replicas that do not lead. " +
				"Normal: 0, except after a start and while many objects change.",
			Queries: []Query{{`sum by (name) (workqueue_depth{` + target + `}` + leading + `)`, "{{name}}"}},
		},
	}
}

// resourcePanels show the process itself.
func resourcePanels() []Panel {
	return []Panel{
		{
			Title: "CPU", Kind: Lines, Width: 8, Height: 7, Unit: "short",
			Description: "CPU cores in use, by process. Normal: below 0.1 while nothing changes.",
			Queries: []Query{{
				`rate(process_cpu_seconds_total{` + target + `}[$__rate_interval])` + own, "{{instance}}",
			}},
		},
		{
			Title: "Memory", Kind: Lines, Width: 8, Height: 7, Unit: "bytes",
			Description: "Memory in use, by process: all of it, and what Go's heap uses. Normal: flat, and below the limit of the container. " +
				"docs/benchmarks.md says how much to expect.",
			Queries: []Query{
				{`process_resident_memory_bytes{` + target + `}` + own, "{{instance}}"},
				{`go_memstats_heap_inuse_bytes{` + target + `}` + own, "{{instance}} heap"},
			},
			Colors: []Color{{Series: ".* heap", Color: "text", Dashed: true}},
		},
		{
			Title: "Age of the process", Kind: Lines, Width: 8, Height: 7, Unit: "s",
			Description: "Time since the process started. Normal: it grows. Each drop is a restart.",
			Queries:     []Query{{`time() - (process_start_time_seconds{` + target + `}` + own + `)`, "{{instance}}"}},
			Alerts:      []string{"ClerkOperatorRestarting"},
		},
		{
			Title: "Versions", Kind: Table, Width: 24, Height: 5,
			Description: "What runs. Normal: one version, except during an update.",
			Queries:     []Query{{`clerk_operator_build_info{` + target + `}`, ""}},
			Columns: []Column{
				{Label: "namespace", Title: "Namespace"},
				{Label: "job", Title: "Job"},
				{Label: "instance", Title: "Process"},
				{Label: "version", Title: "Version"},
				{Label: "revision", Title: "Commit"},
				{Label: "goversion", Title: "Go"},
			},
		},
	}
}
