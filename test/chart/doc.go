// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package chart tests the Helm chart: with Helm as a library, as a command, and on a real API server. It is a module of its own,
// because the product does not depend on Helm.
package chart
