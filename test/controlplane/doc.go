// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package controlplane starts a real etcd and kube-apiserver for tests, benchmarks and the
// demo, through controller-runtime's envtest.
//
// Nothing it starts outlives the process that started it, however that one dies. Each
// binary runs under a leash: a copy of the starting program that holds the reading end of a
// pipe, starts the binary as its child and kills it when the pipe ends. A program that uses
// this package therefore calls [Leash] first thing in main, or, being a test, has
//
//	func TestMain(m *testing.M) { os.Exit(controlplane.Main(m)) }
//
// "make test" starts one control plane for all packages and names it in [KubeconfigVariable];
// "go test" alone starts one for each package. A test takes a namespace of its own.
package controlplane
