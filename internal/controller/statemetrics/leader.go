// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package statemetrics

import (
	"context"
	"sync/atomic"
)

// leader knows whether this process reconciles.
type leader struct {
	// mayWrite is as in Config.
	mayWrite func() error
	begun    atomic.Bool
}

// Start is called when this process becomes the leader, or at once without leader election.
func (l *leader) Start(ctx context.Context) error {
	l.begun.Store(true)
	<-ctx.Done()
	l.begun.Store(false)
	return nil
}

// NeedLeaderElection returns true.
func (l *leader) NeedLeaderElection() bool { return true }

// leads reports whether this process reconciles. A process that lost its lease does not, even before it has ended.
func (l *leader) leads() bool {
	return l.begun.Load() && (l.mayWrite == nil || l.mayWrite() == nil)
}
