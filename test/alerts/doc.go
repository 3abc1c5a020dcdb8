// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package alerts checks config/prometheus/rules.yaml with Prometheus' own promtool: the rules are valid, their unit tests in
// rules_test.yaml pass, and fail with each rule that is broken on purpose. It holds docs/operations.md to the rules.
package alerts
