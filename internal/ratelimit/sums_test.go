// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package ratelimit

import (
	"testing"

	"pgregory.net/rapid"
)

func TestSums(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var s sums
		plain := make([]int, 100)
		for range rapid.IntRange(0, 50).Draw(t, "additions") {
			i, n := rapid.IntRange(0, len(plain)-1).Draw(t, "index"), rapid.IntRange(-5, 5).Draw(t, "n")
			s.add(i, n)
			plain[i] += n
		}
		sum := 0
		for i, n := range plain {
			if got := s.before(i); got != sum {
				t.Fatalf("before(%d) = %d, want %d", i, got, sum)
			}
			sum += n
		}
	})
}
