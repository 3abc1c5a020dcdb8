// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package leaders runs two real managers with leader election and freezes the one that leads, as a node that is short of
// memory or a virtual machine that is moved would.
package leaders
