// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"cmp"
	"context"
	"errors"
	"time"

	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/brake"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
	"github.com/clerk-operator/clerk-operator/internal/controller/index"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
)

// Config configures a Reconciler.
type Config struct {
	reconcile.Tools
	// Key signs status.binding. The operator's is a binding.Key.
	Key Signer
	// DefaultInstance is the ClerkInstance of ClerkUsers that name none and whose namespace has none named default. Empty:
	// there is no such ClerkInstance.
	DefaultInstance types.NamespacedName
	// Metrics counts changes and transitions of Ready.
	Metrics *Metrics
}

// Reconciler reconciles ClerkUsers.
type Reconciler struct {
	Config

	objects objectStates
	rates   *reconcile.Rates
	brakes  *brake.Locks
	// successions names objects that are being deleted and whose users other objects wait for.
	successions *connection.DedupQueue[types.NamespacedName]
	formers     *formers
	chosen      *successors
}

// New returns a Reconciler.
func New(c Config) *Reconciler {
	return &Reconciler{
		Config:  c,
		objects: newObjectStates(),
		rates:   reconcile.NewRates(c.Now),
		brakes:  brake.NewLocks(),

		successions: connection.NewDedupQueue[types.NamespacedName](),
		formers:     newFormers(),
		chosen:      newSuccessors(),
	}
}

// Reconcile reconciles a ClerkUser once.
func (r *Reconciler) Reconcile(ctx context.Context, user *v1alpha1.ClerkUser) (ctrl.Result, error) {
	r.objects.Meet(user)
	spine := reconcile.Reconciler[*v1alpha1.ClerkUser, *work, result]{Kind: kind{r}, Objects: r.objects, Log: r.FailureLog(controllerName)}
	return spine.Reconcile(ctx, user)
}

// references resolves which ClerkInstance an object uses, and which objects use a ClerkInstance.
func (r *Reconciler) references() index.References {
	return index.References{Reader: r.Client, Default: r.DefaultInstance}
}

// kind implements the steps of package reconcile for ClerkUsers.
type kind struct{ *Reconciler }

// Delay returns how long to postpone an object that changes or fails in a loop.
func (k kind) Delay(user *v1alpha1.ClerkUser) time.Duration { return k.rates.Wait(user.UID) }

// work is a reconciliation with its rights at Clerk. Each step gets only the rights that it needs.
type work struct {
	*reconciliation
	rights connection.Rights
}

// ResultFor returns the result of a finished run.
func (k kind) ResultFor(_ *v1alpha1.ClerkUser, w *work) result { return resultFor(w.reconciliation) }

// Run runs the steps until one fails.
func (k kind) Run(ctx context.Context, user *v1alpha1.ClerkUser) *work {
	w := &work{reconciliation: k.newReconciliation(user, k.objects.begin(user.UID))}
	if user.DeletionTimestamp.IsZero() {
		w.err = k.sync(ctx, w)
	} else {
		w.err = k.remove(ctx, w)
	}
	return w
}

// sync makes the user at Clerk match the spec.
func (k kind) sync(ctx context.Context, w *work) error {
	if w.suspended = w.user.Spec.Suspended(); w.suspended {
		return nil
	}
	if err := w.checkDecoded(); err != nil {
		return err
	}
	found, err := k.resolver(w).run(ctx)
	if err != nil {
		return err
	}
	if err := k.resolver(w).checkNewBinding(); err != nil {
		return err
	}
	w.rights = found.For(w.caller())
	w.recordUnsentInputs()
	if err := k.bind(w).checkToken(); err != nil {
		return err
	}
	if err := k.readDesired(ctx, w); err != nil {
		return err
	}
	// The priority level of the calls is known only now.
	w.rights = found.For(w.caller())
	if err := k.ensureUser(ctx, w); err != nil {
		return k.patcher(w).dropAttempt(ctx, err)
	}
	err = k.enforce(w).run(ctx)
	if _, others := errors.AsType[*unfinished](err); err != nil && !others {
		return err
	}
	return cmp.Or(err, readExtras{w.reconciliation, found.For(w.backgroundCaller()).Reader}.run(ctx))
}

// readDesired reads the sources and builds the desired state. It fails if the object is in back-off or uses another Clerk
// instance now.
func (k kind) readDesired(ctx context.Context, w *work) error {
	if err := (readSources{w.reconciliation, k.APIReader}).run(ctx); err != nil && !w.continueWithoutSources(err) {
		return err
	}
	w.loadPending()
	if err := w.inBackOff(); err != nil {
		return k.patcher(w).dropAttempt(ctx, err)
	}
	if err := w.checkSameInstance(); err != nil {
		return err
	}
	if err := w.buildDesired(); err != nil && !w.buildWithoutSources(err) {
		return err
	}
	return nil
}

// ensureUser finds the user of the object, or creates or adopts one. An object in mode Observe may have no user.
func (k kind) ensureUser(ctx context.Context, w *work) error {
	if err := k.bind(w).prepare(ctx); err != nil {
		return err
	}
	locate := k.locate(w)
	// This check comes after the finalizer. Otherwise the missing finalizer would show an object with a copied status that
	// another object manages the user.
	if err := locate.checkSoleOwner(ctx); err != nil {
		return err
	}
	where, err := locate.run(ctx)
	switch {
	case err != nil:
		return err
	case where.gone:
		return k.recreate(ctx, w)
	case where.user == nil && w.user.Spec.Observes():
		return nil
	case where.user == nil:
		return k.create(ctx, w)
	}
	return k.bind(w).run(ctx, where)
}

// create creates a user for the object, or binds the object to the user that has the declared identifiers.
func (k kind) create(ctx context.Context, w *work) error {
	bind := k.bind(w)
	where, err := bind.create(ctx)
	if err == nil && where.user == nil {
		where, err = k.locate(w).resolveTaken(ctx, w.state.attempt.taken)
	}
	if err != nil {
		return err
	}
	return bind.run(ctx, where)
}

// recreate creates a vanished user again if vanished allows it.
func (k kind) recreate(ctx context.Context, w *work) error {
	again, err := w.vanished()
	if err != nil || !again {
		return err
	}
	bind := k.bind(w)
	if err := bind.prepareRecreation(ctx, k.brake()); err != nil {
		return err
	}
	// The first read skipped what only a creating call uses.
	if err := (readSources{w.reconciliation, k.APIReader}).run(ctx); err != nil {
		return err
	}
	if err := w.buildDesired(); err != nil {
		return err
	}
	// The record does not wait for the token of the call. Otherwise the record of the vanished user would count for the new one.
	if err := bind.ensureFinalizer(ctx, w.nextAttempt(nil)); err != nil {
		return err
	}
	return k.create(ctx, w)
}

// remove carries out the deletion policy for an object that is being deleted, and then removes the finalizer.
func (k kind) remove(ctx context.Context, w *work) error {
	release := release{k.patcher(w), k.Pool}
	if done, err := release.beforeInstance(ctx); done || err != nil {
		return err
	}
	found, err := k.resolver(w).forRemoval(ctx)
	if err != nil {
		return release.withoutInstance(ctx, err)
	}
	if err := w.inBackOff(); err != nil {
		return err
	}
	w.rights = found.For(w.caller())
	return release.withoutUser(ctx, k.removal(w, release, nil).run(ctx))
}

func (k kind) removal(w *work, release release, former *formerRemoval) remove {
	m := remove{
		release: release, finder: k.finder(w), brake: k.brake(), writer: w.rights.Writer, deleter: w.rights.Deleter, clock: k.Now,
		former: former,
		transfer: transfer{
			reconciliation: w.reconciliation, client: k.Client, pool: k.Pool, references: k.references(), states: k.objects, successors: k.chosen,
		},
	}
	if former != nil {
		m.transfer.namesake = former.namesake
	}
	return m
}

func (k kind) patcher(w *work) objectPatcher {
	return objectPatcher{reconciliation: w.reconciliation, client: k.Client, apiReader: k.APIReader, states: k.objects}
}

func (k kind) resolver(w *work) resolveInstance {
	return resolveInstance{reconciliation: w.reconciliation, cache: k.Client, pool: k.Pool, references: k.references()}
}

func (k kind) finder(w *work) finder {
	return finder{reconciliation: w.reconciliation, calls: w.rights.Reader, clock: k.Now}
}

func (k kind) locate(w *work) locate {
	return locate{finder: k.finder(w), cache: k.Client, apiReader: k.APIReader, delays: k.brake()}
}

func (k kind) bind(w *work) bind {
	return bind{objectPatcher: k.patcher(w), creator: w.rights.Creator, resolver: k.resolver(w), clock: k.Now}
}

func (k kind) enforce(w *work) enforce {
	return enforce{objectPatcher: k.patcher(w), finder: k.finder(w), writer: w.rights.Writer, clock: k.Now}
}

func (k kind) brake() brake.Brake {
	return brake.Brake{Client: k.Client, APIReader: k.APIReader, Pool: k.Pool, Locks: k.brakes}
}

func (k kind) undo(w *work) undoCreation {
	return undoCreation{reconciliation: w.reconciliation, reader: w.rights.Reader, deleter: w.rights.Deleter, pool: k.Pool, clock: k.Now}
}
