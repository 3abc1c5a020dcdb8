// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package gitops tests what GitOps tools make of the operator's objects, with the libraries of those tools.
package gitops
