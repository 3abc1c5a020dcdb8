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

// An operator is at rest after so many checks in a row found nothing under way. During the pauses between them, its goroutines hand
// over what no counter shows.
const (
	restChecks = 5
	restPause  = 15 * time.Millisecond
)

// waitForRest waits until the operator has nothing to do: no reconciliation is queued, under way or soon due, no request and no call is
// under way, its caches hold what the API server holds, and its mirrors have read whom they follow. It returns what the operator
// has written and logged up to then.
func (env *environment) waitForRest() (all written) {
	env.t.Helper()
	env.eventually("the operator to be at rest", func() error {
		for range restChecks {
			if does := env.busy(soonDue); does != "" {
				return errors.New(does)
			}
			time.Sleep(restPause)
		}
		all = env.record()
		if err := env.cachesHold(all.versions); err != nil {
			return err
		}
		// While other stories keep the API server busy, reading all that may take longer than a ClerkInstance rests.
		if does := env.busy(present); does != "" {
			return errors.New(does)
		}
		return nil
	})
	return all
}

// busy says what the operator does or is about to do; "" is nothing.
func (env *environment) busy(looks outlook) string {
	if does := env.operators.busy(looks); does != "" {
		return does
	}
	for _, m := range env.mirrors() {
		if n := m.Report().Pending; n > 0 {
			return fmt.Sprintf("the mirror has %d users to read", n)
		}
	}
	return ""
}

// mirrors are those that the operators use.
func (env *environment) mirrors() []*mirror.Mirror {
	env.t.Helper()
	var all []*mirror.Mirror
	for _, o := range env.operators.running() {
		instances := &v1alpha1.ClerkInstanceList{}
		if err := o.cache.List(env.t.Context(), instances); err != nil {
			env.t.Fatal(err)
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
func (env *environment) cachesHold(held versions) error {
	want := maps.Clone(held)
	maps.DeleteFunc(want, func(name, _ string) bool { return !strings.HasPrefix(name, "*v1alpha1.") })
	for _, o := range env.operators.running() {
		cached := versions{}
		for _, list := range ourKinds() {
			cached.list(env, o.cache, list)
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

func (v versions) list(env *environment, from client.Reader, list client.ObjectList) {
	env.t.Helper()
	if err := from.List(env.t.Context(), list, client.InNamespace(env.namespace)); err != nil {
		env.t.Fatal(err)
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
func (env *environment) record() written {
	env.t.Helper()
	return written{env.versions(), len(env.clerk.Journal().Writes()), env.infos.String()}
}

// versions returns the version of every object that the operator may write.
func (env *environment) versions() versions {
	env.t.Helper()
	all := versions{}
	for _, list := range append(ourKinds(), &corev1.SecretList{}, &eventsv1.EventList{}) {
		all.list(env, env.client, list)
	}
	return all
}

// settle waits until the operator has nothing left to write: it is at rest, and a reconciliation of each ClerkInstance and an
// incremental sync write nothing. It returns what was written and logged up to then.
func (env *environment) settle() (all written) {
	env.t.Helper()
	all = env.waitForRest()
	env.eventually("the operator to write nothing more", func() error {
		before := all
		env.reconcileAll(instanceController, &v1alpha1.ClerkInstanceList{})
		env.sync(false)
		all = env.waitForRest()
		if difference := before.versions.differences(all.versions); difference != "" {
			return errors.New(difference)
		}
		return nil
	})
	return all
}

// expectNoWrites ends a story. It has each object reconciled once more and the mirrors make a further incremental and a further full
// sync, and fails if this writes anything to either side, logs anything at info, or leaves a status that is not well formed.
func (env *environment) expectNoWrites() {
	env.t.Helper()
	env.expectNoWritesBetweenFullSyncs()
	// The first one counts the users at Clerk, whom the story may have added.
	env.sync(true)
	before := env.waitForRest()
	env.sync(true)
	env.expectNothingWritten("a further full sync", before, env.waitForRest())
}

// expectNoWritesBetweenFullSyncs is expectNoWrites without full syncs, which do more than other syncs in some stories.
func (env *environment) expectNoWritesBetweenFullSyncs() {
	env.t.Helper()
	before := env.settle()
	maps.Copy(before.versions, env.touch())
	env.reconcileAll(instanceController, &v1alpha1.ClerkInstanceList{})
	env.reconcileAll(actionController, &v1alpha1.ClerkUserActionList{})
	env.sync(false)
	env.expectNothingWritten("further reconciliations and an incremental sync", before, env.waitForRest())
	env.checkStatuses()
}

// expectNothingWritten checks that nothing was written or logged between two moments.
func (env *environment) expectNothingWritten(what string, before, after written) {
	env.t.Helper()
	if difference := before.versions.differences(after.versions); difference != "" {
		env.t.Errorf("%s wrote to the API server: %s\n%s", what, difference, env.describe())
	}
	if after.calls != before.calls {
		env.t.Errorf("%s wrote to Clerk:\n%s", what, env.describe())
	}
	if after.logged != before.logged {
		env.t.Errorf("%s logged at info: %s", what, strings.TrimPrefix(after.logged, before.logged))
	}
}

// touch labels every ClerkUser, so that the operator hears of a change and reconciles it. It returns their new versions.
func (env *environment) touch() versions {
	env.t.Helper()
	touched := versions{}
	users := &v1alpha1.ClerkUserList{}
	env.listAll(users)
	env.reconciledOnce(userController, users, func(o client.Object) {
		user := o.(*v1alpha1.ClerkUser)
		before := user.DeepCopy()
		metav1.SetMetaDataLabel(&user.ObjectMeta, "touched", fmt.Sprint(time.Now().UnixNano()))
		err := env.client.Patch(env.t.Context(), user, client.MergeFrom(before))
		if client.IgnoreNotFound(err) != nil {
			env.t.Fatal(err)
		}
		if err == nil {
			touched.set(user)
		}
	})
	return touched
}

// reconcileAll has every object of a kind reconciled, and waits for that.
func (env *environment) reconcileAll(controller string, list client.ObjectList) {
	env.t.Helper()
	env.listAll(list)
	env.reconciledOnce(controller, list, func(o client.Object) {
		for _, running := range env.operators.running() {
			env.queueOf(running, controller).Add(reconcile.Request{NamespacedName: client.ObjectKeyFromObject(o)})
		}
	})
}

// reconciledOnce does something to each object and waits until every operator has reconciled all of them since then.
func (env *environment) reconciledOnce(controller string, list client.ObjectList, act func(client.Object)) {
	env.t.Helper()
	times := map[*queue]map[reconcile.Request]int{}
	for _, running := range env.operators.running() {
		times[env.queueOf(running, controller)] = map[reconcile.Request]int{}
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
	env.eventually("the operator to reconcile every object", func() error {
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
func (env *environment) queueOf(running *operator, controller string) (q *queue) {
	env.t.Helper()
	env.eventually("the operator to start", func() error {
		if q = running.queue(controller); q == nil {
			return errNotYet
		}
		return nil
	})
	return q
}

// elapse advances the clock of the emulator and the operator by so many seconds. In each second, the operator reconciles every
// ClerkUser and every ClerkUserAction, and its mirrors make an incremental sync.
func (env *environment) elapse(seconds int) {
	env.t.Helper()
	for range seconds {
		env.server.Clock().Advance(time.Second)
		env.reconcileAll(userController, &v1alpha1.ClerkUserList{})
		env.reconcileAll(actionController, &v1alpha1.ClerkUserActionList{})
		env.sync(false)
		env.waitForRest()
	}
}

// sync has every mirror make an incremental sync, and a full one too if full is true, and waits for that.
func (env *environment) sync(full bool) {
	env.t.Helper()
	for _, m := range env.mirrors() {
		before := m.Report()
		m.SyncNow(full)
		env.eventually("the mirror to be in sync", func() error {
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

// listAll fills a list with what the API server holds in the environment's namespace.
func (env *environment) listAll(list client.ObjectList) {
	env.t.Helper()
	if err := env.client.List(env.t.Context(), list, client.InNamespace(env.namespace)); err != nil {
		env.t.Fatal(err)
	}
}

// checkStatuses checks that every status is well formed.
func (env *environment) checkStatuses() {
	env.t.Helper()
	users, instances := &v1alpha1.ClerkUserList{}, &v1alpha1.ClerkInstanceList{}
	env.listAll(users)
	env.listAll(instances)
	for i := range users.Items {
		checkStatus(env.t, &users.Items[i])
	}
	for i := range instances.Items {
		checkInstanceStatus(env.t, &instances.Items[i])
	}
	for _, a := range env.actions() {
		checkActionStatus(env.t, &a)
	}
}
