// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package lease keeps a process from writing when it may no longer be the leader. Leader election alone does not: a process
// that was frozen goes on where it stopped when it wakes, while another one leads. A Guard knows when the lease was renewed
// last, and is asked right before each call that writes to Clerk or to the API server.
package lease
