// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package lease prevents writes by a process that may no longer be the leader. Leader election alone does not: a frozen
// process continues where it stopped when it wakes up, while another process is the leader. A Guard knows when the
// lease was last renewed, and is checked right before each call that writes to Clerk or to the API server.
package lease
