// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package board

import "slices"

// instancesReady is whether each ClerkInstance is ready: 1 or 0.
func instancesReady() string {
	return clerkInstances(state("clerkinstance_ready", target, "resource_namespace", "resource_name"))
}

func working() Question {
	return Question{Title: "Is it working?", Name: "working", Panels: slices.Concat(workingProcesses(), workingUsers(), workingOverTime())}
}

// workingProcesses are the first numbers: what runs, and which ClerkInstances it can use.
func workingProcesses() []Panel {
	return []Panel{
		{
			Title: "Reconciling replicas", Kind: Stat, Width: 4, Height: 4,
			Description: "Number of processes that reconcile, by installation. Normal: 1 for each installation. With 0, nothing is enforced. " +
				"A second replica waits and does not count.",
			Queries: []Query{{`sum by (cluster, namespace, job) (clerk_operator_leader{` + target + `})`, "{{namespace}} {{job}}"}},
			Steps:   []Step{{0, bad}, {1, good}, {2, bad}},
			Alerts:  []string{"ClerkOperatorNoLeader"},
		},
		{
			Title: "Replicas", Kind: Stat, Width: 4, Height: 4,
			Description: "Number of processes that Prometheus scrapes, by installation. Normal: the number of replicas of the Deployment.",
			Queries:     []Query{{`count by (cluster, namespace, job) (clerk_operator_build_info{` + target + `})`, "{{namespace}} {{job}}"}},
			Steps:       []Step{{0, bad}, {1, good}},
		},
		{
			Title: "Instances not ready", Kind: Stat, Width: 4, Height: 4,
			Description: "Normal: 0. The users of such an instance are not enforced. The table below has the reason.",
			Queries:     []Query{{`sum(1 - (` + instancesReady() + `))`, "not ready"}},
			Steps:       []Step{{0, good}, {1, bad}},
			Empty:       "No ClerkInstance",
			Alerts:      []string{"ClerkOperatorInstanceNotReady", "ClerkOperatorKeyRejected", "ClerkOperatorInstanceChanged"},
		},
	}
}

// workingUsers are the numbers after these: how the users are, and how much of the budget that takes.
func workingUsers() []Panel {
	return []Panel{
		{
			Title: "Users in sync", Kind: Stat, Width: 4, Height: 4, Unit: "percentunit",
			Description: "Share of ClerkUsers that are as declared or in mode Observe, of all that are not suspended. Normal: 100 %, less during changes.",
			Queries: []Query{{
				`sum(` + usersState(inSync) + `) / (sum(` + usersState(`,reason!="Suspended"`) + `) > 0)`, "in sync",
			}},
			Steps:  []Step{{0, bad}, {0.95, warning}, {1, good}},
			Empty:  "No ClerkUser",
			Alerts: []string{"ClerkOperatorUsersOutOfSync"},
		},
		{
			Title: "Users not in sync", Kind: Stat, Width: 4, Height: 4,
			Description: "Number of ClerkUsers that are not as declared, without suspended ones. Normal: 0. The next row has the reasons.",
			Queries:     []Query{{`sum(` + usersState(notInSync) + `)`, "not in sync"}},
			Steps:       []Step{{0, good}, {1, warning}},
			Alerts:      []string{"ClerkOperatorUsersOutOfSync"},
		},
		{
			Title: "Budget used", Kind: Stat, Width: 4, Height: 4, Unit: "percentunit",
			Description: "Share of the requests that the operator may make that it makes, for the Clerk instance with the largest share. " +
				"Normal: below 20 %. More is normal after a start, during a full sync and while many users change.",
			Queries: []Query{{`max(` + budgetShare() + `)`, "used"}},
			Steps:   []Step{{0, good}, {0.8, warning}, {0.95, bad}},
			Empty:   "No leader, or it has just begun",
			Alerts:  []string{"ClerkOperatorBudgetExhausted"},
		},
	}
}

// workingOverTime show when it did not work, and why.
func workingOverTime() []Panel {
	return []Panel{
		{
			Title: "ClerkInstances", Kind: Timeline, Width: 12, Height: 7,
			Description: "Whether the condition Ready of each ClerkInstance is True. Normal: Ready all the time.",
			Queries:     []Query{{instancesReady(), "{{resource_namespace}}/{{resource_name}}"}},
			States:      map[string]State{"0": {"Not ready", bad}, "1": {"Ready", good}},
			Empty:       "No ClerkInstance",
			Alerts:      []string{"ClerkOperatorInstanceNotReady"},
		},
		{
			Title: "Firing alerts", Kind: Timeline, Width: 12, Height: 7,
			Description: "Alerts of the operator that fire, of all installations. Normal: none. " +
				"The panel is also empty if the rules are not installed, or if another Prometheus evaluates them.",
			Queries: []Query{{`count by (alertname) (ALERTS{alertname=~"ClerkOperator.+",alertstate="firing"})`, "{{alertname}}"}},
			Steps:   []Step{{0, bad}},
			Empty:   "No alert fires, or the rules are not installed",
		},
		{
			Title: "State of each ClerkInstance", Kind: Table, Width: 24, Height: 6,
			Description: "Each ClerkInstance, its instance at Clerk, the reason of its condition Ready and the time since its key was last checked. " +
				"The operator checks a key when it starts, when the key changes and after Clerk refused it. Normal: KeyAccepted.",
			Queries: []Query{
				{state("clerkinstance_info", selected, "resource_namespace", "resource_name", "clerk_instance", "environment"), ""},
				{
					clerkInstances(state("clerkinstance_ready_reason", target, "resource_namespace", "resource_name", "reason") + ` == 1`), "",
				},
				{
					clerkInstances(age(state("clerkinstance_last_key_check_timestamp_seconds", target, "resource_namespace", "resource_name"))), "",
				},
			},
			Columns: []Column{
				{Label: "resource_namespace", Title: "Namespace"},
				{Label: "resource_name", Title: "ClerkInstance"},
				{Label: "clerk_instance", Title: "Instance at Clerk"},
				{Label: "environment", Title: "Environment"},
				{Label: "reason", Title: "Reason"},
				{Label: "Value #C", Title: "Time since key check", Unit: "s"},
			},
			Empty:  "No ClerkInstance",
			Alerts: []string{"ClerkOperatorInstanceNotReady", "ClerkOperatorKeyRejected", "ClerkOperatorInstanceChanged"},
		},
	}
}
