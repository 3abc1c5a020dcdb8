// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package connection

import (
	"slices"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
)

// InstanceCounter is a counter for each Clerk instance of a Pool, with the label clerk_instance first and other labels from
// closed sets after it. All series of a Clerk instance exist, at 0 first, as long as a ClerkInstance uses it: Prometheus sees no
// increase in a counter that appears with the value 1. It is safe for concurrent use.
type InstanceCounter struct {
	pool   *Pool
	vector *prometheus.CounterVec
	// combinations are the values of the other labels, for each series of one instance.
	combinations [][]string

	mu sync.Mutex
	// counted are the ids of the Clerk instances that have series.
	counted map[string]bool
}

var _ prometheus.Collector = (*InstanceCounter)(nil)

// ClosedLabel is a label with all its values.
type ClosedLabel struct {
	Name   string
	Values []string
}

// NewInstanceCounter returns a counter for each Clerk instance of the pool, and for each combination of the values of the labels.
func NewInstanceCounter(pool *Pool, name, help string, labels ...ClosedLabel) *InstanceCounter {
	names, combinations := []string{"clerk_instance"}, [][]string{nil}
	for _, label := range labels {
		names = append(names, label.Name)
		var longer [][]string
		for _, before := range combinations {
			for _, value := range label.Values {
				longer = append(longer, append(slices.Clone(before), value))
			}
		}
		combinations = longer
	}
	return &InstanceCounter{
		pool:         pool,
		vector:       prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, names),
		combinations: combinations,
		counted:      map[string]bool{},
	}
}

// Inc counts one in a Clerk instance. The values are those of the other labels, in their order.
func (c *InstanceCounter) Inc(instanceID string, values ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ensure(instanceID)
	c.vector.WithLabelValues(append([]string{instanceID}, values...)...).Inc()
}

// Describe sends the description of the counter.
func (c *InstanceCounter) Describe(to chan<- *prometheus.Desc) { c.vector.Describe(to) }

// Collect sends the present values of the Clerk instances that are in use.
func (c *InstanceCounter) Collect(to chan<- prometheus.Metric) {
	c.mu.Lock()
	defer c.mu.Unlock()
	used := c.pool.InstanceIDs()
	for _, id := range used {
		c.ensure(id)
	}
	for id := range c.counted {
		if !slices.Contains(used, id) {
			c.vector.DeletePartialMatch(prometheus.Labels{"clerk_instance": id})
			delete(c.counted, id)
		}
	}
	c.vector.Collect(to)
}

// ensure makes all series of an instance exist. The caller holds the lock.
func (c *InstanceCounter) ensure(instanceID string) {
	if c.counted[instanceID] {
		return
	}
	c.counted[instanceID] = true
	for _, values := range c.combinations {
		c.vector.WithLabelValues(append([]string{instanceID}, values...)...)
	}
}
