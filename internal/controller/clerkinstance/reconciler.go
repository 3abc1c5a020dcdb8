// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkinstance

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
	"github.com/clerk-operator/clerk-operator/internal/controller/index"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
)

// Config says what a Reconciler works with.
type Config struct {
	reconcile.Tools

	// DefaultInstance serves ClerkUsers that name no ClerkInstance and whose namespace has none named default. Empty: there
	// is none.
	DefaultInstance types.NamespacedName
	// Hosts are the API hosts that may be called.
	Hosts AllowedHosts
	// UserAgent is sent with every call.
	UserAgent string
	// SecretInterval is the time between two reads of a Secret that holds a key. 0: one minute.
	SecretInterval time.Duration
	// CountInterval is the least time between two writes of counts into status. 0: ten seconds.
	CountInterval time.Duration
	// SecretsByRole says that the rights on Secrets come from Roles in the watched namespaces. When a namespace is deleted, its Role
	// goes with everything else, and a finalizer on a Secret could not be removed: so Secrets get none. The key in memory still
	// serves the deletion of the namespace's users.
	SecretsByRole bool
	// MayWrite is as for clerk.Config.
	MayWrite func() error
	// Observe is called after each call to Clerk. Nil does nothing.
	Observe connection.Observer
}

const (
	defaultSecretInterval = time.Minute
	defaultCountInterval  = 10 * time.Second
)

// Reconciler reconciles ClerkInstances.
type Reconciler struct {
	Config

	checked *checkedKeys
	objects *reconcile.Store[hold]
}

// New returns a Reconciler.
func New(c Config) *Reconciler {
	if c.SecretInterval == 0 {
		c.SecretInterval = defaultSecretInterval
	}
	if c.CountInterval == 0 {
		c.CountInterval = defaultCountInterval
	}
	return &Reconciler{Config: c, checked: newCheckedKeys(c.Now), objects: reconcile.NewStore[hold]()}
}

// KeyCheckedAt returns when Clerk last accepted the key of a ClerkInstance; zero if it did not since this process started.
func (r *Reconciler) KeyCheckedAt(name types.NamespacedName) time.Time {
	return r.checked.lastCheck(name)
}

// Reconcile makes one reconciliation of a ClerkInstance.
func (r *Reconciler) Reconcile(ctx context.Context, instance *v1alpha1.ClerkInstance) (ctrl.Result, error) {
	spine := reconcile.Reconciler[*v1alpha1.ClerkInstance, *outcome, result]{Kind: kind{r}, Objects: r.objects, Log: r.FailureLog(controllerName)}
	return spine.Reconcile(ctx, instance)
}

// references says which ClerkUsers lead to an instance.
func (r *Reconciler) references() index.References {
	return index.References{Reader: r.Client, Default: r.DefaultInstance}
}

// kind is how ClerkInstances are reconciled.
type kind struct{ *Reconciler }

// Delay returns 0: there are few ClerkInstances.
func (k kind) Delay(*v1alpha1.ClerkInstance) time.Duration { return 0 }

// Run checks the key, counts the ClerkUsers, and ensures the finalizers.
func (k kind) Run(ctx context.Context, instance *v1alpha1.ClerkInstance) *outcome {
	name, o := client.ObjectKeyFromObject(instance), &outcome{}
	o.known, _ = k.Pool.State(name)
	o.err = k.run(ctx, instance, o)
	o.ended = k.Now()
	o.firstSeen = k.objects.FirstSeen(instance.UID, reconcile.Asked{Generation: instance.Generation}, o.ended)
	o.countsDue = k.checked.countsDue(name, o.ended, k.CountInterval)
	return o
}

func (k kind) run(ctx context.Context, instance *v1alpha1.ClerkInstance, o *outcome) (err error) {
	users, deleting := k.countUsers(), !instance.DeletionTimestamp.IsZero()
	if o.counts, err = users.cached(ctx, instance); err != nil {
		return err
	}
	o.pending = k.unsettled(instance)
	o.counts = o.counts.withPending(o.pending)
	o.counted = true
	if deleting {
		o.holdLeft = k.holdLeft(instance, o.counts)
	}
	if deleting && !o.counts.holds(o.holdLeft) {
		if err := k.release(ctx, instance, o); o.released || err != nil {
			return err
		}
	}
	if err := checkDecoded(instance); err != nil {
		return err
	}
	holds := k.finalizers()
	if !deleting {
		if err := holds.ensureOwn(ctx, instance); err != nil {
			return err
		}
	}
	if err := holds.releaseFormerSecret(ctx, instance); err != nil {
		return err
	}
	if o.connection, o.keyMissing, err = k.connect().run(ctx, instance); err != nil {
		return err
	}
	o.mirror = o.connection.Mirror.Report()
	o.massAbsent = int64(o.connection.Mirror.MassAbsent(o.counts.waiting))
	return nil
}

// release lets go of an instance that nobody holds. The cache may not have a ClerkUser yet that was bound, or is being created,
// since the instance was deleted.
func (k kind) release(ctx context.Context, instance *v1alpha1.ClerkInstance, o *outcome) error {
	counted, err := k.countUsers().live(ctx, instance)
	if err != nil {
		return err
	}
	counted = counted.withPending(o.pending)
	o.counts, o.released = counted, !counted.holds(o.holdLeft)
	if !o.released {
		return nil
	}
	return k.finalizers().release(ctx, instance)
}

func (r *Reconciler) countUsers() countUsers {
	return countUsers{r.Client, r.APIReader, r.DefaultInstance}
}

func (r *Reconciler) finalizers() finalizers {
	return finalizers{r.Client, r.APIReader, r.countUsers(), r.SecretsByRole}
}

func (r *Reconciler) connect() connect {
	key := readKey{r.APIReader, r.finalizers()}
	return connect{key, r.checked, r.Pool, r.Hosts, r.UserAgent, r.Now, r.MayWrite, r.Observe}
}
