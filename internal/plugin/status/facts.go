// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package status

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/index"
)

// facts are what was read. It keeps numbers of ClerkUsers, and the few that need somebody, so that memory does not grow with the
// others.
type facts struct {
	scope scope
	now   metav1.Time
	// listed is true if all ClerkInstances of the namespace were read.
	listed    bool
	instances map[types.NamespacedName]*v1alpha1.ClerkInstance
	tallies   map[types.NamespacedName]*tally
	troubled  []troubled
	silent    silence
	notRead   []string
	// measured is nil if the operator's metrics were not read.
	measured metrics
}

// tally counts the ClerkUsers of a ClerkInstance.
type tally struct {
	presence Presence
	users    int
	ready    int
	byReason map[string]int
}

// troubled is a ClerkUser whose condition somebody may have to look at.
type troubled struct {
	name, instance types.NamespacedName
	condition      metav1.Condition
	deleted        bool
}

func newFacts(s scope, now time.Time) *facts {
	return &facts{
		scope: s, now: metav1.NewTime(now),
		instances: map[types.NamespacedName]*v1alpha1.ClerkInstance{}, tallies: map[types.NamespacedName]*tally{},
	}
}

// tally returns the numbers of a ClerkInstance.
func (f *facts) tally(name types.NamespacedName) *tally {
	t, found := f.tallies[name]
	if !found {
		t = &tally{byReason: map[string]int{}}
		if name.Name == "" {
			t.presence = Implied
		}
		f.tallies[name] = t
	}
	return t
}

func (f *facts) addInstance(instance *v1alpha1.ClerkInstance) {
	name := client.ObjectKeyFromObject(instance)
	f.instances[name] = instance
	f.tally(name).presence = Present
	if meta.FindStatusCondition(instance.Status.Conditions, v1alpha1.ConditionReady) == nil {
		f.silent.note("ClerkInstance", instance, f.now.Time)
	}
}

// addUser counts a ClerkUser.
func (f *facts) addUser(user *v1alpha1.ClerkUser) {
	name := f.instanceOf(user)
	if f.scope.instance.Name != "" && name != f.scope.instance {
		return
	}
	t, state := f.tally(name), stateOf(user)
	t.users++
	t.byReason[state.Reason]++
	if state.Status == metav1.ConditionTrue {
		t.ready++
	}
	if state.Reason == "" {
		f.silent.note("ClerkUser", user, f.now.Time)
	}
	if mayNeedSomebody(state) {
		f.troubled = append(f.troubled, troubled{
			name: client.ObjectKeyFromObject(user), instance: name, condition: state, deleted: !user.DeletionTimestamp.IsZero(),
		})
	}
}

// instanceOf returns the ClerkInstance through which the operator reconciles a ClerkUser. It is empty for one that names none, has
// no user yet, and has no ClerkInstance named default in its namespace.
func (f *facts) instanceOf(user *v1alpha1.ClerkUser) types.NamespacedName {
	if at := index.LocationOf(user); at != nil {
		return types.NamespacedName{Namespace: at.Namespace, Name: at.Name}
	}
	name := index.References{}.Names(user)[0]
	_, exists := f.instances[name]
	if user.Spec.InstanceRef == nil && f.knowsAll(name.Namespace) && !exists {
		return types.NamespacedName{}
	}
	return name
}

// knowsAll reports whether all ClerkInstances of a namespace were read.
func (f *facts) knowsAll(namespace string) bool {
	return f.listed && (f.scope.namespace == "" || f.scope.namespace == namespace)
}

// stateOf returns the condition Ready of a ClerkUser. Its reason is "" if there is none. A suspended ClerkUser counts as Suspended and
// not as ready, as in the operator's metrics: Ready tells how the user was before, if it is there.
func stateOf(user *v1alpha1.ClerkUser) metav1.Condition {
	if meta.IsStatusConditionTrue(user.Status.Conditions, v1alpha1.ConditionSuspended) {
		return metav1.Condition{Type: v1alpha1.ConditionReady, Status: metav1.ConditionUnknown, Reason: v1alpha1.ReasonSuspended}
	}
	if ready := meta.FindStatusCondition(user.Status.Conditions, v1alpha1.ConditionReady); ready != nil {
		return *ready
	}
	return metav1.Condition{Type: v1alpha1.ConditionReady, Status: metav1.ConditionUnknown}
}

// mayNeedSomebody is false for the states of nearly all ClerkUsers, so that they are not kept.
func mayNeedSomebody(state metav1.Condition) bool {
	switch state.Reason {
	case "", v1alpha1.ReasonInSync, v1alpha1.ReasonObserved, v1alpha1.ReasonSuspended, v1alpha1.ReasonWaiting:
		return false
	}
	return true
}

// unread returns the ClerkInstances that ClerkUsers refer to and that were not read yet, sorted.
func (f *facts) unread() []types.NamespacedName {
	var names []types.NamespacedName
	for name, t := range f.tallies {
		if t.presence == "" {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, compareNames)
	return names
}

func compareNames(a, b types.NamespacedName) int {
	return cmp.Or(strings.Compare(a.Namespace, b.Namespace), strings.Compare(a.Name, b.Name))
}

// report says what the facts mean.
func (f *facts) report(operator Operator) Report {
	r := Report{Time: f.now, Namespace: f.scope.namespace, NotRead: f.notRead}
	r.Operator = operator.withSilence(f.silent, f.now)
	r.Instances = []Instance{}
	for _, name := range slices.SortedFunc(maps.Keys(f.tallies), compareNames) {
		r.Instances = append(r.Instances, f.instanceReport(name, r.Operator))
	}
	r.NeedsHuman = f.needs(r.Operator)
	return r
}

// byReason returns the numbers, most frequent first.
func (t *tally) sorted() []ReasonCount {
	counts := []ReasonCount{}
	for reason, count := range t.byReason {
		counts = append(counts, ReasonCount{Reason: reason, Count: count})
	}
	slices.SortFunc(counts, func(a, b ReasonCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), strings.Compare(a.Reason, b.Reason))
	})
	return counts
}
