// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"
	crreconcile "sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/index"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
)

const (
	// namesakeTime is how long a former object's user waits for a new object of the same name. kubectl and Argo CD create it within
	// about a second after the former one is gone.
	namesakeTime = 10 * time.Second
	// formerRetry is the delay after a failure that somebody has to correct.
	formerRetry = 5 * time.Minute
)

// formers is what this process remembers of former objects: ClerkUsers that are gone and whose users are still to be removed. The
// statuses of ClerkInstances have them on record.
type formers struct {
	mu    sync.Mutex
	known map[string]*formerState
}

// formerState is what this process remembers of one former object. Only one reconciliation uses it at a time.
type formerState struct {
	// goneAt is when this process first saw that the object is gone.
	goneAt time.Time
	// retryAt and problem belong to the last failure that somebody has to correct. It is retried earlier if the inputs change.
	retryAt time.Time
	problem string
	inputs  formerInputs
}

// formerInputs is what such a failure depends on, as far as the operator sees it: the spec of the ClerkInstance, and whether it has a
// connection.
type formerInputs struct {
	generation int64
	connected  bool
}

func newFormers() *formers { return &formers{known: map[string]*formerState{}} }

func (f *formers) of(uid string) *formerState {
	f.mu.Lock()
	defer f.mu.Unlock()
	state, found := f.known[uid]
	if !found {
		state = &formerState{}
		f.known[uid] = state
	}
	return state
}

func (f *formers) forget(uid string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.known, uid)
}

// withFormers returns a reconciler that first removes the users of former objects of the requested name. So a new object of that
// name finds its user transferred.
func (r *Reconciler) withFormers(objects crreconcile.Reconciler) crreconcile.Reconciler {
	return crreconcile.Func(func(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
		after, failed := r.reconcileFormers(ctx, request.NamespacedName)
		result, err := objects.Reconcile(ctx, request)
		if err != nil {
			return result, err
		}
		if failed != nil {
			return ctrl.Result{}, failed
		}
		result.RequeueAfter = sooner(result.RequeueAfter, after)
		return result, nil
	})
}

// reconcileFormers carries out the pending deletions for former objects of a name. after is when to try again; 0 is not.
func (r *Reconciler) reconcileFormers(ctx context.Context, name types.NamespacedName) (after time.Duration, err error) {
	instances := &v1alpha1.ClerkInstanceList{}
	pending := client.MatchingFields{index.PendingDeletion: name.String()}
	if err := r.Client.List(ctx, instances, pending, client.UnsafeDisableDeepCopy); err != nil {
		return 0, fmt.Errorf("listing the pending deletions of %s: %w", name, err)
	}
	ctx, cancel := reconcile.WorkingTime(ctx)
	defer cancel()
	for i := range instances.Items {
		for _, p := range instances.Items[i].Status.PendingDeletions {
			if p.Namespace != name.Namespace || p.Name != name.Name || r.Pool.Settled(p.UID) {
				continue
			}
			f := r.former(&instances.Items[i], p)
			wait, failed := f.reconcile(ctx)
			after, err = sooner(after, wait), errors.Join(err, failed)
		}
	}
	return after, err
}

// former is a pending deletion: a ClerkUser that is gone, and its user.
type former struct {
	kind
	instance types.NamespacedName
	inputs   formerInputs
	record   v1alpha1.PendingDeletion
	state    *formerState
}

func (r *Reconciler) former(instance *v1alpha1.ClerkInstance, record v1alpha1.PendingDeletion) former {
	name := instanceName(instance)
	state, _ := r.Pool.State(name)
	return former{
		kind: kind{r}, instance: name, inputs: formerInputs{instance.Generation, state.Connection != nil},
		record: record, state: r.formers.of(record.UID),
	}
}

// reconcile carries out the pending deletion if it is due. after is when to try again; 0 is not.
func (f former) reconcile(ctx context.Context) (after time.Duration, err error) {
	live, err := f.readLive(ctx)
	if err != nil {
		return 0, err
	}
	if live != nil && string(live.UID) == f.record.UID {
		return 0, f.withdrawIfEdited(ctx, live)
	}
	namesake, now := live, f.Now()
	if live != nil && !mayInherit(live) {
		namesake = nil
	}
	if f.state.goneAt.IsZero() {
		f.state.goneAt = now
	}
	waits := namesakeTime - now.Sub(f.state.goneAt)
	if left := max(waits, f.retryLeft(now)); left > 0 && namesake == nil {
		return left, nil
	}
	instance, err := f.findInstance(ctx)
	if err != nil || instance == nil {
		return 0, err
	}
	w := &work{reconciliation: f.newReconciliation(f.object(), f.objects.begin(types.UID(f.record.UID)))}
	w.err = f.remove(ctx, w, instance, formerRemoval{namesake: namesake, observer: observerIn(live), waits: waits})
	return f.report(ctx, w, instance)
}

// retryLeft is how long to wait after a failure that somebody has to correct.
func (f former) retryLeft(now time.Time) time.Duration {
	if f.state.inputs != f.inputs {
		return 0
	}
	return f.state.retryAt.Sub(now)
}

// readLive returns the object of the name; nil if there is none.
func (f former) readLive(ctx context.Context) (*v1alpha1.ClerkUser, error) {
	live := &v1alpha1.ClerkUser{}
	err := f.APIReader.Get(ctx, types.NamespacedName{Namespace: f.record.Namespace, Name: f.record.Name}, live)
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading ClerkUser %s/%s from the API server: %w", f.record.Namespace, f.record.Name, err)
	}
	return live, nil
}

// findInstance reads the ClerkInstance from the API server; nil if it does not have the pending deletion on record any more.
func (f former) findInstance(ctx context.Context) (*v1alpha1.ClerkInstance, error) {
	instance := &v1alpha1.ClerkInstance{}
	if err := f.APIReader.Get(ctx, f.instance, instance); err != nil {
		if apierrors.IsNotFound(err) {
			return nil, nil
		}
		return nil, fmt.Errorf("reading ClerkInstance %s from the API server: %w", f.instance, err)
	}
	same := func(p v1alpha1.PendingDeletion) bool {
		return p.UID == f.record.UID && p.Signature == f.record.Signature
	}
	if !slices.ContainsFunc(instance.Status.PendingDeletions, same) {
		return nil, nil
	}
	return instance, nil
}

// object is the former object, as far as it is on record. The signature of the record covers the id of the Clerk instance.
func (f former) object() *v1alpha1.ClerkUser {
	goneAt, instanceID := metav1.NewTime(f.state.goneAt), ""
	if state, _ := f.Pool.State(f.instance); state.Connection != nil {
		instanceID = state.Connection.InstanceID
	}
	return &v1alpha1.ClerkUser{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: f.record.Namespace, Name: f.record.Name, UID: types.UID(f.record.UID), DeletionTimestamp: &goneAt,
		},
		Spec: v1alpha1.ClerkUserSpec{DeletionPolicy: &f.record.Policy},
		Status: v1alpha1.ClerkUserStatus{
			UserID:   f.record.UserID,
			Instance: &v1alpha1.BoundInstance{Namespace: f.instance.Namespace, Name: f.instance.Name, ID: instanceID},
			// The operator may have written to the user until then, so that a read may not show it yet.
			LastWriteTime: &f.record.Since,
		},
	}
}

// remove transfers the user to a successor, or carries out the policy. The instance is the one that was read from the API server.
func (f former) remove(ctx context.Context, w *work, instance *v1alpha1.ClerkInstance, how formerRemoval) error {
	release := release{f.patcher(w), f.Pool}
	found, err := f.resolver(w).forRemoval(ctx)
	if err != nil {
		return release.withoutInstance(ctx, err)
	}
	w.instance = instance
	if !f.Key.ValidRemoval(f.record.Signature, w.subject(f.record.UserID), string(f.record.Policy)) {
		return release.run(ctx, "the record of the pending deletion does not have the operator's signature, so the user was left as it is, with its owner mark")
	}
	w.rights = found.For(w.caller())
	return release.withoutUser(ctx, f.removal(w, release, &how).run(ctx))
}

// report writes events, and settles a pending deletion that is done. after is when to try again; 0 is not.
func (f former) report(ctx context.Context, w *work, instance *v1alpha1.ClerkInstance) (after time.Duration, err error) {
	f.recordEvents(ctx, w.user, w.reconciliation, unchanged())
	f.successions.Add(w.enqueues...)
	if w.err == nil {
		f.Pool.Settle(f.instance, f.record.UID)
		f.formers.forget(f.record.UID)
		f.objects.Forget(types.UID(f.record.UID))
		return 0, nil
	}
	if clerk.Unauthorized(w.err) {
		f.Pool.RequestKeyCheck(f.instance)
	}
	wait, waits := errors.AsType[*reconcile.WaitError](w.err)
	blocked, isBlocked := errors.AsType[*reconcile.Problem](w.err)
	switch at, noToken := clerk.Waiting(w.err); {
	case noToken:
		return max(at.Sub(f.Now()), time.Millisecond), nil
	case waits:
		return wait.After, nil
	case errors.Is(w.err, errInstanceUnknown):
		return reconcile.RecheckInterval, nil
	case isBlocked:
		return f.block(ctx, instance, blocked), nil
	}
	return 0, w.err
}

// block tells in an event of the ClerkInstance, once, why the user cannot be removed. after is when to try again.
func (f former) block(ctx context.Context, instance *v1alpha1.ClerkInstance, why *reconcile.Problem) (after time.Duration) {
	after = formerRetry
	if !why.BackOff {
		after = reconcile.RecheckInterval
	}
	f.state.retryAt, f.state.inputs = f.Now().Add(after), f.inputs
	message := fmt.Sprintf("user %s of the deleted ClerkUser %s/%s is not removed yet: %s. The operator tries again; "+
		"to keep the user, name it in spec.userID of a ClerkUser of that namespace, or set spec.policy.deletion of the ClerkInstance to Deny",
		f.record.UserID, f.record.Namespace, f.record.Name, strings.TrimSuffix(why.Message, blockedRemedy))
	if f.state.problem != message {
		f.state.problem = message
		log.FromContext(ctx).Info(message, "instance", f.instance)
		f.Recorder.Eventf(instance, nil, corev1.EventTypeWarning, v1alpha1.ReasonDeletionBlocked, "Delete", "%s", message)
	}
	return after
}
