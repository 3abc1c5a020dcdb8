// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package controlplane

import "syscall"

// tied does nothing if the kernel has no signal for the death of a parent. There a child outlives its leash if somebody
// kills the leash with -9.
func tied() *syscall.SysProcAttr { return nil }
