// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package status

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// noon is when the cluster is read.
func noon() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// before returns the time some time before noon.
func before(d time.Duration) metav1.Time { return metav1.NewTime(noon().Add(-d)) }

func conditionFor(d time.Duration, status metav1.ConditionStatus, reason, message string) metav1.Condition {
	return metav1.Condition{Type: v1alpha1.ConditionReady, Status: status, Reason: reason, Message: message, LastTransitionTime: before(d)}
}

// instance returns the ClerkInstance clerk/prod, ready for a day, with a change.
func instance(change func(*v1alpha1.ClerkInstance)) *v1alpha1.ClerkInstance {
	i := &v1alpha1.ClerkInstance{
		ObjectMeta: metav1.ObjectMeta{Namespace: "clerk", Name: "prod", Generation: 2, CreationTimestamp: before(48 * time.Hour)},
		Spec:       v1alpha1.ClerkInstanceSpec{SecretKeyRef: v1alpha1.SecretKeyReference{Name: "clerk"}},
		Status: v1alpha1.ClerkInstanceStatus{
			ObservedGeneration: 2, InstanceID: "ins_1", Environment: v1alpha1.EnvironmentProduction, ClusterID: "here",
			Users: ptr.To[int64](10431), ManagedUsers: 812,
			Conditions: []metav1.Condition{conditionFor(24*time.Hour, metav1.ConditionTrue, v1alpha1.ReasonKeyAccepted, "the key in Secret clerk belongs to instance ins_1")},
		},
	}
	if change != nil {
		change(i)
	}
	return i
}

// user returns a ClerkUser of team that refers to clerk/prod. Without a condition it has no status.
func user(name string, conditions ...metav1.Condition) *v1alpha1.ClerkUser {
	return &v1alpha1.ClerkUser{
		ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: name, CreationTimestamp: before(time.Hour)},
		Spec:       v1alpha1.ClerkUserSpec{InstanceRef: &v1alpha1.InstanceReference{Namespace: ptr.To("clerk"), Name: "prod"}},
		Status:     v1alpha1.ClerkUserStatus{Conditions: conditions},
	}
}

func inSync() metav1.Condition {
	return conditionFor(time.Hour, metav1.ConditionTrue, v1alpha1.ReasonInSync, "the user is as declared")
}

// allFacts are facts about all namespaces.
func allFacts(instances []*v1alpha1.ClerkInstance, users ...*v1alpha1.ClerkUser) *facts {
	f := newFacts(scope{}, noon())
	f.listed = true
	for _, i := range instances {
		f.addInstance(i)
	}
	for _, u := range users {
		f.addUser(u)
	}
	for _, name := range f.unread() {
		f.tally(name).presence = Absent
	}
	return f
}

func runs() Operator {
	return Operator{State: OperatorRunning, Message: "its Lease is renewed", Holder: "clerk-operator-0", Renewed: ptr.To(before(time.Second))}
}
