// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// becomes waits until a ClerkUser has a verdict on its present generation with this reason.
func (w *world) becomes(name, reason string) *v1alpha1.ClerkUser {
	w.t.Helper()
	var user *v1alpha1.ClerkUser
	w.eventually(fmt.Sprintf("ClerkUser %s to become %s", name, reason), func() error {
		user = w.read(name)
		ready := meta.FindStatusCondition(user.Status.Conditions, v1alpha1.ConditionReady)
		if ready == nil || ready.Reason != reason || ready.ObservedGeneration != user.Generation {
			return fmt.Errorf("Ready is %+v at generation %d", ready, user.Generation)
		}
		return nil
	})
	checkStatus(w.t, user)
	return user
}

// instanceBecomes waits until the ClerkInstance has a verdict with this reason.
func (w *world) instanceBecomes(reason string) {
	w.t.Helper()
	w.eventually("the ClerkInstance to become "+reason, func() error {
		instance := &v1alpha1.ClerkInstance{}
		w.get(instance, "default")
		ready := meta.FindStatusCondition(instance.Status.Conditions, v1alpha1.ConditionReady)
		if ready == nil || ready.Reason != reason || ready.ObservedGeneration != instance.Generation {
			return fmt.Errorf("Ready is %+v", ready)
		}
		return nil
	})
}

// vanishes waits until a ClerkUser is gone.
func (w *world) vanishes(name string) {
	w.t.Helper()
	w.eventually("ClerkUser "+name+" to vanish", func() error {
		err := w.client.Get(w.t.Context(), client.ObjectKey{Namespace: w.namespace, Name: name}, &v1alpha1.ClerkUser{})
		if apierrors.IsNotFound(err) {
			return nil
		}
		return fmt.Errorf("it is still there: %w", err)
	})
}

// tells waits until an event with this reason was written about an object.
func (w *world) tells(name, reason string) {
	w.t.Helper()
	w.eventually("event "+reason+" about "+name, func() error {
		if seen := w.told(name); !slices.Contains(seen, reason) {
			return fmt.Errorf("seen were %v", seen)
		}
		return nil
	})
}

// calls returns how often Clerk was called with a method and a path pattern.
func (w *world) calls(method, pattern string) int {
	return len(w.clerk.Journal().Matching(method, pattern))
}

// wantCalls fails unless Clerk was called so often.
func (w *world) wantCalls(want int, method, pattern string) {
	w.t.Helper()
	if got := w.calls(method, pattern); got != want {
		w.t.Errorf("%s %s was called %d times, want %d\n%s", method, pattern, got, want, w.describe())
	}
}

// says checks that the message of Ready names what it is about.
func (w *world) says(user *v1alpha1.ClerkUser, parts ...string) {
	w.t.Helper()
	message := meta.FindStatusCondition(user.Status.Conditions, v1alpha1.ConditionReady).Message
	for _, part := range parts {
		if !strings.Contains(message, part) {
			w.t.Errorf("ClerkUser %s says %q, which does not name %q", user.Name, message, part)
		}
	}
}

// rests ends a story: it has every object looked at once more, those that are left alone for a while too, and checks that
// this wrote nothing to either side, logged nothing at info, and that every status is well formed.
func (w *world) rests() {
	w.t.Helper()
	w.settle()
	w.touch()
	before, writes, logged := w.versions(), len(w.clerk.Journal().Writes()), w.infos.String()
	time.Sleep(5 * driftInterval / 2)
	if after := w.versions(); after != before {
		w.t.Errorf("quiet passes wrote to the API server:\nbefore %s\nafter  %s\n%s", before, after, w.describe())
	}
	if after := len(w.clerk.Journal().Writes()); after != writes {
		w.t.Errorf("quiet passes wrote to Clerk:\n%s", w.describe())
	}
	if after := w.infos.String(); after != logged {
		w.t.Errorf("quiet passes logged at info: %s", after[len(logged):])
	}
	users := &v1alpha1.ClerkUserList{}
	if err := w.client.List(w.t.Context(), users, client.InNamespace(w.namespace)); err != nil {
		w.t.Fatal(err)
	}
	for i := range users.Items {
		checkStatus(w.t, &users.Items[i])
	}
	instances := &v1alpha1.ClerkInstanceList{}
	if err := w.client.List(w.t.Context(), instances, client.InNamespace(w.namespace)); err != nil {
		w.t.Fatal(err)
	}
	for i := range instances.Items {
		checkInstanceStatus(w.t, &instances.Items[i])
	}
}

// touch labels every ClerkUser, which has a pass made over it. There is no other way to have one over an object that is
// left alone until its time comes.
func (w *world) touch() {
	w.t.Helper()
	users := &v1alpha1.ClerkUserList{}
	if err := w.client.List(w.t.Context(), users, client.InNamespace(w.namespace)); err != nil {
		w.t.Fatal(err)
	}
	for i := range users.Items {
		user := &users.Items[i]
		before := user.DeepCopy()
		if user.Labels == nil {
			user.Labels = map[string]string{}
		}
		user.Labels["touched"] = fmt.Sprint(time.Now().UnixNano())
		if err := w.client.Patch(w.t.Context(), user, client.MergeFrom(before)); client.IgnoreNotFound(err) != nil {
			w.t.Fatal(err)
		}
	}
}

// settle waits until what the last step caused, counts and events above all, has been written.
func (w *world) settle() {
	w.t.Helper()
	last, since := w.versions(), time.Now()
	w.eventually("the API server to see no more writes", func() error {
		if now := w.versions(); now != last {
			last, since = now, time.Now()
		}
		if time.Since(since) < driftInterval*6/5 {
			return fmt.Errorf("last: %s", last)
		}
		return nil
	})
}

// versions names the version of every object that the operator may write.
func (w *world) versions() string {
	w.t.Helper()
	var all []string
	for _, list := range []client.ObjectList{
		&v1alpha1.ClerkUserList{}, &v1alpha1.ClerkInstanceList{}, &corev1.SecretList{}, &eventsv1.EventList{},
	} {
		if err := w.client.List(w.t.Context(), list, client.InNamespace(w.namespace)); err != nil {
			w.t.Fatal(err)
		}
		_ = meta.EachListItem(list, func(o runtimeObject) error {
			object := o.(metav1.Object)
			all = append(all, fmt.Sprintf("%T/%s@%s", o, object.GetName(), object.GetResourceVersion()))
			return nil
		})
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}
