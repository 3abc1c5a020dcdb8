// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"time"

	"github.com/go-logr/logr"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
	"github.com/clerk-operator/clerk-operator/internal/logging"
)

// Tools are what the controllers of all kinds work with.
type Tools struct {
	// Client reads from the cache and writes.
	Client client.Client
	// APIReader reads from the API server what must not be taken from a cache, or is not in it, such as Secrets.
	APIReader client.Reader
	// Pool holds the connections to Clerk.
	Pool *connection.Pool
	// Recorder writes events.
	Recorder events.EventRecorder
	// Failures counts failures that repeat, for the log.
	Failures *logging.Failures
	// Log is for lines that no reconciliation writes.
	Log logr.Logger
	// Now tells the time.
	Now func() time.Time
	// ClusterID is the id of this cluster in owner marks. It must be unique among the clusters that share a Clerk instance.
	ClusterID string
	// ApplyWindow is how long what a new object or generation names may still come from the same apply: its ClerkInstance, a
	// Secret or a ConfigMap. Meanwhile the object is in progress; then it is reported as missing. 0: it is reported at once.
	ApplyWindow time.Duration
	// WatchSecrets says that an object is reconciled as soon as a Secret changes that it names, or a ConfigMap; it needs the
	// right to list and watch them.
	WatchSecrets bool
}

// FailureLog returns the log of failures of the controller with this name.
func (t Tools) FailureLog(controller string) *FailureLog {
	return &FailureLog{Controller: controller, Failures: t.Failures, Log: t.Log}
}
