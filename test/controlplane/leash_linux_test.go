// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"testing"
	"time"
)

// Only Linux has a signal for the death of a parent, so elsewhere a killed leash leaves its process.
func TestProcessEndsWithItsLeash(t *testing.T) {
	t.Parallel()
	process, pid := runSleep(t, leashed(t))
	if err := process.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	eventually(t, 10*time.Second, "child gone", func() bool { return !alive(pid) })
}
