// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuseraction

import (
	"context"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
)

// Config says what a Reconciler works with.
type Config struct {
	reconcile.Tools

	// SecretClient reads and writes Secrets at the API server; Secrets never enter a cache.
	SecretClient client.Client
	// Metrics counts what happened.
	Metrics *Metrics
}

// Reconciler reconciles ClerkUserActions.
type Reconciler struct {
	Config

	objects *reconcile.Store[objectState]
}

// New returns a Reconciler.
func New(c Config) *Reconciler {
	return &Reconciler{Config: c, objects: reconcile.NewStore[objectState]()}
}

// Reconcile makes one reconciliation of a ClerkUserAction. An object that is being deleted is skipped: nobody waits for its
// action any more. Of one that is finished nothing but its time to live counts.
func (r *Reconciler) Reconcile(ctx context.Context, action *v1alpha1.ClerkUserAction) (ctrl.Result, error) {
	switch {
	case !action.DeletionTimestamp.IsZero(), r.objects.Outdated(action):
		return ctrl.Result{}, nil
	case finished(action):
		return r.expire(ctx, action)
	}
	spine := reconcile.Reconciler[*v1alpha1.ClerkUserAction, *outcome, result]{Kind: kind{r}, Objects: r.objects, Log: r.FailureLog(controllerName)}
	return spine.Reconcile(ctx, action)
}

// kind is how ClerkUserActions are reconciled.
type kind struct{ *Reconciler }

// Delay returns how long an action whose last reconciliation failed is left alone yet. A status that could not be written
// does not wait.
func (k kind) Delay(action *v1alpha1.ClerkUserAction) time.Duration {
	state := k.objects.Of(action.UID)
	if state.unwritten != nil {
		return 0
	}
	return state.backOff.Left(noInputs{}, k.Now())
}

// Run carries the action out, or finds out why not.
func (k kind) Run(ctx context.Context, action *v1alpha1.ClerkUserAction) *outcome {
	o := k.newOutcome(action)
	if o.state.unwritten == nil {
		o.err = k.run(ctx, action, o)
	}
	o.ended = k.Now()
	return o
}

func (k kind) run(ctx context.Context, action *v1alpha1.ClerkUserAction, o *outcome) (err error) {
	if err = checkDecoded(action); err != nil {
		return err
	}
	if err = (resumeStart{k.APIReader}).run(ctx, action, o); err != nil {
		return err
	}
	if o.user, err = (resolveUser{k.Client}).run(ctx, action); err != nil {
		return err
	}
	to, err := resolveConnection{k.Client, k.APIReader, k.Pool}.run(ctx, action, o.user)
	if err != nil {
		return err
	}
	rights := to.For(callerOf(action))
	input, err := readInput{k.APIReader}.run(ctx, action)
	if err != nil {
		return err
	}
	if err = (observe{k.APIReader, rights.Reader, to.Mirror, k.ClusterID, k.Now}).run(ctx, action, o); err != nil {
		return err
	}
	if o.target, err = resolveTarget(&action.Spec, o.observed); err != nil {
		return err
	}
	secret := &outputSecret{client: k.SecretClient, action: action}
	if err = (prepareOutput{secret}).run(ctx, o.observed); err != nil {
		return err
	}
	if err = (recordStart{k.Client, rights.Actor, k.objects, k.Now}).run(ctx, action, o); err != nil {
		return err
	}
	o.called = true
	called := k.Now()
	answered, err := call{rights.Actor, secret}.run(ctx, request{&action.Spec, o.observed, o.target, writeOf(action, o.user, o.observed.ID), input})
	o.lag = lagLeft(to.Mirror, o.user, o.now)
	share{to.Mirror, k.Pool, k.Now}.run(o, called, answered.user, err)
	if err == nil {
		o.answer = answered
	}
	return err
}
