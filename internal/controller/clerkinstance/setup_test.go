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
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
)

// waiting returns how many items a queue has after some time.
func waiting(q reconcile.Queue, patience time.Duration) int {
	deadline := time.Now().Add(patience)
	for q.Len() == 0 && time.Now().Before(deadline) {
		time.Sleep(time.Millisecond)
	}
	return q.Len()
}

func TestUsersHaveTheirInstanceCountLater(t *testing.T) {
	t.Parallel()
	plain := workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[ctrl.Request]())
	byPriority := priorityqueue.New[ctrl.Request]("test")
	for name, q := range map[string]reconcile.Queue{"PlainQueue": plain, "PriorityQueue": byPriority} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			defer q.ShutDown()
			r := newTestReconciler(t, &clock{at: start}, newTestInstance())
			r.CountInterval = 50 * time.Millisecond
			handler := r.countsEventHandler()
			ann, unbound := bound("team-a", "ann"), bound("team-a", "bob", func(u *v1alpha1.ClerkUser) { u.Status = v1alpha1.ClerkUserStatus{} })
			same := bound("team-a", "ann")

			handler.Create(t.Context(), event.CreateEvent{Object: &unbound}, q)
			handler.Update(t.Context(), event.UpdateEvent{ObjectOld: &ann, ObjectNew: &same}, q)
			if n := waiting(q, 4*r.CountInterval); n != 0 {
				t.Fatalf("what changes no count enqueues %d instances", n)
			}
			deleted := bound("team-a", "ann", beingDeleted)
			handler.Create(t.Context(), event.CreateEvent{Object: &ann}, q)
			handler.Update(t.Context(), event.UpdateEvent{ObjectOld: &ann, ObjectNew: &deleted}, q)
			handler.Delete(t.Context(), event.DeleteEvent{Object: &deleted}, q)
			if q.Len() != 0 {
				t.Error("the count is not put off")
			}
			if n := waiting(q, 10*time.Second); n != 1 {
				t.Fatalf("three changes enqueue %d instances, want one", n)
			}
			if item, _ := q.Get(); item.NamespacedName != prod {
				t.Errorf("enqueued is %s, want %s", item, prod)
			}
		})
	}
}

func TestPoolEnqueuesInstances(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		tell func(r *Reconciler)
		good bool // whether the key still counts as checked
	}{
		"KeyIsCheckedAgain":           {func(r *Reconciler) { r.Pool.RequestKeyCheck(prod) }, false},
		"ReportOfTheMirrorIsLookedAt": {func(r *Reconciler) { r.Pool.Reported().Add(prod) }, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			poolEnqueues(t, tc.tell, tc.good)
		})
	}
}

func poolEnqueues(t *testing.T, tell func(r *Reconciler), good bool) {
	t.Helper()
	r := newTestReconciler(t, &clock{at: start})
	if _, err := r.checked.getOrCheck(prod, checkedKey{key: testKey}, func() (*connection.Connection, error) {
		return &connection.Connection{InstanceID: testID}, nil
	}); err != nil {
		t.Fatal(err)
	}
	q := workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[ctrl.Request]())
	defer q.ShutDown()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if err := r.enqueueFromPool(ctx, q); err != nil {
		t.Fatal(err)
	}
	tell(r)
	if n := waiting(q, 10*time.Second); n != 1 {
		t.Fatalf("%d instances are enqueued", n)
	}
	if item, _ := q.Get(); item.NamespacedName != prod {
		t.Errorf("enqueued is %s, want %s", item, prod)
	}
	if found := r.checked.find(prod, checkedKey{key: testKey}) != nil; found != good {
		t.Errorf("the key counts as checked: %t, want %t", found, good)
	}
}

func TestSecretEnqueuesTheInstancesThatUseIt(t *testing.T) {
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
	want := []ctrl.Request{
		{NamespacedName: types.NamespacedName{Namespace: testNamespace, Name: "a"}}, {NamespacedName: types.NamespacedName{Namespace: testNamespace, Name: "d"}},
	}
	if diff := cmp.Diff(want, r.instancesOf(t.Context(), newTestSecret(""))); diff != "" {
		t.Errorf("enqueued (-want +got):\n%s", diff)
	}
	cluster, _ := r.Client.(client.WithWatch)
	r.Client = interceptor.NewClient(cluster, interceptor.Funcs{
		List: func(context.Context, client.WithWatch, client.ObjectList, ...client.ListOption) error {
			return errors.New("no")
		},
	})
	if got := r.instancesOf(t.Context(), newTestSecret("")); got != nil {
		t.Errorf("a cluster that cannot be asked enqueues %v", got)
	}
}
