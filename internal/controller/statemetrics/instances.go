// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package statemetrics

import (
	"maps"
	"slices"
	"sync"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/clerkinstance"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
)

// instances knows the ClerkInstances of the cache. It is safe for concurrent use.
type instances struct {
	pool *connection.Pool

	mu    sync.Mutex
	known map[types.NamespacedName]*v1alpha1.ClerkInstance
}

func newInstances(pool *connection.Pool) *instances {
	return &instances{pool: pool, known: map[types.NamespacedName]*v1alpha1.ClerkInstance{}}
}

func (i *instances) add(instance *v1alpha1.ClerkInstance) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.known[client.ObjectKeyFromObject(instance)] = instance
}

func (i *instances) remove(instance *v1alpha1.ClerkInstance) {
	i.mu.Lock()
	defer i.mu.Unlock()
	delete(i.known, client.ObjectKeyFromObject(instance))
}

// snapshot returns the ClerkInstances as they are now. They belong to the cache.
func (i *instances) snapshot() snapshot {
	i.mu.Lock()
	defer i.mu.Unlock()
	s := snapshot{all: maps.Clone(i.known), labels: map[types.NamespacedName]string{}}
	for name, instance := range s.all {
		s.labels[name] = i.pool.InstanceLabel(name, instance.Status.InstanceID)
	}
	return s
}

// snapshot is what ClerkInstances there are, with the labels of their Clerk instances; "" for one that has none.
type snapshot struct {
	all    map[types.NamespacedName]*v1alpha1.ClerkInstance
	labels map[types.NamespacedName]string
}

// labelOf returns the label of the Clerk instance to which candidates lead; "" is none.
func (s snapshot) labelOf(names candidates) string {
	for _, name := range names {
		if _, exists := s.all[name]; exists {
			return s.labels[name]
		}
	}
	return ""
}

// sharing returns the ClerkInstances by the label of their Clerk instance, without those that have none.
func (s snapshot) sharing() map[string][]*v1alpha1.ClerkInstance {
	all := map[string][]*v1alpha1.ClerkInstance{}
	for name, label := range s.labels {
		if label != "" {
			all[label] = append(all[label], s.all[name])
		}
	}
	return all
}

// instanceReasons returns every reason of the condition Ready of a ClerkInstance that is shown.
func instanceReasons() []string {
	return append(clerkinstance.ReadyReasons(), otherReason, noReason)
}

// readyOf returns whether a ClerkInstance is ready, and the reason, as one of instanceReasons.
func readyOf(instance *v1alpha1.ClerkInstance) (ready bool, reason string) {
	condition := meta.FindStatusCondition(instance.Status.Conditions, v1alpha1.ConditionReady)
	if condition == nil {
		return false, noReason
	}
	ready = condition.Status == metav1.ConditionTrue
	if !slices.Contains(clerkinstance.ReadyReasons(), condition.Reason) {
		return ready, otherReason
	}
	return ready, condition.Reason
}

// environmentOf returns the environment of a ClerkInstance; "unknown" before its key was checked.
func environmentOf(instance *v1alpha1.ClerkInstance) string {
	if instance.Status.Environment == "" {
		return "unknown"
	}
	return string(instance.Status.Environment)
}
