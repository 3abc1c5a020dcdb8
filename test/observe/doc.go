// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package observe plays what can go wrong with an installation and looks at it as its owner does: through Prometheus.
//
// It starts two replicas of the operator as processes, with the ServiceAccount and the roles of config/default, an emulated Clerk,
// and Prometheus, which finds and scrapes the operator by the scrape_config of docs/how-to/monitor.md and evaluates
// config/prometheus/rules.yaml. [Environment.Play] then causes one problem in each of several ClerkInstances at the same time, waits
// for the alerts, mends the causes and waits until the alerts end. The durations in the rules are divided by [Factor] for the run.
//
// After that, Prometheus still runs until [Environment.Stop] and has the data of the whole run.
package observe
