// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package leaders runs the real manager as processes with leader election: two of which the leader is frozen, as on a node that
// is short of memory or on a virtual machine that is moved; and one or two that start, become ready and are told to end.
package leaders
