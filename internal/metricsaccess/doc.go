// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package metricsaccess decides who may read the metrics: a user with a token that the API server knows, and with the right to
// get the path. It does what controller-runtime's filter of the same purpose does, which links k8s.io/apiserver and with it
// gRPC, CEL and templates. A program with templates keeps every method that they could call by name. Together these made the
// operator's binary 56 MB instead of 36 MB, and most of a Go binary is in memory.
package metricsaccess
