// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuseraction

import (
	"context"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
)

// Config says what a Reconciler works with.
type Config struct {
	// Client reads from the cache and writes.
	Client client.Client
	// Live reads from the API server what must not be taken from a cache, and writes Secrets.
	Live client.Client
	// Pool holds the ways to Clerk.
	Pool *connection.Pool
	// Recorder writes events.
	Recorder events.EventRecorder
	// Now tells the time.
	Now func() time.Time
	// ClusterID stands in owner marks; it is the same as for ClerkUsers.
	ClusterID string
	// Metrics counts what happened.
	Metrics *Metrics
	// WatchSecrets has passes made as soon as a Secret changes that an action reads. Without it a missing one is looked for
	// every minute.
	WatchSecrets bool
}

// Reconciler reconciles ClerkUserActions.
type Reconciler struct {
	Config

	memory *memory
}

// New returns a Reconciler.
func New(c Config) *Reconciler { return &Reconciler{Config: c, memory: newMemory()} }

// Reconcile makes one pass over a ClerkUserAction. A copy of the object from before our own last write is passed over: the
// event of that write is on its way. So is an object that is being deleted: nobody waits for its action any more.
func (r *Reconciler) Reconcile(ctx context.Context, action *v1alpha1.ClerkUserAction) (ctrl.Result, error) {
	if !action.DeletionTimestamp.IsZero() || r.memory.outdated(action.UID, action.ResourceVersion) {
		return ctrl.Result{}, nil
	}
	if finished(action) {
		return r.expire(ctx, action)
	}
	p := r.newPass(action)
	if end := r.memory.owed(action.UID); end != nil {
		return ctrl.Result{RequeueAfter: reconcile.ConflictPause}, p.reportOwed(ctx, end)
	}
	if left := r.memory.resting(action.UID, p.now); left > 0 {
		return ctrl.Result{RequeueAfter: left}, nil
	}
	working, cancel := reconcile.WorkingTime(ctx)
	defer cancel()
	p.err = p.run(working)
	v := r.judge(p)
	if err := p.report(ctx, v); apierrors.IsConflict(err) {
		return ctrl.Result{RequeueAfter: reconcile.ConflictPause}, nil
	} else if err != nil {
		return ctrl.Result{}, err
	}
	return v.result(), v.err
}
