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

// expectReason waits until Ready of a ClerkUser has this reason for the current generation, and checks its status.
func (env *environment) expectReason(name, reason string) *v1alpha1.ClerkUser {
	env.t.Helper()
	var user *v1alpha1.ClerkUser
	env.eventually(fmt.Sprintf("ClerkUser %s to become %s", name, reason), func() error {
		user = env.read(name)
		ready := meta.FindStatusCondition(user.Status.Conditions, v1alpha1.ConditionReady)
		if ready == nil || ready.Reason != reason || ready.ObservedGeneration != user.Generation {
			return fmt.Errorf("Ready is %+v at generation %d", ready, user.Generation)
		}
		return nil
	})
	checkStatus(env.t, user)
	return user
}

// expectConflict waits until a ClerkUser waits for the deletion of another one, and then advances the clock until it has waited in
// vain.
func (env *environment) expectConflict(name string) *v1alpha1.ClerkUser {
	env.t.Helper()
	env.expectReason(name, v1alpha1.ReasonWaitingForDeletion)
	env.server.Clock().Advance(patience)
	env.annotate(name, "touched", "now")
	return env.expectReason(name, v1alpha1.ReasonConflict)
}

// expectInstanceReason waits until Ready of the ClerkInstance has this reason for its current generation.
func (env *environment) expectInstanceReason(reason string) {
	env.t.Helper()
	env.eventually("the ClerkInstance to become "+reason, func() error {
		instance := &v1alpha1.ClerkInstance{}
		env.get(instance, "default")
		ready := meta.FindStatusCondition(instance.Status.Conditions, v1alpha1.ConditionReady)
		if ready == nil || ready.Reason != reason || ready.ObservedGeneration != instance.Generation {
			return fmt.Errorf("Ready is %+v", ready)
		}
		return nil
	})
}

// expectGone waits until a ClerkUser is gone.
func (env *environment) expectGone(name string) {
	env.t.Helper()
	env.eventually("ClerkUser "+name+" to be gone", func() error {
		err := env.client.Get(env.t.Context(), client.ObjectKey{Namespace: env.namespace, Name: name}, &v1alpha1.ClerkUser{})
		if apierrors.IsNotFound(err) {
			return nil
		}
		return fmt.Errorf("it is still there: %w", err)
	})
}

// expectEvent waits for an event about an object with this reason.
func (env *environment) expectEvent(name, reason string) {
	env.t.Helper()
	env.eventually("event "+reason+" about "+name, func() error {
		if seen := env.eventReasons(name); !slices.Contains(seen, reason) {
			return fmt.Errorf("seen were %v", seen)
		}
		return nil
	})
}

// calls returns how often Clerk was called with a method and a path pattern.
func (env *environment) calls(method, pattern string) int {
	return len(env.clerk.Journal().Matching(method, pattern))
}

// expectCalls fails unless Clerk was called so often.
func (env *environment) expectCalls(want int, method, pattern string) {
	env.t.Helper()
	if got := env.calls(method, pattern); got != want {
		env.t.Errorf("%s %s was called %d times, want %d\n%s", method, pattern, got, want, env.describe())
	}
}

// expectMessage checks that the message of Ready contains these parts.
func (env *environment) expectMessage(user *v1alpha1.ClerkUser, parts ...string) {
	env.t.Helper()
	message := meta.FindStatusCondition(user.Status.Conditions, v1alpha1.ConditionReady).Message
	for _, part := range parts {
		if !strings.Contains(message, part) {
			env.t.Errorf("ClerkUser %s has the message %q, which does not contain %q", user.Name, message, part)
		}
	}
}
