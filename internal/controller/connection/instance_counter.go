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
// increase in a counter that appears with the value 1. When the Clerk instance is used again later, they begin again with 0, as all
// counters of a Clerk instance do. It is safe for concurrent use.
type InstanceCounter struct {
	pool   *Pool
	vector *prometheus.CounterVec
	// combinations are the values of the other labels, for each series of one instance.
	combinations [][]string

	mu sync.Mutex
	// counted are the Clerk instances that have series, by label.
	counted map[string]*sharedInstance
}

var _ prometheus.Collector = (*InstanceCounter)(nil)

// ClosedLabel is a label with all its values.
type ClosedLabel struct {
	Name   string
	Values []string
}

// NewInstanceCounter returns a counter for each Clerk instance of the pool, and for each combination of the values of the labels.
func NewInstanceCounter(pool *Pool, name, help string, labels ...ClosedLabel) *InstanceCounter {
	names, combinations := []string{instanceLabel}, [][]string{nil}
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
		counted:      map[string]*sharedInstance{},
	}
}

// Inc counts one in a Clerk instance that some ClerkInstance uses. The values are those of the other labels, in their order.
func (c *InstanceCounter) Inc(instanceID string, values ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	used := c.pool.use(instanceID)
	if used == nil {
		return
	}
	c.ensure(used)
	c.vector.WithLabelValues(append([]string{used.label}, values...)...).Inc()
}

// Describe sends the description of the counter.
func (c *InstanceCounter) Describe(to chan<- *prometheus.Desc) { c.vector.Describe(to) }

// Collect sends the present values of the Clerk instances that are in use.
func (c *InstanceCounter) Collect(to chan<- prometheus.Metric) {
	c.mu.Lock()
	defer c.mu.Unlock()
	inUse := c.pool.inUse()
	for _, used := range inUse {
		c.ensure(used)
	}
	for _, counted := range c.counted {
		if !slices.Contains(inUse, counted) {
			c.remove(counted.label)
		}
	}
	c.vector.Collect(to)
}

// ensure makes all series of a Clerk instance exist. Those of an earlier use begin again. The caller holds the lock.
func (c *InstanceCounter) ensure(used *sharedInstance) {
	if c.counted[used.label] == used {
		return
	}
	c.remove(used.label)
	c.counted[used.label] = used
	for _, values := range c.combinations {
		c.vector.WithLabelValues(append([]string{used.label}, values...)...)
	}
}

// remove removes the series of a Clerk instance. The caller holds the lock.
func (c *InstanceCounter) remove(label string) {
	c.vector.DeletePartialMatch(prometheus.Labels{instanceLabel: label})
	delete(c.counted, label)
}
