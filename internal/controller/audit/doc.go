// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package audit writes one log line for each write that is sent to Clerk, and one at a higher level for each other call. It cannot
// be bypassed: every connection to Clerk reports its calls here, and package connection offers no write without a [Write].
// docs/reference/audit.md describes the lines, which have no values of specs, Secrets or answers.
package audit
