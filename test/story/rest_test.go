// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/mirror"
)

// A world is at rest once nothing was under way in so many looks, between which the operator's goroutines get their turn to hand
// over what none of the counters sees.
const (
	restLooks = 5
	restPause = 15 * time.Millisecond
)

// rest waits until the operator has nothing to do: no reconciliation is queued, under way or soon due, no request and no call is
// under way, its caches hold what the API server holds, and its mirrors have read whom they follow. It returns what the operator
// has written and logged up to then.
func (w *world) rest() (all written) {
	w.t.Helper()
	w.eventually("the operator to be at rest", func() error {
		for range restLooks {
			if does := w.busy(); does != "" {
				return errors.New(does)
			}
			time.Sleep(restPause)
		}
		all = w.record()
		if err := w.cachesHold(all.versions); err != nil {
			return err
		}
		if does := w.busy(); does != "" {
			return errors.New(does)
		}
		return nil
	})
	return all
}

// busy says what the operator does or is about to do; "" is nothing.
func (w *world) busy() string {
	if does := w.operators.busy(); does != "" {
		return does
	}
	for _, m := range w.mirrors() {
		if n := m.Report().Pending; n > 0 {
			return fmt.Sprintf("the mirror has %d users to read", n)
		}
	}
	return ""
}

// mirrors are those that the operators use.
func (w *world) mirrors() []*mirror.Mirror {
	w.t.Helper()
	var all []*mirror.Mirror
	for _, o := range w.operators.running() {
		instances := &v1alpha1.ClerkInstanceList{}
		if err := o.cache.List(w.t.Context(), instances); err != nil {
			w.t.Fatal(err)
		}
		for i := range instances.Items {
			if state, _ := o.pool.State(client.ObjectKeyFromObject(&instances.Items[i])); state.Connection != nil {
				all = append(all, state.Connection.Mirror)
			}
		}
	}
	return all
}

// cachesHold returns an error while the caches of the operators hold other versions of our kinds than the API server.
func (w *world) cachesHold(held versions) error {
	want := maps.Clone(held)
	maps.DeleteFunc(want, func(name, _ string) bool { return !strings.HasPrefix(name, "*v1alpha1.") })
	for _, o := range w.operators.running() {
		cached := versions{}
		for _, list := range ourKinds() {
			cached.list(w, o.cache, list)
		}
		if difference := cached.differences(want); difference != "" {
			return fmt.Errorf("a cache is not current: %s", difference)
		}
	}
	return nil
}

func ourKinds() []client.ObjectList {
	return []client.ObjectList{&v1alpha1.ClerkUserList{}, &v1alpha1.ClerkInstanceList{}, &v1alpha1.ClerkUserActionList{}}
}

// versions are the resource versions of objects by kind and name.
type versions map[string]string

func (v versions) list(w *world, from client.Reader, list client.ObjectList) {
	w.t.Helper()
	if err := from.List(w.t.Context(), list, client.InNamespace(w.namespace)); err != nil {
		w.t.Fatal(err)
	}
	_ = meta.EachListItem(list, func(o runtimeObject) error {
		v.set(o.(client.Object))
		return nil
	})
}

func (v versions) set(o client.Object) {
	v[fmt.Sprintf("%T/%s", o, o.GetName())] = o.GetResourceVersion()
}

// differences are the objects whose versions differ.
func (v versions) differences(other versions) string {
	var all []string
	for name, version := range v {
		if other[name] != version {
			all = append(all, fmt.Sprintf("%s was %s and is %s", name, version, other[name]))
		}
	}
	for name, version := range other {
		if _, found := v[name]; !found {
			all = append(all, fmt.Sprintf("%s@%s is new", name, version))
		}
	}
	return strings.Join(all, ", ")
}

// written is what the operator has written and logged up to a moment.
type written struct {
	versions versions
	calls    int
	logged   string
}

// record returns what the operator has written and logged up to now.
func (w *world) record() written {
	w.t.Helper()
	return written{w.versions(), len(w.clerk.Journal().Writes()), w.infos.String()}
}

// versions returns the version of every object that the operator may write.
func (w *world) versions() versions {
	w.t.Helper()
	all := versions{}
	for _, list := range append(ourKinds(), &corev1.SecretList{}, &eventsv1.EventList{}) {
		all.list(w, w.client, list)
	}
	return all
}

// settle waits until the operator has carried out and told all that it can know of: it is at rest, and looking at every
// ClerkInstance and at what was changed last at Clerk makes it write nothing. It returns what was written and logged up to then.
func (w *world) settle() (all written) {
	w.t.Helper()
	all = w.rest()
	w.eventually("the operator to write nothing more", func() error {
		before := all
		w.reconcileAll(instanceController, &v1alpha1.ClerkInstanceList{})
		w.sync(false)
		all = w.rest()
		if difference := before.versions.differences(all.versions); difference != "" {
			return errors.New(difference)
		}
		return nil
	})
	return all
}

// rests ends a story. Every object is reconciled once more, and the users at Clerk are read in a further incremental and a
// further full sync. It checks that this writes nothing to either side and logs nothing at info, and that every status is well
// formed.
func (w *world) rests() {
	w.t.Helper()
	w.restsBetweenFullSyncs()
	// The first one counts the users at Clerk, whom the story may have added.
	w.sync(true)
	before := w.rest()
	w.sync(true)
	w.wroteNothing("a further full sync", before, w.rest())
}

// restsBetweenFullSyncs is rests without full syncs, which do more than other syncs in some stories.
func (w *world) restsBetweenFullSyncs() {
	w.t.Helper()
	before := w.settle()
	maps.Copy(before.versions, w.touch())
	w.reconcileAll(instanceController, &v1alpha1.ClerkInstanceList{})
	w.reconcileAll(actionController, &v1alpha1.ClerkUserActionList{})
	w.sync(false)
	w.wroteNothing("further reconciliations and an incremental sync", before, w.rest())
	w.checkStatuses()
}

// wroteNothing checks that nothing was written or logged between two moments.
func (w *world) wroteNothing(what string, before, after written) {
	w.t.Helper()
	if difference := before.versions.differences(after.versions); difference != "" {
		w.t.Errorf("%s wrote to the API server: %s\n%s", what, difference, w.describe())
	}
	if after.calls != before.calls {
		w.t.Errorf("%s wrote to Clerk:\n%s", what, w.describe())
	}
	if after.logged != before.logged {
		w.t.Errorf("%s logged at info: %s", what, strings.TrimPrefix(after.logged, before.logged))
	}
}

// touch labels every ClerkUser, so that the operator hears of a change and reconciles it. It returns their new versions.
func (w *world) touch() versions {
	w.t.Helper()
	touched := versions{}
	users := &v1alpha1.ClerkUserList{}
	w.listAll(users)
	w.reconciledOnce(userController, users, func(o client.Object) {
		user := o.(*v1alpha1.ClerkUser)
		before := user.DeepCopy()
		metav1.SetMetaDataLabel(&user.ObjectMeta, "touched", fmt.Sprint(time.Now().UnixNano()))
		err := w.client.Patch(w.t.Context(), user, client.MergeFrom(before))
		if client.IgnoreNotFound(err) != nil {
			w.t.Fatal(err)
		}
		if err == nil {
			touched.set(user)
		}
	})
	return touched
}

// reconcileAll has every object of a kind reconciled, and waits for that.
func (w *world) reconcileAll(controller string, list client.ObjectList) {
	w.t.Helper()
	w.listAll(list)
	w.reconciledOnce(controller, list, func(o client.Object) {
		for _, running := range w.operators.running() {
			w.queueOf(running, controller).Add(reconcile.Request{NamespacedName: client.ObjectKeyFromObject(o)})
		}
	})
}

// reconciledOnce does something to each object and waits until every operator has reconciled all of them since then.
func (w *world) reconciledOnce(controller string, list client.ObjectList, act func(client.Object)) {
	w.t.Helper()
	times := map[*queue]map[reconcile.Request]int{}
	for _, running := range w.operators.running() {
		times[w.queueOf(running, controller)] = map[reconcile.Request]int{}
	}
	_ = meta.EachListItem(list, func(item runtimeObject) error {
		o := item.(client.Object)
		request := reconcile.Request{NamespacedName: client.ObjectKeyFromObject(o)}
		for q, before := range times {
			before[request] = q.times(request)
		}
		act(o)
		return nil
	})
	w.eventually("the operator to reconcile every object", func() error {
		for q, before := range times {
			for request, n := range before {
				if q.times(request) == n {
					return fmt.Errorf("%s is not reconciled yet", request)
				}
			}
		}
		return nil
	})
}

// queueOf waits until an operator has made the work queue of a controller.
func (w *world) queueOf(running *operator, controller string) (q *queue) {
	w.t.Helper()
	w.eventually("the operator to start", func() error {
		if q = running.queue(controller); q == nil {
			return errNotYet
		}
		return nil
	})
	return q
}

// elapse lets so many seconds pass by the clock of the emulator and the operator. In each, the operator reconciles every
// ClerkUser and every ClerkUserAction, and its mirrors make an incremental sync.
func (w *world) elapse(seconds int) {
	w.t.Helper()
	for range seconds {
		w.server.Clock().Advance(time.Second)
		w.reconcileAll(userController, &v1alpha1.ClerkUserList{})
		w.reconcileAll(actionController, &v1alpha1.ClerkUserActionList{})
		w.sync(false)
		w.rest()
	}
}

// sync has every mirror make an incremental sync, and a full one too if full is true, and waits for that.
func (w *world) sync(full bool) {
	w.t.Helper()
	for _, m := range w.mirrors() {
		before := m.Report()
		m.SyncNow(full)
		w.eventually("the mirror to be in sync", func() error {
			now := m.Report()
			if syncs(now) == syncs(before) || full && now.FullSyncs == before.FullSyncs {
				return fmt.Errorf("%+v", now)
			}
			return nil
		})
	}
}

// syncs is how many incremental syncs have come to an end.
func syncs(r mirror.Report) int64 { return r.IncrementalSyncs + r.IncrementalSyncOverruns }

// listAll fills a list with what the API server holds in the world's namespace.
func (w *world) listAll(list client.ObjectList) {
	w.t.Helper()
	if err := w.client.List(w.t.Context(), list, client.InNamespace(w.namespace)); err != nil {
		w.t.Fatal(err)
	}
}

// checkStatuses checks that every status is well formed.
func (w *world) checkStatuses() {
	w.t.Helper()
	users, instances := &v1alpha1.ClerkUserList{}, &v1alpha1.ClerkInstanceList{}
	w.listAll(users)
	w.listAll(instances)
	for i := range users.Items {
		checkStatus(w.t, &users.Items[i])
	}
	for i := range instances.Items {
		checkInstanceStatus(w.t, &instances.Items[i])
	}
	for _, a := range w.actions() {
		checkActionStatus(w.t, &a)
	}
}
