// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"
	"errors"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// Kind is how the objects of one kind are reconciled. Outcome is what the steps of one reconciliation learned. R is what that
// means: a [Result], or a type that embeds one beside the effects that the kind has.
type Kind[O client.Object, Outcome any, R Queued] interface {
	// Delay returns how long the object is left alone yet; 0 is not at all.
	Delay(o O) time.Duration
	// Run takes the steps until one fails, and returns what they learned, the error included. It may change the object.
	Run(ctx context.Context, o O) Outcome
	// ResultFor says what an outcome means. It is pure: it reads no clock and nothing that is remembered, and changes nothing.
	ResultFor(o O, outcome Outcome) R
	// Report writes status and events and carries the effects of the result out. before is the object as it was before Run.
	Report(ctx context.Context, before, o O, outcome Outcome, result R) error
}

// Queued is a result that says when its object is reconciled again.
type Queued interface {
	// Ends reports whether the object is not failing any more.
	Ends() bool
	// Queue returns what the queue is told.
	Queue() (ctrl.Result, error)
}

// Outdated knows which copies of objects are older than the last write of this process. A [Store] does.
type Outdated interface {
	Outdated(o client.Object) bool
}

// Reconciler reconciles the objects of one kind.
type Reconciler[O client.Object, Outcome any, R Queued] struct {
	Kind    Kind[O, Outcome, R]
	Objects Outdated
	// Log writes failures; nil writes each.
	Log *FailureLog
}

// Reconcile makes one reconciliation of an object. Every one that begins is reported, whatever became of it. When ctx is canceled
// because the process is about to end, the call to Clerk that is in flight is finished, no other one begins, and what became of it
// is reported.
func (r Reconciler[O, Outcome, R]) Reconcile(ctx context.Context, o O) (ctrl.Result, error) {
	quiet := log.FromContext(ctx).V(QuietLevel)
	if r.Objects.Outdated(o) {
		quiet.Info("reconciliation skipped", "why", "the cached object is older than the operator's last write to it")
		return ctrl.Result{}, nil
	}
	if delay := r.Kind.Delay(o); delay > 0 {
		quiet.Info("reconciliation postponed", "why", "the object changes or fails in a loop", "for", delay.String())
		return ctrl.Result{RequeueAfter: delay}, nil
	}
	before := o.DeepCopyObject().(O)
	lasting, end := untilReported(ctx)
	defer end()
	working, cancel := WorkingTime(clerk.UntilStop(lasting, ctx))
	defer cancel()
	outcome := r.Kind.Run(working, o)
	result := r.Kind.ResultFor(o, outcome)
	if err := r.Kind.Report(lasting, before, o, outcome, result); IsOutdated(err) {
		quiet.Info("reconciliation repeated", "why", "the object changed meanwhile", "for", ConflictPause.String())
		return ctrl.Result{RequeueAfter: ConflictPause}, nil
	} else if err != nil {
		return ctrl.Result{}, err
	}
	if result.Ends() {
		r.Log.succeeded(ctx, o)
	}
	return result.Queue()
}

// QuietLevel is the log level of lines that say why nothing was done.
const QuietLevel = 1

// ErrOutdated means that the reconciliation works from an old copy of something; the new one is on its way.
var ErrOutdated = errors.New("the cached object is outdated")

// IsOutdated reports whether an error is ErrOutdated or the API server's refusal of a write for that reason.
func IsOutdated(err error) bool { return errors.Is(err, ErrOutdated) || apierrors.IsConflict(err) }
