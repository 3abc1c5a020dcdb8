// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"
	"time"
)

func TestStatWithAnyName(t *testing.T) {
	t.Parallel()
	got, err := parseStat("42 (a) (b c) S 7 42 42 0 -1 4194560 100 0 0 0 150 25 0 0 20 0 1 0 1 1 1\n")
	if err != nil || got != (stat{name: "a) (b c", parent: 7, cpu: 1750 * time.Millisecond}) {
		t.Errorf("%+v, %v", got, err)
	}
	for _, line := range []string{"", "42 (a", "42 (a) S 7", "42 (a) S x 42 42 0 -1 4194560 100 0 0 0 150 25"} {
		if _, err := parseStat(line); err == nil {
			t.Errorf("%q is taken for a process", line)
		}
	}
}

func TestMemoryInStatus(t *testing.T) {
	t.Parallel()
	const status = "Name:\tVmRSS:\nVmHWM:\t    2048 kB\nVmRSS:\t     100 kB\n"
	if peak, held := kibibytes(status, "VmHWM"), kibibytes(status, "VmRSS"); peak != 2<<20 || held != 100<<10 {
		t.Errorf("peak %d, resident %d", peak, held)
	}
	if got := kibibytes(status, "VmSwap"); got != 0 {
		t.Errorf("what is not there is %d", got)
	}
}
