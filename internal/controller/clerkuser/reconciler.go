// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"
	"errors"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/binding"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
)

// Config says what a Reconciler works with.
type Config struct {
	// Client reads from the cache and writes.
	Client client.Client
	// Live reads from the API server, for what must not be taken from a cache.
	Live client.Reader
	// Pool holds the ways to Clerk.
	Pool *connection.Pool
	// Recorder writes events.
	Recorder events.EventRecorder
	// Now tells the time.
	Now func() time.Time
	// Key signs status.binding.
	Key binding.Key
	// ClusterID stands in owner marks; it must be unique among the clusters that share a Clerk instance.
	ClusterID string
	// DefaultInstance serves ClerkUsers that name no ClerkInstance and whose namespace has none named default. Empty:
	// there is none.
	DefaultInstance types.NamespacedName
	// Metrics counts what happened.
	Metrics *Metrics
	// WatchSecrets has passes made as soon as a Secret or ConfigMap changes that an object names. Without it they are read
	// with every pass, of which each object has one after every full comparison.
	WatchSecrets bool
}

// Reconciler reconciles ClerkUsers.
type Reconciler struct {
	Config

	memory   *memory
	rates    *reconcile.Rates
	counting *countLocks
}

// New returns a Reconciler.
func New(c Config) *Reconciler {
	return &Reconciler{
		Config:   c,
		memory:   newMemory(),
		rates:    reconcile.NewRates(c.Now),
		counting: &countLocks{locks: map[string]*sync.Mutex{}},
	}
}

// Reconcile makes one pass over a ClerkUser. A copy of the object from before our own last write is passed over: the
// event of that write is on its way.
func (r *Reconciler) Reconcile(ctx context.Context, user *v1alpha1.ClerkUser) (ctrl.Result, error) {
	r.memory.meet(user.UID, client.ObjectKeyFromObject(user))
	if r.memory.outdated(user.UID, user.ResourceVersion) {
		return ctrl.Result{}, nil
	}
	if wait := r.rates.Wait(user.UID); wait > 0 {
		return ctrl.Result{RequeueAfter: wait}, nil
	}
	before := user.DeepCopy()
	r.memory.beginRetry(user.UID)
	p := r.newPass(user)
	working, cancel := reconcile.WorkingTime(ctx)
	defer cancel()
	p.err = p.run(working)
	v := r.judge(p)
	if err := r.report(ctx, before, p, v); apierrors.IsConflict(err) || errors.Is(err, errOutdated) {
		return ctrl.Result{RequeueAfter: reconcile.ConflictPause}, nil
	} else if err != nil {
		return ctrl.Result{}, err
	}
	return v.result(), v.err
}
