// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package ratelimit

// sums are numbers whose sum up to any index is known without adding all of them (a Fenwick tree). Node i has the sum
// of the last numbers up to the i-th; the lowest set bit of i is their count.
type sums []int

// add adds n to the number at the index. A number at a new index begins at 0.
func (s *sums) add(index, n int) {
	for i := len(*s) + 1; i <= index+1; i++ {
		*s = append(*s, s.before(i-1)-s.before(i-i&-i))
	}
	for i := index + 1; i <= len(*s); i += i & -i {
		(*s)[i-1] += n
	}
}

// before returns the sum of all numbers before the index.
func (s *sums) before(index int) int {
	sum := 0
	for i := min(index, len(*s)); i > 0; i -= i & -i {
		sum += (*s)[i-1]
	}
	return sum
}
