// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package status

import (
	"cmp"
	"context"
	"fmt"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/internal/lease"
)

// findOperator is the command that shows the operator's pods, wherever they are.
const findOperator = "kubectl get pods --all-namespaces --selector app.kubernetes.io/name=clerk-operator"

// leaseReader reads the Lease of the operator.
type leaseReader struct {
	reader client.Reader
	// namespace is the operator's namespace; "" to look for the Lease in all namespaces, or where the operator is by default.
	namespace string
	// wait waits, or returns the error of the context.
	wait func(ctx context.Context, d time.Duration) error
	now  func() time.Time
}

// run says whether the operator runs, as far as its Lease shows it. It reads a Lease that seems to be old a second time, after the
// time in which a leader renews it: the clocks of this machine and of the operator can differ.
func (l leaseReader) run(ctx context.Context) (Operator, error) {
	first, err := l.read(ctx)
	if err != nil {
		return Operator{}, err
	}
	if first == nil {
		return Operator{State: OperatorUnknown, Message: fmt.Sprintf(
			"there is no Lease %s that you may read in namespace %s (--operator-namespace); find the operator with: %s",
			lease.Name, cmp.Or(l.namespace, defaultNamespace), findOperator)}, nil
	}
	l.namespace = first.Namespace
	if fresh(first, l.now()) {
		return running(first), nil
	}
	if err := l.wait(ctx, secondLook); err != nil {
		return Operator{}, err
	}
	second, err := l.read(ctx)
	if err != nil {
		return Operator{}, err
	}
	if second != nil && renewals(second) != renewals(first) && ptr.Deref(second.Spec.HolderIdentity, "") != "" {
		return running(second), nil
	}
	return stopped(first, l.now()), nil
}

// secondLook is longer than a leader takes to renew its Lease.
const secondLook = 2500 * time.Millisecond

// defaultNamespace is the operator's namespace in the manifests of this repository.
const defaultNamespace = "clerk-operator-system"

// read returns the Lease; nil if there is none, or if the caller may not read it.
func (l leaseReader) read(ctx context.Context) (*coordinationv1.Lease, error) {
	if l.namespace == "" {
		return l.find(ctx)
	}
	found := &coordinationv1.Lease{}
	err := l.reader.Get(ctx, client.ObjectKey{Namespace: l.namespace, Name: lease.Name}, found)
	if apierrors.IsNotFound(err) || apierrors.IsForbidden(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading Lease %s/%s: %w", l.namespace, lease.Name, err)
	}
	return found, nil
}

// find returns the Lease that was renewed last, in any namespace. A caller who may not list Leases may still read the one in the
// default namespace.
func (l leaseReader) find(ctx context.Context) (*coordinationv1.Lease, error) {
	list := &coordinationv1.LeaseList{}
	err := l.reader.List(ctx, list, client.MatchingFields{"metadata.name": lease.Name})
	if apierrors.IsForbidden(err) {
		l.namespace = defaultNamespace
		return l.read(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("listing the Leases named %s: %w", lease.Name, err)
	}
	var last *coordinationv1.Lease
	for i := range list.Items {
		if one := &list.Items[i]; last == nil || last.Spec.RenewTime.Before(one.Spec.RenewTime) {
			last = one
		}
	}
	return last, nil
}

// renewals is what changes when a Lease is renewed.
func renewals(l *coordinationv1.Lease) string { return l.ResourceVersion }

// fresh reports whether a Lease is held and was renewed within its duration, by the clock of this machine.
func fresh(l *coordinationv1.Lease, now time.Time) bool {
	if ptr.Deref(l.Spec.HolderIdentity, "") == "" || l.Spec.RenewTime == nil {
		return false
	}
	lasts := time.Duration(ptr.Deref(l.Spec.LeaseDurationSeconds, 0)) * time.Second
	return now.Sub(l.Spec.RenewTime.Time).Abs() <= lasts
}

func running(l *coordinationv1.Lease) Operator {
	return Operator{
		State: OperatorRunning, Message: "its Lease is renewed", Holder: ptr.Deref(l.Spec.HolderIdentity, ""), Renewed: renewed(l),
	}
}

func stopped(l *coordinationv1.Lease, now time.Time) Operator {
	o := Operator{State: OperatorNotRunning, Holder: ptr.Deref(l.Spec.HolderIdentity, ""), Renewed: renewed(l)}
	switch {
	case o.Holder == "":
		o.Message = "no replica has its Lease; if the operator does not start within a minute, see: " + logs(l.Namespace)
	case o.Renewed == nil:
		o.Message = "its Lease was never renewed; see: " + logs(l.Namespace)
	default:
		o.Message = fmt.Sprintf("its Lease was renewed %s ago and is not renewed now; see: %s", age(metav1.NewTime(now), o.Renewed.Time), logs(l.Namespace))
	}
	return o
}

func renewed(l *coordinationv1.Lease) *metav1.Time {
	if l.Spec.RenewTime == nil {
		return nil
	}
	return ptr.To(metav1.NewTime(l.Spec.RenewTime.Time))
}

// logs is the command that shows why an operator does not run.
func logs(namespace string) string {
	return fmt.Sprintf("kubectl get pods --namespace %s --selector app.kubernetes.io/name=clerk-operator", namespace)
}

// silence is about objects to which the operator has not written a status.
type silence struct {
	count int
	// example and since are of the oldest.
	example string
	since   time.Time
}

// patience is how long an object may wait for its first status. The operator writes one within seconds.
const patience = time.Minute

// note counts an object without status.
func (s *silence) note(what string, o client.Object, now time.Time) {
	created := o.GetCreationTimestamp().Time
	if now.Sub(created) < patience {
		return
	}
	s.count++
	if s.since.IsZero() || created.Before(s.since) {
		s.since, s.example = created, fmt.Sprintf("%s %s/%s", what, o.GetNamespace(), o.GetName())
	}
}

// withSilence says that objects wait for their first status. Without a Lease, that is the only sign that no operator runs.
func (o Operator) withSilence(s silence, now metav1.Time) Operator {
	if s.count == 0 || o.State == OperatorNotRunning {
		return o
	}
	text := fmt.Sprintf("%d objects have no status, %s for %s", s.count, s.example, age(now, s.since))
	if s.count == 1 {
		text = fmt.Sprintf("%s has no status for %s", s.example, age(now, s.since))
	}
	if o.State == OperatorRunning {
		o.Message += "; but " + text + ": does it watch that namespace (--watch-namespaces)?"
		return o
	}
	o.State, o.Message = OperatorNotRunning, text+": is the operator running? Find it with: "+findOperator
	return o
}
