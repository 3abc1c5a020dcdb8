// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package flux tests what Flux makes of the operator's objects, with the library by which its kustomize-controller applies, prunes and
// waits, and with its API types.
package flux
