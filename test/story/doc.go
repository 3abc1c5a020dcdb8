// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package story tests what users of the operator do and what it does then: on a real kube-apiserver, with the
// real controllers, client and cache, and with the emulator as Clerk. Every story ends with a well-formed status and
// with quiet reconciliations that write nothing to either side.
package story
