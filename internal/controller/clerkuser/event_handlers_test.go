// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
	"github.com/clerk-operator/clerk-operator/internal/controller/index"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
)

// indexer gives the operator's indexes to a fake client.
type indexer struct{ builder *fake.ClientBuilder }

func (i indexer) IndexField(_ context.Context, o client.Object, field string, values client.IndexerFunc) error {
	i.builder.WithIndex(o, field, values)
	return nil
}

func newTestCluster(t *testing.T, objects ...client.Object) client.WithWatch {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	builder := fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).
		WithStatusSubresource(&v1alpha1.ClerkUser{}, &v1alpha1.ClerkInstance{})
	if err := index.Register(t.Context(), indexer{builder}); err != nil {
		t.Fatal(err)
	}
	return builder.Build()
}

func newTestQueue(t *testing.T) reconcile.Queue {
	t.Helper()
	q := workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[ctrl.Request]())
	t.Cleanup(q.ShutDown)
	return q
}

// queuedNames empties a queue and returns the names in it, sorted.
func queuedNames(q reconcile.Queue) []string {
	var names []string
	for q.Len() > 0 {
		item, _ := q.Get()
		names = append(names, item.String())
		q.Done(item)
	}
	slices.Sort(names)
	return names
}

// testObjects are ClerkUsers that use instances in all possible ways.
func testObjects() []client.Object {
	refer := func(name string, namespace *string) func(*v1alpha1.ClerkUser) {
		return func(u *v1alpha1.ClerkUser) {
			u.Spec.InstanceRef = &v1alpha1.InstanceReference{Name: name, Namespace: namespace}
		}
	}
	return []client.Object{
		newTestUser("implied"),
		newTestUser("implied-b", func(u *v1alpha1.ClerkUser) { u.Namespace = "team-b" }),
		newTestUser("named", refer("default", nil)),
		newTestUser("prod", refer("prod", ptr.To("platform"))),
		newTestUser("bound", func(u *v1alpha1.ClerkUser) {
			u.Status.UserID = testUserID
			u.Status.Instance = &v1alpha1.BoundInstance{Namespace: "platform", Name: "prod", ID: testInstanceID}
		}),
	}
}

func TestInstanceEnqueuesItsUsers(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		instance, fallback types.NamespacedName
		want               []string
	}{
		"DefaultOfTheNamespace":  {types.NamespacedName{Namespace: "team-a", Name: "default"}, types.NamespacedName{}, []string{"team-a/bound", "team-a/implied", "team-a/named"}},
		"DefaultOfAnother":       {types.NamespacedName{Namespace: "team-b", Name: "default"}, types.NamespacedName{}, []string{"team-b/implied-b"}},
		"NamedAndBound":          {types.NamespacedName{Namespace: "platform", Name: "prod"}, types.NamespacedName{}, []string{"team-a/bound", "team-a/prod"}},
		"FallbackOfAll":          {types.NamespacedName{Namespace: "platform", Name: "prod"}, types.NamespacedName{Namespace: "platform", Name: "prod"}, []string{"team-a/bound", "team-a/implied", "team-a/prod", "team-b/implied-b"}},
		"NobodyLeadsThere":       {types.NamespacedName{Namespace: "platform", Name: "test"}, types.NamespacedName{}, nil},
		"DefaultThatIsFallback":  {types.NamespacedName{Namespace: "team-a", Name: "default"}, types.NamespacedName{Namespace: "team-a", Name: "default"}, []string{"team-a/bound", "team-a/implied", "team-a/named", "team-b/implied-b"}},
		"FallbackLeavesDefaults": {types.NamespacedName{Namespace: "team-b", Name: "default"}, types.NamespacedName{Namespace: "platform", Name: "prod"}, []string{"team-b/implied-b"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newTestReconciler(t, newClock())
			r.Client, r.DefaultInstance = newTestCluster(t, testObjects()...), tc.fallback
			q := newTestQueue(t)
			r.enqueueUsersOf(t.Context(), q, tc.instance)
			if diff := cmp.Diff(tc.want, queuedNames(q)); diff != "" {
				t.Errorf("enqueued (-want +got):\n%s", diff)
			}
		})
	}
}

func TestInstanceEventsThatConcernUsers(t *testing.T) {
	t.Parallel()
	enqueued := []string{"team-a/bound", "team-a/implied", "team-a/named"}
	tests := map[string]struct {
		change func(*v1alpha1.ClerkInstance)
		want   []string
	}{
		"Resync":     {func(*v1alpha1.ClerkInstance) {}, nil},
		"Status":     {func(i *v1alpha1.ClerkInstance) { i.Status.ManagedUsers = 7 }, nil},
		"Label":      {func(i *v1alpha1.ClerkInstance) { i.Labels = map[string]string{"a": "b"} }, nil},
		"Annotation": {func(i *v1alpha1.ClerkInstance) { i.Annotations = map[string]string{"a": "b"} }, nil},
		"Spec":       {func(i *v1alpha1.ClerkInstance) { i.Generation++ }, enqueued},
		"Release": {func(i *v1alpha1.ClerkInstance) {
			i.Annotations = map[string]string{v1alpha1.AnnotationReleaseDeletions: "2026-03-04T05:06:07Z"}
		}, enqueued},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newTestReconciler(t, newClock())
			r.Client = newTestCluster(t, testObjects()...)
			was, is := newTestInstance(), newTestInstance()
			tc.change(is)
			q := newTestQueue(t)
			r.instanceEventHandler().Update(t.Context(), event.UpdateEvent{ObjectOld: was, ObjectNew: is}, q)
			if diff := cmp.Diff(tc.want, queuedNames(q)); diff != "" {
				t.Errorf("enqueued (-want +got):\n%s", diff)
			}
		})
	}
	r := newTestReconciler(t, newClock())
	r.Client = newTestCluster(t, testObjects()...)
	q := newTestQueue(t)
	r.instanceEventHandler().Create(t.Context(), event.CreateEvent{Object: newTestInstance()}, q)
	if diff := cmp.Diff(enqueued, queuedNames(q)); diff != "" {
		t.Errorf("a new instance enqueued (-want +got):\n%s", diff)
	}
	r.instanceEventHandler().Delete(t.Context(), event.DeleteEvent{Object: newTestInstance()}, q)
	if diff := cmp.Diff(enqueued, queuedNames(q)); diff != "" {
		t.Errorf("a deleted instance enqueued (-want +got):\n%s", diff)
	}
}

func TestPoolEnqueuesUsers(t *testing.T) {
	t.Parallel()
	r := newTestReconciler(t, newClock())
	r.Client = newTestCluster(t, testObjects()...)
	q := newTestQueue(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if err := r.receiveFromPool(ctx, q); err != nil {
		t.Fatal(err)
	}
	r.Pool.Set(types.NamespacedName{Namespace: "team-b", Name: "default"}, connection.State{Problem: "no key"})
	deadline := time.Now().Add(10 * time.Second)
	for q.Len() == 0 && time.Now().Before(deadline) {
		time.Sleep(time.Millisecond)
	}
	if diff := cmp.Diff([]string{"team-b/implied-b"}, queuedNames(q)); diff != "" {
		t.Errorf("enqueued (-want +got):\n%s", diff)
	}
}

// A released user may be the one that others of the namespace wait for, whatever back-off they are in.
func TestDeletionEnqueuesBlockedUsersAndForgetsState(t *testing.T) {
	t.Parallel()
	gone := newTestUser("gone")
	r := newTestReconciler(t, newClock())
	r.Client = newTestCluster(t, testObjects()...)
	gone.ResourceVersion = "7"
	r.objects.Wrote(gone)
	for range reconcile.RatesBurst {
		r.rates.Wait(gone.UID)
	}
	waiting := newTestReconciliation(t, r, newTestUser("implied"))
	waiting.err = errAlreadyExists
	reconcileResult(r, waiting)

	q := newTestQueue(t)
	r.userEventHandler().Delete(t.Context(), event.DeleteEvent{Object: gone}, q)
	got := queuedNames(q)
	for _, name := range []string{"team-a/implied", "team-a/named", "team-a/prod"} {
		if !slices.Contains(got, name) {
			t.Errorf("enqueued were %v, want %s among them", got, name)
		}
	}
	if slices.Contains(got, "team-b/implied-b") {
		t.Errorf("enqueued were %v, one of them of another namespace", got)
	}
	if err := newTestReconciliation(t, r, newTestUser("implied")).inBackOff(); err != nil {
		t.Errorf("the object that may have its user now is still in back-off: %v", err)
	}
	gone.ResourceVersion = "6"
	if r.objects.Outdated(gone) || r.rates.Wait(gone.UID) != 0 {
		t.Error("the object that is gone is remembered")
	}
}

func TestFailedListEnqueuesNobody(t *testing.T) {
	t.Parallel()
	r := newTestReconciler(t, newClock())
	r.Client = interceptor.NewClient(newTestCluster(t, testObjects()...), interceptor.Funcs{
		List: func(context.Context, client.WithWatch, client.ObjectList, ...client.ListOption) error {
			return errors.New("no")
		},
	})
	q := newTestQueue(t)
	r.enqueueUsersOf(t.Context(), q, types.NamespacedName{Namespace: testNamespace, Name: "default"})
	r.userEventHandler().Delete(t.Context(), event.DeleteEvent{Object: newTestUser("gone")}, q)
	if got := queuedNames(q); got != nil {
		t.Errorf("enqueued were %v", got)
	}
}

func TestSuccessorMustProvePossession(t *testing.T) {
	t.Parallel()
	user := clerkUser("ann@example.com")
	tests := map[string]struct {
		candidate func(*v1alpha1.ClerkUser)
		want      bool
	}{
		"DeclaresTheAddress":     {func(*v1alpha1.ClerkUser) {}, true},
		"DeclaresAnother":        {func(u *v1alpha1.ClerkUser) { u.Spec.EmailAddresses[0].Address = "bob@example.com" }, false},
		"NamesTheUser":           {func(u *v1alpha1.ClerkUser) { u.Spec.EmailAddresses, u.Spec.UserID = nil, ptr.To(testUserID) }, true},
		"NamesAnotherUser":       {func(u *v1alpha1.ClerkUser) { u.Spec.UserID = ptr.To("user_other") }, false},
		"OnlyAUsername":          {func(u *v1alpha1.ClerkUser) { u.Spec.EmailAddresses, u.Spec.Username = nil, ptr.To("ann") }, false},
		"Suspended":              {func(u *v1alpha1.ClerkUser) { u.Spec.Suspend = ptr.To(true) }, false},
		"OnlyObserves":           {func(u *v1alpha1.ClerkUser) { u.Spec.Mode = ptr.To(v1alpha1.ModeObserve) }, false},
		"BeingDeletedItself":     {func(u *v1alpha1.ClerkUser) { u.DeletionTimestamp = ptr.To(metav1.NewTime(start)) }, false},
		"InvalidSpecDeclaresNot": {func(u *v1alpha1.ClerkUser) { u.Spec.PublicMetadata = &runtime.RawExtension{Raw: []byte(`{"a":null}`)} }, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := transfer{reconciliation: newTestReconciliation(t, newTestReconciler(t, newClock()), newTestUser("former"))}
			candidate := newTestUser("successor", func(u *v1alpha1.ClerkUser) { u.Spec.EmailAddresses[0].Address = "ann@example.com" })
			tc.candidate(candidate)
			user := *user
			user.Username = "ann"
			if got := p.declares(candidate, &user); got != tc.want {
				t.Errorf("declares the user: %t, want %t", got, tc.want)
			}
		})
	}
}
