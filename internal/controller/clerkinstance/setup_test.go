// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkinstance

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
)

// waiting returns how many items a queue has after some time.
func waiting(q queue, patience time.Duration) int {
	deadline := time.Now().Add(patience)
	for q.Len() == 0 && time.Now().Before(deadline) {
		time.Sleep(time.Millisecond)
	}
	return q.Len()
}

func TestUsersHaveTheirInstanceCountLater(t *testing.T) {
	t.Parallel()
	plain := workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[reconcile.Request]())
	byPriority := priorityqueue.New[reconcile.Request]("test")
	for name, q := range map[string]queue{"PlainQueue": plain, "PriorityQueue": byPriority} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			defer q.ShutDown()
			r := newTestReconciler(t, &clock{at: start}, newTestInstance())
			r.CountInterval = 50 * time.Millisecond
			hear := r.countLater()
			ann, unbound := bound("team-a", "ann"), bound("team-a", "bob", func(u *v1alpha1.ClerkUser) { u.Status = v1alpha1.ClerkUserStatus{} })
			same := bound("team-a", "ann")

			hear.Create(t.Context(), event.CreateEvent{Object: &unbound}, q)
			hear.Update(t.Context(), event.UpdateEvent{ObjectOld: &ann, ObjectNew: &same}, q)
			if n := waiting(q, 4*r.CountInterval); n != 0 {
				t.Fatalf("what changes no count wakes %d instances", n)
			}
			deleted := bound("team-a", "ann", beingDeleted)
			hear.Create(t.Context(), event.CreateEvent{Object: &ann}, q)
			hear.Update(t.Context(), event.UpdateEvent{ObjectOld: &ann, ObjectNew: &deleted}, q)
			hear.Delete(t.Context(), event.DeleteEvent{Object: &deleted}, q)
			if q.Len() != 0 {
				t.Error("the count is not put off")
			}
			if n := waiting(q, 10*time.Second); n != 1 {
				t.Fatalf("three changes wake %d instances, want one", n)
			}
			if item, _ := q.Get(); item.NamespacedName != prod {
				t.Errorf("woken is %s, want %s", item, prod)
			}
		})
	}
}

func TestPoolWakesInstances(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		tell func(r *Reconciler)
		good bool // whether the key still counts as checked
	}{
		"DoubtedKeyIsCheckedAgain":    {func(r *Reconciler) { r.Pool.RequestKeyCheck(prod) }, false},
		"ReportOfTheMirrorIsLookedAt": {func(r *Reconciler) { r.Pool.Reported().Add(prod) }, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			poolWakes(t, tc.tell, tc.good)
		})
	}
}

func poolWakes(t *testing.T, tell func(r *Reconciler), good bool) {
	t.Helper()
	r := newTestReconciler(t, &clock{at: start})
	if _, err := r.checked.or(prod, checkedKey{key: testKey}, func() (*connection.Connection, error) {
		return &connection.Connection{InstanceID: testID}, nil
	}); err != nil {
		t.Fatal(err)
	}
	q := workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[reconcile.Request]())
	defer q.ShutDown()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if err := r.hearPool(ctx, q); err != nil {
		t.Fatal(err)
	}
	tell(r)
	if n := waiting(q, 10*time.Second); n != 1 {
		t.Fatalf("%d instances are woken", n)
	}
	if item, _ := q.Get(); item.NamespacedName != prod {
		t.Errorf("woken is %s, want %s", item, prod)
	}
	if found := r.checked.find(prod, checkedKey{key: testKey}) != nil; found != good {
		t.Errorf("the key counts as checked: %t, want %t", found, good)
	}
}

func TestSecretWakesTheInstancesThatUseIt(t *testing.T) {
	t.Parallel()
	named := func(namespace, name, secret string) *v1alpha1.ClerkInstance {
		return newTestInstance(func(i *v1alpha1.ClerkInstance) {
			i.Namespace, i.Name, i.Spec.SecretKeyRef.Name = namespace, name, secret
		})
	}
	objects := []client.Object{
		named(testNamespace, "a", "clerk"), named(testNamespace, "b", "other"), named("team-a", "c", "clerk"), named(testNamespace, "d", "clerk"),
	}
	r := newTestReconciler(t, &clock{at: start}, objects...)
	want := []reconcile.Request{
		{NamespacedName: types.NamespacedName{Namespace: testNamespace, Name: "a"}}, {NamespacedName: types.NamespacedName{Namespace: testNamespace, Name: "d"}},
	}
	if diff := cmp.Diff(want, r.instancesOf(t.Context(), newTestSecret(""))); diff != "" {
		t.Errorf("woken (-want +got):\n%s", diff)
	}
	cluster, _ := r.Client.(client.WithWatch)
	r.Client = interceptor.NewClient(cluster, interceptor.Funcs{
		List: func(context.Context, client.WithWatch, client.ObjectList, ...client.ListOption) error {
			return errors.New("no")
		},
	})
	if got := r.instancesOf(t.Context(), newTestSecret("")); got != nil {
		t.Errorf("a cluster that cannot be asked wakes %v", got)
	}
}
