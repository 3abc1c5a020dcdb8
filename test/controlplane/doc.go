// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package controlplane starts a real etcd and kube-apiserver for tests, benchmarks and the demo, through
// controller-runtime's envtest.
//
// Nothing that it starts outlives the starting process, however that process ends. Each binary runs under a leash: a
// copy of the starting program that has the reading end of a pipe, starts the binary as its child and kills it when the
// pipe ends. A program that uses this package therefore calls [Leash] first in main. A test package has
//
//	func TestMain(m *testing.M) { os.Exit(controlplane.Main(m)) }
//
// "make test" starts one control plane for all packages and names it in [KubeconfigVariable]; "go test" alone starts
// one for each package. Each test uses its own namespace.
package controlplane
