// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package board

import "strings"

const (
	// target selects the installations that the dashboard shows.
	target = `cluster=~"$cluster",job=~"$job",namespace=~"$namespace"`
	// selected selects the Clerk instances too.
	selected = target + `,clerk_instance=~"$clerk_instance"`
	// own restricts metrics that every Go program has to processes of the operator, where a job scrapes others too.
	own = ` and on (cluster, namespace, job, instance) clerk_operator_build_info`
)

// leading restricts metrics to the process that reconciles.
const leading = ` and on (cluster, namespace, job, instance) (clerk_operator_leader == 1)`

// state is a gauge that every replica that knows it exports with the same value. While one leader follows the other, both may be in the
// database, so that a sum over replicas would count them twice. The labels tell the series apart.
func state(metric, matchers string, labels ...string) string {
	return `max by (` + strings.Join(append([]string{"cluster", "namespace", "job"}, labels...), ", ") + `) (clerk_operator_` + metric + `{` + matchers + `})`
}

// counted is how often something happened in a minute, in all replicas, by labels. A counter that starts again at 0 after a restart
// does not disturb it.
func counted(metric, matchers string, labels ...string) string {
	return `60 * ` + perSecond(metric, matchers, labels...)
}

// perSecond is as counted, in a second.
func perSecond(metric, matchers string, labels ...string) string {
	return `sum by (` + strings.Join(labels, ", ") + `) (rate(clerk_operator_` + metric + `{` + matchers + `}[$__rate_interval]))`
}

// active leaves out the series of a counter that did not grow in the time range that the dashboard shows, by labels. What is left is
// shown whole, so that stacked series have no gaps.
func active(expr, metric, matchers string, labels ...string) string {
	by := strings.Join(labels, ", ")
	return expr + ` and on (` + by + `) (sum by (` + by + `) (increase(clerk_operator_` + metric + `{` + matchers + `}[$__range] @ end())) > 0)`
}

// inRange is how often something happened in the time range that the dashboard shows, by labels. What did not happen is left out.
func inRange(metric, matchers string, labels ...string) string {
	return `round(sum by (` + strings.Join(labels, ", ") + `) (increase(clerk_operator_` + metric + `{` + matchers + `}[$__range]))) > 0`
}

// clerkInstances restricts a metric of ClerkInstances to the chosen Clerk instances.
func clerkInstances(expr string) string {
	return expr + ` and on (cluster, namespace, job, resource_namespace, resource_name) clerk_operator_clerkinstance_info{` + selected + `}`
}

// age is the time in seconds since a timestamp; nothing if the timestamp is 0, which means never.
func age(timestamp string) string {
	return `time() - (` + timestamp + ` > 0)`
}
