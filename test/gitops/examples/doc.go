// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package examples tests the manifests below gitops/ that users copy.
package examples
