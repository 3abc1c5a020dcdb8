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
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
	"github.com/clerk-operator/clerk-operator/internal/mirror"
)

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

// TestPendingDeletionsAreFoundAfterARestart has the events with which a process begins: of a ClerkInstance, and of its connection.
func TestPendingDeletionsAreFoundAfterARestart(t *testing.T) {
	t.Parallel()
	instance := newTestInstance()
	instance.Status.PendingDeletions = []v1alpha1.PendingDeletion{{
		UID: "1", Namespace: "team-b", Name: "former", UserID: testUserID, Policy: v1alpha1.DeletionDelete, Since: metav1.NewTime(start),
	}}
	r := newTestReconciler(t, newClock())
	r.Client = newTestCluster(t, instance)
	q := newTestQueue(t)
	r.instanceEventHandler().Create(t.Context(), event.CreateEvent{Object: instance}, q)
	if diff := cmp.Diff([]string{"team-b/former"}, queuedNames(q)); diff != "" {
		t.Errorf("its event enqueued (-want +got):\n%s", diff)
	}
	r.enqueueUsersOf(t.Context(), q, instanceName(instance))
	if diff := cmp.Diff([]string{"team-b/former"}, queuedNames(q)); diff != "" {
		t.Errorf("its connection enqueued (-want +got):\n%s", diff)
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
		// What is pending already is due by itself. With hundreds of pending deletions, all others would be reconciled for each.
		"NewPendingDeletion": {func(i *v1alpha1.ClerkInstance) {
			i.Status.PendingDeletions = append(i.Status.PendingDeletions, v1alpha1.PendingDeletion{UID: "2", Namespace: "team-a", Name: "new"})
		}, []string{"team-a/new"}},
		"OneComesAndOneGoes": {func(i *v1alpha1.ClerkInstance) {
			i.Status.PendingDeletions = []v1alpha1.PendingDeletion{{UID: "2", Namespace: "team-a", Name: "new"}}
		}, []string{"team-a/new"}},
		"OneGoes": {func(i *v1alpha1.ClerkInstance) { i.Status.PendingDeletions = nil }, nil},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newTestReconciler(t, newClock())
			r.Client = newTestCluster(t, testObjects()...)
			was := newTestInstance()
			was.Status.PendingDeletions = []v1alpha1.PendingDeletion{{UID: "1", Namespace: "team-a", Name: "former"}}
			is := was.DeepCopy()
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

// boundTo binds an object to a user of the instance under test.
func boundTo(userID string) func(*v1alpha1.ClerkUser) {
	return func(u *v1alpha1.ClerkUser) {
		u.Status.UserID = userID
		u.Status.Instance = &v1alpha1.BoundInstance{Namespace: testNamespace, Name: "default", ID: testInstanceID}
	}
}

// connectInstance gives a Reconciler a connection for the instance default, and returns its mirror.
func connectInstance(r *Reconciler) *mirror.Mirror {
	name := instanceName(newTestInstance())
	_, shared := r.Pool.Join(name, testInstanceID, connection.Terms{})
	r.Pool.Set(name, connection.State{Connection: &connection.Connection{InstanceID: testInstanceID, Mirror: shared}})
	return shared
}

func TestMirrorFollowsUsersBoundInItsInstance(t *testing.T) {
	t.Parallel()
	elsewhere := func(u *v1alpha1.ClerkUser) { u.Status.Instance.ID = "ins_other" }
	tests := map[string]struct {
		user []func(*v1alpha1.ClerkUser)
		want int
	}{
		"Bound":              {[]func(*v1alpha1.ClerkUser){boundTo(testUserID)}, 1},
		"NeverBound":         {nil, 0},
		"BoundElsewhere":     {[]func(*v1alpha1.ClerkUser){boundTo(testUserID), elsewhere}, 0},
		"NoLongerBound":      {[]func(*v1alpha1.ClerkUser){boundTo("")}, 0},
		"BoundWithoutARecor": {[]func(*v1alpha1.ClerkUser){func(u *v1alpha1.ClerkUser) { u.Status.UserID = testUserID }}, 0},
		"BoundThroughAnothe": {[]func(*v1alpha1.ClerkUser){boundTo(testUserID), func(u *v1alpha1.ClerkUser) { u.Status.Instance.Name = "alias" }}, 1},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newTestReconciler(t, newClock())
			shared := connectInstance(r)
			user := newTestUser("ann", tc.user...)
			r.follow(instanceName(newTestInstance()), []*v1alpha1.ClerkUser{user})
			if got := shared.Report().Followed; got != tc.want {
				t.Errorf("%d users are followed, want %d", got, tc.want)
			}
			if _, met := r.objects.Name(user.UID); met != (tc.want == 1) {
				t.Errorf("the object of a followed user is known by name: %t, want %t", met, tc.want == 1)
			}
		})
	}
}

// The cache is older than what this process wrote.
func TestMirrorKeepsRecordedWrites(t *testing.T) {
	t.Parallel()
	r := newTestReconciler(t, newClock())
	shared := connectInstance(r)
	shared.Bind("ann-uid", "user_2Newer")
	r.follow(instanceName(newTestInstance()), []*v1alpha1.ClerkUser{newTestUser("ann", boundTo("user_2Older"))})
	if id, _, onRecord := shared.BoundTo("ann-uid"); !onRecord || id != "user_2Newer" {
		t.Errorf("the object is bound to %s, want the newer one", id)
	}
	if got := shared.Report().Followed; got != 1 {
		t.Errorf("%d users are followed, want the newer one", got)
	}
	r.follow(instanceName(newTestInstance()), []*v1alpha1.ClerkUser{newTestUser("bob", boundTo("user_2Older"))})
	if _, _, onRecord := shared.BoundTo("bob-uid"); onRecord {
		t.Error("a status counts as seen by a reconciliation")
	}
}

func TestInstanceWithoutConnectionFollowsNobody(t *testing.T) {
	t.Parallel()
	r := newTestReconciler(t, newClock())
	shared := connectInstance(r)
	name := instanceName(newTestInstance())
	users := []*v1alpha1.ClerkUser{newTestUser("ann", boundTo(testUserID))}
	r.follow(types.NamespacedName{Name: "unknown"}, users)
	r.Pool.Set(name, connection.State{Problem: "no key"})
	r.follow(name, users)
	if got := shared.Report().Followed; got != 0 {
		t.Errorf("%d users are followed, want none", got)
	}
}

// The mirror reads nothing before it knows which users to follow. An instance without users must not keep it from counting.
func TestEnqueueStartsTheMirrorWithoutUsers(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	name := instanceName(newTestInstance())
	state, _ := f.Pool.State(name)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		state.Connection.Mirror.Run(ctx, state.Connection.Client, f.clerk.ID())
	}()
	defer func() { cancel(); <-ended }()
	time.Sleep(10 * time.Millisecond)
	f.expectCalls(0)
	f.enqueueUsersOf(t.Context(), newTestQueue(t), name)
	deadline := time.Now().Add(10 * time.Second)
	for state.Connection.Mirror.Report().FullSyncs == 0 && time.Now().Before(deadline) {
		time.Sleep(time.Millisecond)
	}
	if r := state.Connection.Mirror.Report(); r.Users == nil || r.FullSyncs != 1 {
		t.Errorf("the mirror reports %+v", r)
	}
}

// priorities empties a queue and returns the priority of each item.
func priorities(q priorityqueue.PriorityQueue[ctrl.Request], n int) map[string]int {
	all := map[string]int{}
	deadline := time.Now().Add(10 * time.Second)
	for len(all) < n && time.Now().Before(deadline) {
		if q.Len() == 0 {
			time.Sleep(time.Millisecond)
			continue
		}
		item, priority, _ := q.GetWithPriority()
		all[item.String()] = priority
		q.Done(item)
	}
	return all
}

// What the operator finds out comes after what people have changed.
func TestEnqueuedUsersComeAfterEdits(t *testing.T) {
	t.Parallel()
	bound := map[string]int{"team-a/bound": reconcile.PriorityLow}
	// None of their specs has a result yet, so somebody waits.
	leading := map[string]int{"team-a/bound": reconcile.PriorityEdited, "team-a/implied": reconcile.PriorityNew, "team-a/named": reconcile.PriorityNew}
	tests := map[string]struct {
		enqueue func(t *testing.T, r *Reconciler, q reconcile.Queue)
		want    map[string]int
	}{
		"InstanceOfThePool": {func(_ *testing.T, r *Reconciler, _ reconcile.Queue) {
			r.Pool.Set(instanceName(newTestInstance()), connection.State{Problem: "no key"})
		}, leading},
		"InstanceThatChanged": {func(t *testing.T, r *Reconciler, q reconcile.Queue) {
			r.instanceEventHandler().Create(t.Context(), event.CreateEvent{Object: newTestInstance()}, q)
		}, leading},
		"UserAtClerk": {func(_ *testing.T, r *Reconciler, _ reconcile.Queue) { r.Pool.ChangedUsers().Add("bound-uid") }, bound},
		"UserOfNobodyWeKnow": {func(_ *testing.T, r *Reconciler, _ reconcile.Queue) {
			r.Pool.ChangedUsers().Add("stranger", "", "bound-uid")
		}, bound},
		"UserOfOneThatIsGone": {func(_ *testing.T, r *Reconciler, _ reconcile.Queue) {
			r.objects.Forget("implied-uid")
			r.Pool.ChangedUsers().Add("implied-uid", "bound-uid")
		}, bound},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newTestReconciler(t, newClock())
			r.Client = newTestCluster(t, testObjects()...)
			for _, object := range testObjects() {
				r.objects.Meet(object)
			}
			q := priorityqueue.New[ctrl.Request]("test")
			defer q.ShutDown()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if err := r.receiveFromPool(ctx, q); err != nil {
				t.Fatal(err)
			}
			tc.enqueue(t, r, q)
			if diff := cmp.Diff(tc.want, priorities(q, len(tc.want))); diff != "" {
				t.Errorf("enqueued with priority (-want +got):\n%s", diff)
			}
			if q.Len() != 0 {
				t.Errorf("%d more are enqueued", q.Len())
			}
		})
	}
	plain := workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[ctrl.Request]())
	defer plain.ShutDown()
	reconcile.Enqueue(plain, types.NamespacedName{Namespace: "team-a", Name: "ann"}, reconcile.PriorityLow)
	if diff := cmp.Diff([]string{"team-a/ann"}, queuedNames(plain)); diff != "" {
		t.Errorf("in a queue without priorities (-want +got):\n%s", diff)
	}
}

// Every reconciliation registers the object by name, so that the mirror can enqueue it.
func TestChangedUserEnqueuesItsObject(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.create(newTestUser("ann"))
	f.create(newTestUser("bob"))
	f.expectReason("ann", v1alpha1.ReasonInSync)
	f.expectReason("bob", v1alpha1.ReasonInSync)
	f.fullSync()
	if _, err := f.clerk.Edit(f.user("ann").Status.UserID, func(u *emulator.User) { u.Banned = true }); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"ann-uid"}, f.incrementalSync()); diff != "" {
		t.Errorf("enqueued (-want +got):\n%s", diff)
	}
	if name, met := f.objects.Name("ann-uid"); !met || name.Name != "ann" {
		t.Errorf("the enqueued object is %s, met %t", name, met)
	}
}

func TestReleasedUserIsNotFollowed(t *testing.T) {
	t.Parallel()
	tests := map[string]func(f *fixture){
		"Deleted":  func(*fixture) {},
		"Retained": func(f *fixture) { f.edit("ann", withDeletionPolicy(v1alpha1.DeletionRetain)) },
		"GoneAtClerk": func(f *fixture) {
			if err := f.clerk.Delete(f.onlyUser().ID); err != nil {
				f.t.Fatal(err)
			}
		},
		"InstanceIsGone": func(f *fixture) {
			f.edit("ann", withDeletionPolicy(v1alpha1.DeletionRetain))
			f.Pool.Drop(instanceName(newTestInstance()))
			if err := f.cluster.Delete(f.t.Context(), newTestInstance()); err != nil {
				f.t.Fatal(err)
			}
		},
	}
	for name, then := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t)
			f.create(newTestUser("ann"))
			f.expectReason("ann", v1alpha1.ReasonInSync)
			shared, _ := f.Pool.Mirror(f.clerk.ID())
			if n := shared.Report().Followed; n != 1 {
				t.Fatalf("%d users are followed, want one", n)
			}
			then(f)
			f.clock.advance(time.Hour)
			f.delete("ann")
			f.expectGone("ann")
			if _, found := f.Pool.Mirror(f.clerk.ID()); found && shared.Report().Followed != 0 {
				t.Error("a released user is still followed")
			}
		})
	}
}

func TestPriorityOfAnObjectSeenFirst(t *testing.T) {
	t.Parallel()
	user := func(userID string, generation, observed int64) *v1alpha1.ClerkUser {
		u := newTestUser("ann")
		u.Generation, u.Status.ObservedGeneration, u.Status.UserID = generation, observed, userID
		return u
	}
	deleted := user("user_1", 2, 2)
	deleted.DeletionTimestamp = &metav1.Time{Time: start}
	tests := map[string]struct {
		object  client.Object
		initial bool
		want    int
	}{
		"New":                   {user("", 1, -1), false, reconcile.PriorityNew},
		"NewAtAStart":           {user("", 1, -1), true, reconcile.PriorityNew},
		"WithItsResultAtAStart": {user("user_1", 3, 3), true, reconcile.PriorityLow},
		"EditedBeforeAStart":    {user("user_1", 3, 2), true, reconcile.PriorityEdited},
		"DeletedBeforeAStart":   {deleted, true, reconcile.PriorityEdited},
		"StalledWithoutAUser":   {user("", 2, 2), true, reconcile.PriorityLow},
		"NotAClerkUser":         {&corev1.Namespace{}, true, reconcile.PriorityNew},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := priorityOfCreate(event.CreateEvent{Object: tc.object, IsInInitialList: tc.initial}); got != tc.want {
				t.Errorf("priority %d, want %d", got, tc.want)
			}
		})
	}
}

func TestPriorityOfAChange(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(*v1alpha1.ClerkUser)
		want   int
	}{
		"OfTheSpec": {func(u *v1alpha1.ClerkUser) { u.Generation++ }, reconcile.PriorityEdited},
		"Deletion":  {func(u *v1alpha1.ClerkUser) { u.DeletionTimestamp = &metav1.Time{Time: start} }, reconcile.PriorityEdited},
		"AskingForALook": {func(u *v1alpha1.ClerkUser) {
			u.Annotations = map[string]string{v1alpha1.AnnotationReconcileRequestedAt: "1"}
		}, reconcile.PriorityEdited},
		"OfTheStatus":     {func(u *v1alpha1.ClerkUser) { u.Status.UserID = "user_1" }, reconcile.PriorityLow},
		"OfTheFinalizers": {func(u *v1alpha1.ClerkUser) { u.Finalizers = []string{v1alpha1.Finalizer} }, reconcile.PriorityLow},
		"Announcement":    {func(u *v1alpha1.ClerkUser) { u.Annotations = map[string]string{v1alpha1.AnnotationCreating: "{}"} }, reconcile.PriorityLow},
		"OfALabel":        {func(u *v1alpha1.ClerkUser) { u.Labels = map[string]string{"a": "b"} }, reconcile.PriorityLow},
		"Resync":          {func(*v1alpha1.ClerkUser) {}, reconcile.PriorityLow},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			was := newTestUser("ann")
			is := was.DeepCopy()
			tc.change(is)
			if got := priorityOfChange(was, is); got != tc.want {
				t.Errorf("priority %d, want %d", got, tc.want)
			}
		})
	}
}
