// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package install installs the operator on a bare API server and removes it again, with the commands of the documentation.
package install
