// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"fmt"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
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
