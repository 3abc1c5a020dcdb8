// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package statemetrics

import (
	"cmp"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/types"

	"github.com/clerk-operator/clerk-operator/internal/controller/brake"
)

// collector exports what users, instances and actions count.
type collector struct {
	config    Config
	leader    *leader
	users     *users
	instances *instances
	actions   *actions
	// synced reports whether the counts have all objects that existed at the start.
	synced func() bool
	descriptions
}

var _ prometheus.Collector = (*collector)(nil)

func newCollector(c Config) *collector {
	return &collector{
		config:       c,
		leader:       &leader{mayWrite: c.MayWrite},
		users:        newUsers(c.DefaultInstance),
		instances:    newInstances(c.Pool),
		actions:      newActions(),
		synced:       func() bool { return false },
		descriptions: describe(),
	}
}

// noInstance is the label clerk_instance of what leads to no Clerk instance.
const noInstance = "none"

// Describe sends the descriptions of all series.
func (c *collector) Describe(to chan<- *prometheus.Desc) {
	for _, one := range c.all() {
		to <- one
	}
}

// Collect sends the present values. A standby sends only that it does not lead.
func (c *collector) Collect(to chan<- prometheus.Metric) {
	leads := c.leader.leads()
	out := output{to}
	out.gauge(c.leading, oneIf(leads))
	if !leads || !c.synced() {
		return
	}
	state := c.instances.snapshot()
	c.collectUsers(out, state)
	for name := range state.all {
		c.collectInstance(out, state, name)
	}
	c.collectBrakes(out, state)
	number, oldest := c.actions.totals()
	out.gauge(c.actionsUnfinished, float64(number))
	out.gauge(c.actionsOldest, float64(oldest))
}

// collectUsers sends the numbers of ClerkUsers of each Clerk instance that has ClerkInstances, and of none.
func (c *collector) collectUsers(out output, state snapshot) {
	totals := c.users.totals(state.labelOf)
	labels := map[string]bool{"": true}
	for _, label := range state.labels {
		labels[label] = true
	}
	for label := range labels {
		total := totals[label]
		if total == nil {
			total = &userTotals{}
		}
		label = cmp.Or(label, noInstance)
		for _, s := range readyStates() {
			out.gauge(c.usersByState, float64(total.states[s]), label, string(s.Status), s.Reason)
		}
		out.gauge(c.usersSuspended, float64(total.suspended), label)
		out.gauge(c.usersOldest, float64(total.oldest), label)
	}
}

func (c *collector) collectInstance(out output, state snapshot, name types.NamespacedName) {
	instance, label := state.all[name], cmp.Or(state.labels[name], noInstance)
	out.gauge(c.instanceInfo, 1, name.Namespace, name.Name, label, environmentOf(instance))
	ready, reason := readyOf(instance)
	out.gauge(c.instanceReady, oneIf(ready), name.Namespace, name.Name)
	for _, one := range instanceReasons() {
		out.gauge(c.instanceReason, oneIf(one == reason), name.Namespace, name.Name, one)
	}
	out.gauge(c.keyChecked, seconds(c.config.KeyCheckedAt(name)), name.Namespace, name.Name)
}

func (c *collector) collectBrakes(out output, state snapshot) {
	for label, sharing := range state.sharing() {
		counted, limit := brake.Counted(sharing, c.config.Now())
		out.gauge(c.brakeDeletions, float64(counted), label)
		out.gauge(c.brakeMax, float64(limit), label)
	}
}

// output sends metrics.
type output struct{ to chan<- prometheus.Metric }

func (o output) gauge(description *prometheus.Desc, value float64, labels ...string) {
	o.to <- prometheus.MustNewConstMetric(description, prometheus.GaugeValue, value, labels...)
}

// seconds returns a time in Unix seconds; 0 for no time.
func seconds(at time.Time) float64 {
	if at.IsZero() {
		return 0
	}
	return float64(at.Unix())
}

func oneIf(holds bool) float64 {
	if holds {
		return 1
	}
	return 0
}
