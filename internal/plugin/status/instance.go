// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package status

import (
	"cmp"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/brake"
)

// instanceReport says how a ClerkInstance and its ClerkUsers are.
func (f *facts) instanceReport(name types.NamespacedName, operator Operator) Instance {
	t := f.tallies[name]
	i := Instance{Namespace: name.Namespace, Name: name.Name, Presence: t.presence, Users: t.users, ReadyUsers: t.ready, UsersByReason: t.sorted()}
	if instance := f.instances[name]; instance != nil {
		i.Detail = f.detailOf(instance, operator)
	}
	return i
}

func (f *facts) detailOf(instance *v1alpha1.ClerkInstance, operator Operator) *Detail {
	status, sharing := &instance.Status, f.sharing(instance)
	d := &Detail{
		Ready:           metav1.ConditionUnknown,
		OutOfDate:       status.ObservedGeneration != instance.Generation,
		Environment:     string(status.Environment),
		ClerkInstanceID: status.InstanceID,
		ClusterID:       status.ClusterID,
		SecretName:      instance.Spec.SecretKeyRef.Name,
		ManagedUsers:    status.ManagedUsers,
		UsersAtClerk:    status.Users,
		Budget:          budgetOf(sharing),
		Brake:           f.brakeOf(instance, sharing),
	}
	if ready := meta.FindStatusCondition(status.Conditions, v1alpha1.ConditionReady); ready != nil {
		d.Ready, d.Reason, d.Message, d.Since = ready.Status, ready.Reason, ready.Message, ptr.To(ready.LastTransitionTime)
	}
	d.Sync = syncOf(d, sharing, operator)
	of := f.measured[client.ObjectKeyFromObject(instance)]
	d.Budget.UsedPercent, d.Sync.LastIncremental, d.Sync.LastFull = of.usedPercent, of.incremental, of.full
	return d
}

// sharing returns the ClerkInstances that were read and use the same Clerk instance, the given one first. What they allow together
// is what the strictest of them allows.
func (f *facts) sharing(instance *v1alpha1.ClerkInstance) []*v1alpha1.ClerkInstance {
	all := []*v1alpha1.ClerkInstance{instance}
	for _, name := range slices.SortedFunc(maps.Keys(f.instances), compareNames) {
		other := f.instances[name]
		if other != instance && instance.Status.InstanceID != "" && other.Status.InstanceID == instance.Status.InstanceID {
			all = append(all, other)
		}
	}
	return all
}

// budgetOf returns the least API budget of ClerkInstances of one Clerk instance.
func budgetOf(sharing []*v1alpha1.ClerkInstance) Budget {
	b := Budget{UsedMetrics: []string{metricTokens, metricTokensMax}}
	for _, instance := range sharing {
		limit := ptr.Deref(instance.Spec.RateLimit, v1alpha1.RateLimit{})
		if instance.Status.Environment == "" && limit.RequestsPer10s == nil {
			continue
		}
		production := instance.Status.Environment == v1alpha1.EnvironmentProduction
		n := clerk.BudgetOf(production, limit.SharePercent, limit.RequestsPer10s)
		if b.RequestsPer10s == 0 || n < b.RequestsPer10s {
			b.RequestsPer10s = n
		}
	}
	return b
}

// syncOf says whether users are read as often as they should be. The operator says in the condition Ready when a sync is overdue, and
// else writes nothing about syncs.
func syncOf(d *Detail, sharing []*v1alpha1.ClerkInstance, operator Operator) Sync {
	s := Sync{LastMetrics: []string{metricIncrementalSync, metricFullSync}}
	for i, instance := range sharing {
		interval, full := instance.Spec.DriftInterval(), instance.Spec.FullInterval()
		if i == 0 || interval < s.Interval.Duration {
			s.Interval.Duration = interval
		}
		if i == 0 || full < s.FullInterval.Duration {
			s.FullInterval.Duration = full
		}
	}
	switch {
	case operator.State == OperatorNotRunning:
		s.State, s.Since = SyncStopped, operator.Renewed
	case d.Reason == v1alpha1.ReasonMirrorStale:
		s.State, s.Since = SyncStale, d.Since
	case d.Ready == metav1.ConditionFalse && d.Reason != v1alpha1.ReasonDeleting:
		s.State, s.Since = SyncStopped, d.Since
	case d.Ready == metav1.ConditionUnknown, operator.State == OperatorUnknown:
		s.State = SyncUnknown
	default:
		s.State = SyncCurrent
	}
	return s
}

// brakeOf says how much the deletion brake allows, and what it holds.
func (f *facts) brakeOf(instance *v1alpha1.ClerkInstance, sharing []*v1alpha1.ClerkInstance) Brake {
	status := &instance.Status
	b := Brake{Held: status.HeldDeletions, MassAbsent: status.MassAbsentUsers, Pending: len(status.PendingDeletions)}
	b.Counted, b.MaxCount = brake.Counted(sharing, f.now.Time)
	for _, other := range sharing {
		count, window := other.Spec.Brake(cmp.Or(other.Status.Environment, status.Environment))
		if count > 0 {
			b.Window.Duration = max(b.Window.Duration, window)
		}
	}
	if b.Held > 0 {
		b.Release = brake.ReleaseCommand(client.ObjectKeyFromObject(instance))
	}
	return b
}
