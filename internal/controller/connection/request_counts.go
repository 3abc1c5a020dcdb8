// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package connection

import (
	"sync/atomic"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// requestCounts counts calls by operation and code. It is safe for concurrent use.
type requestCounts struct {
	operations []clerk.Operation
	counts     map[clerk.Operation]map[clerk.Code]*atomic.Int64
}

// newRequestCounts returns counts of the calls with these operations. Others are not counted.
func newRequestCounts(operations []clerk.Operation) *requestCounts {
	c := &requestCounts{operations, make(map[clerk.Operation]map[clerk.Code]*atomic.Int64, len(operations))}
	for _, op := range operations {
		c.counts[op] = make(map[clerk.Code]*atomic.Int64, len(clerk.Codes()))
		for _, code := range clerk.Codes() {
			c.counts[op][code] = &atomic.Int64{}
		}
	}
	return c
}

func (c *requestCounts) count(r clerk.RequestInfo) {
	if count, found := c.counts[r.Operation][r.Code()]; found {
		count.Add(1)
	}
}

// each calls add for each operation and code.
func (c *requestCounts) each(add func(value float64, labels ...string)) {
	for _, op := range c.operations {
		for _, code := range clerk.Codes() {
			add(float64(c.counts[op][code].Load()), string(op), string(code))
		}
	}
}
