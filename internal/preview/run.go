// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package preview

import (
	"context"
	"fmt"
	"time"

	"github.com/go-logr/logr"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

const (
	// foresight is how long after the apply the preview looks, in simulated time, beside the delays of deletions. Within it, the
	// operator ends all its waits for what is part of the same apply, and for the lag of Clerk.
	foresight = 3 * time.Minute
	// maxReconciliations limits the reconciliations of one object.
	maxReconciliations = 60
	// maxFailures limits the reconciliations of one object that end with an error.
	maxFailures = 3
)

// Run returns what the operator would do. It writes nothing to the cluster and to Clerk. The error says what could not be read.
func Run(ctx context.Context, c Config, in Input) (Result, error) {
	ctx = log.IntoContext(ctx, logr.Discard())
	p, err := newPreview(ctx, c)
	if err != nil {
		return Result{}, err
	}
	if err := p.seed(ctx, in); err != nil {
		return Result{}, err
	}
	if err := p.run(ctx); err != nil {
		return Result{}, err
	}
	return p.result(), nil
}

// run reconciles until nothing is due.
func (p *preview) run(ctx context.Context) error {
	done, failures := map[ctrl.Request]int{}, map[ctrl.Request]int{}
	until := p.clock.start.Add(foresight + p.longestDelay())
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		p.parts.Receive(p.queue)
		request, at, due := p.queue.next(until)
		if !due {
			return nil
		}
		if done[request]++; done[request] > maxReconciliations {
			p.unknown(request.NamespacedName, "the operator would go on reconciling this object; only its first calls are shown")
			continue
		}
		p.clock.advance(at)
		result, failed := p.reconcile(ctx, request)
		if err := p.unreadable(); err != nil {
			return err
		}
		if failed == nil && result.RequeueAfter > 0 {
			p.queue.AddAfter(request, result.RequeueAfter)
		}
		if failed != nil {
			failures[request]++
			p.repeat(request, failed, failures[request])
		}
	}
}

// repeat repeats a reconciliation that failed, unless it would fail again, or has failed several times.
func (p *preview) repeat(request ctrl.Request, failed error, failures int) {
	user, found := p.cluster.users.objects[request.NamespacedName]
	switch {
	case !found:
	case apierrors.IsForbidden(failed):
		if record := p.objects.of(user.UID, request.NamespacedName); len(record.Unknown) == 0 {
			record.note("what the operator would do depends on what you may not read: " + failed.Error())
		}
	case failures < maxFailures:
		p.queue.AddAfter(request, time.Second<<failures)
	default:
		p.unknown(request.NamespacedName, "the reconciliation fails: "+failed.Error())
	}
}

// reconcile makes one reconciliation by the operator's code.
func (p *preview) reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	if err := p.prepare(ctx, []types.NamespacedName{request.NamespacedName}); err != nil {
		return ctrl.Result{}, err
	}
	p.cluster.sources.reader = p.cluster.users.objects[request.NamespacedName]
	return p.parts.Reconciler.Reconcile(ctx, request)
}

// unreadable returns the first error of a read that says nothing about an object.
func (p *preview) unreadable() error {
	if err := p.cluster.failed; err != nil {
		return fmt.Errorf("reading from the cluster: %w", err)
	}
	for _, simulation := range p.simulations {
		if err := simulation.failed; err != nil {
			return fmt.Errorf("reading users of Clerk instance %s: %w", simulation.instanceID, err)
		}
	}
	return nil
}

// longestDelay is the longest delay of deletions of all instances.
func (p *preview) longestDelay() (longest time.Duration) {
	for name, instance := range p.cluster.instances.objects {
		if state, _ := p.pool.State(name); state.Connection != nil {
			longest = max(longest, instance.Spec.RemovalDelay(state.Connection.Environment))
		}
	}
	return longest + clerk.LagTime
}
