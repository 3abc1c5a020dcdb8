// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package clerkinstance keeps ClerkInstances: it reads the secret key, asks Clerk which instance the key belongs to,
// opens the connection that ClerkUsers use, and counts.
package clerkinstance

import (
	"context"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
	"github.com/clerk-operator/clerk-operator/internal/controller/index"
	"github.com/clerk-operator/clerk-operator/internal/mirror"
)

// Config says what a Reconciler works with.
type Config struct {
	// Client reads ClerkInstances and ClerkUsers from the cache and writes.
	Client client.Client
	// Live reads Secrets and Namespaces from the API server; Secrets never enter a cache.
	Live client.Reader
	// Pool is where connections go.
	Pool *connection.Pool
	// Recorder writes events.
	Recorder events.EventRecorder
	// Now tells the time.
	Now func() time.Time
	// ClusterID is the id of this cluster in owner marks; it is shown in status.
	ClusterID string
	// DefaultInstance serves ClerkUsers that name no ClerkInstance and whose namespace has none named default. Empty: there
	// is none.
	DefaultInstance types.NamespacedName
	// Hosts are the API hosts that may be called.
	Hosts AllowedHosts
	// UserAgent is sent with every call.
	UserAgent string
	// SecretInterval is the time between two looks at a Secret that holds a key. 0: one minute.
	SecretInterval time.Duration
	// CountInterval is the least time between two writes of counts into status. 0: ten seconds.
	CountInterval time.Duration
	// WatchSecrets says that a changed Secret is to be noticed at once; it needs the right to list and watch Secrets.
	WatchSecrets bool
	// MayWrite is as for clerk.Config.
	MayWrite func() error
}

const (
	defaultSecretInterval = time.Minute
	defaultCountInterval  = 10 * time.Second
	lowPriority           = -100
)

// Reconciler reconciles ClerkInstances.
type Reconciler struct {
	Config

	checked *checkedKeys
}

// New returns a Reconciler.
func New(c Config) *Reconciler {
	if c.SecretInterval == 0 {
		c.SecretInterval = defaultSecretInterval
	}
	if c.CountInterval == 0 {
		c.CountInterval = defaultCountInterval
	}
	return &Reconciler{Config: c, checked: newCheckedKeys()}
}

// references says which ClerkUsers lead to an instance.
func (r *Reconciler) references() index.References {
	return index.References{Reader: r.Client, Default: r.DefaultInstance}
}

// outcome is what one pass over a ClerkInstance learned.
type outcome struct {
	connection *connection.Connection
	keyMissing bool
	// mirror is how the mirror of the connection is.
	mirror mirror.Report
	tally  tally
	// counted is true once tally was made.
	counted bool
	gone    bool
	err     error
}

// Reconcile makes one pass over a ClerkInstance.
func (r *Reconciler) Reconcile(ctx context.Context, instance *v1alpha1.ClerkInstance) (ctrl.Result, error) {
	before := instance.DeepCopy()
	name := types.NamespacedName{Namespace: instance.Namespace, Name: instance.Name}
	o := r.pass(ctx, name, instance)
	if o.gone {
		r.Pool.Drop(name)
		r.checked.forget(name)
		return ctrl.Result{}, o.err
	}
	v := r.judge(instance, o)
	owing, err := r.report(ctx, before, instance, o, v)
	if err != nil {
		return ctrl.Result{}, err
	}
	if v.state != nil {
		// Patches put a spec that was edited meanwhile into instance; what was found out is about the one before.
		v.state.UID, v.state.Generation = before.UID, before.Generation
		r.Pool.Set(name, *v.state)
	}
	r.dropIfGone(ctx, name, before.UID)
	if owing {
		v.after = min(v.after, r.CountInterval)
	}
	low := lowPriority
	return ctrl.Result{RequeueAfter: v.after, Priority: &low}, v.err
}

// pass looks at the key, at Clerk and at the ClerkUsers, and ensures the finalizers.
func (r *Reconciler) pass(ctx context.Context, name types.NamespacedName, instance *v1alpha1.ClerkInstance) (o outcome) {
	o.tally, o.err = r.count(ctx, instance)
	if o.counted = o.err == nil; !o.counted {
		return o
	}
	if !instance.DeletionTimestamp.IsZero() && o.tally.needing == 0 {
		// The cache may not have a ClerkUser yet that was bound, or is being created, since the instance was deleted.
		if o.tally, o.err = r.countLive(ctx, instance); o.err == nil && o.tally.needing == 0 {
			o.gone = true
			o.err = r.release(ctx, instance)
		}
		if o.gone || o.err != nil {
			return o
		}
	}
	if o.err = understood(instance); o.err != nil {
		return o
	}
	if instance.DeletionTimestamp.IsZero() {
		if o.err = r.ensureFinalizer(ctx, instance); o.err != nil {
			return o
		}
	}
	if o.err = r.releaseFormerSecret(ctx, instance); o.err != nil {
		return o
	}
	o.connection, o.keyMissing, o.err = r.connect(ctx, name, instance)
	if o.err == nil {
		o.mirror = o.connection.Mirror.Report()
	}
	return o
}

// dropIfGone ends the use of a key whose ClerkInstance went away during the pass that has just put it to use: the event of
// that was heard before.
func (r *Reconciler) dropIfGone(ctx context.Context, name types.NamespacedName, uid types.UID) {
	present := &v1alpha1.ClerkInstance{}
	err := r.Client.Get(ctx, name, present)
	if apierrors.IsNotFound(err) || err == nil && present.UID != uid {
		r.Pool.Drop(name)
		r.checked.forget(name)
	}
}
