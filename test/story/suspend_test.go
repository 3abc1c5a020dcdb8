// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
	"github.com/clerk-operator/clerk-operator/test/kstatus"
)

// TestSuspendedSaysSo suspends objects in each state, edits them, and resumes them.
func TestSuspendedSaysSo(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		// before brings ClerkUser ann into its state, with this reason.
		before func(env *environment)
		reason string
		// ready is true if Ready is True in that state.
		ready bool
	}{
		"InSync":   {func(env *environment) { env.create(env.user("ann")) }, v1alpha1.ReasonInSync, true},
		"Observed": {func(env *environment) { env.create(env.user("ann", observes)) }, v1alpha1.ReasonObserved, true},
		"Stalled": {func(env *environment) {
			env.create(env.user("ann", func(s *spec) { s.Username = ptr.To("?") }))
		}, v1alpha1.ReasonRejectedByClerk, false},
		"NoSecret": {func(env *environment) {
			env.create(env.user("ann", func(s *spec) { s.Password = &v1alpha1.Password{SecretKeyRef: at("ann", "password")} }))
		}, v1alpha1.ReasonSecretNotFound, false},
		"Retried": {func(env *environment) { env.editUnanswered("ann") }, v1alpha1.ReasonInSync, true},
	} {
		t.Run(name, func(t *testing.T) {
			env := newRunningEnvironment(t)
			tc.before(env)
			env.expectAnyReason("ann", tc.reason)
			if name != "Retried" {
				env.settle()
			}
			seen := env.watchUsers()
			env.edit("ann", func(s *spec) { s.Suspend = ptr.To(true) })
			env.expectSuspended("ann", tc.reason, tc.ready)
			calls := len(env.clerk.Journal().Writes())
			env.edit("ann", func(s *spec) { s.FirstName = ptr.To("Ann") })
			env.expectSuspended("ann", tc.reason, tc.ready)
			env.settle()
			// The watch begins with the version before.
			if n := len(seen()["ann"]) - 1; n != 4 {
				t.Errorf("two edits of a suspended object led to %d versions, want one write of status after each", n)
			}
			if n := len(env.clerk.Journal().Writes()); n != calls {
				t.Errorf("a suspended object made %d writes to Clerk", n-calls)
			}
			env.expectNoWrites()
			env.clerk.ClearFaults()
			env.edit("ann", func(s *spec) { s.Suspend, s.Username, s.Password = nil, nil, nil })
			resumed := v1alpha1.ReasonInSync
			if name == "Observed" {
				resumed = v1alpha1.ReasonObserved
			}
			env.expectReason("ann", resumed)
			env.expectNoWrites()
		})
	}
}

// editUnanswered creates a ClerkUser and edits it while Clerk does not answer.
func (env *environment) editUnanswered(name string) {
	env.t.Helper()
	env.create(env.user(name))
	env.expectReason(name, v1alpha1.ReasonInSync)
	env.clerk.InjectFault(emulator.Fault{Method: "PATCH", Path: "/users/*", Times: -1, Status: 503, Body: "<html>"})
	env.edit(name, func(s *spec) { s.LastName = ptr.To("Lee") })
	env.eventually("the new generation to be reported as under way", func() error {
		if !meta.IsStatusConditionTrue(env.read(name).Status.Conditions, v1alpha1.ConditionReconciling) {
			return errNotYet
		}
		return nil
	})
}

// expectAnyReason waits until Ready has a reason, of whatever generation.
func (env *environment) expectAnyReason(name, reason string) {
	env.t.Helper()
	env.eventually(name+" to become "+reason, func() error {
		if ready := readyOf(env.read(name)); ready == nil || ready.Reason != reason {
			return errNotYet
		}
		return nil
	})
}

// expectSuspended waits until the status says of the current generation that the object is suspended, and checks that it names
// the last reason: in Ready if that was True, and else in the message of Suspended.
func (env *environment) expectSuspended(name, reason string, ready bool) {
	env.t.Helper()
	var user *v1alpha1.ClerkUser
	env.eventually(name+" to be suspended", func() error {
		user = env.read(name)
		if user.Status.ObservedGeneration != user.Generation {
			return errNotYet
		}
		return errors.Join(errorsOf(suspensionFaults(user))...)
	})
	checkStatus(env.t, user)
	is, said := readyOf(user), meta.FindStatusCondition(user.Status.Conditions, v1alpha1.ConditionSuspended)
	switch {
	case ready && (is == nil || is.Reason != reason):
		env.t.Errorf("Ready is %+v, want the reason %s", is, reason)
	case !ready && (is != nil || !strings.Contains(said.Message, reason)):
		env.t.Errorf("Ready is %+v and the message of Suspended %q, want the reason %s there", is, said.Message, reason)
	}
}

func errorsOf(texts []string) []error {
	var all []error
	for _, text := range texts {
		all = append(all, errors.New(text))
	}
	return all
}

// TestColumnsOfSuspendedUsers asks the API server for what kubectl get shows.
func TestColumnsOfSuspendedUsers(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("ann"))
	env.create(env.user("bob", func(s *spec) { s.Username = ptr.To("?") }))
	env.create(env.user("eve", func(s *spec) { s.Username = ptr.To("?") }))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	for _, name := range []string{"bob", "eve"} {
		env.expectReason(name, v1alpha1.ReasonRejectedByClerk)
	}
	for _, name := range []string{"ann", "bob"} {
		env.edit(name, func(s *spec) { s.Suspend = ptr.To(true) })
	}
	env.expectSuspended("ann", v1alpha1.ReasonInSync, true)
	env.expectSuspended("bob", v1alpha1.ReasonRejectedByClerk, false)
	want := map[string][]any{
		"ann": {"True", v1alpha1.ReasonInSync, true},
		"bob": {nil, v1alpha1.ReasonSuspended, true},
		"eve": {"False", v1alpha1.ReasonRejectedByClerk, nil},
	}
	if diff := cmp.Diff(want, env.columns("clerkusers", "Ready", "Reason", "Suspended")); diff != "" {
		t.Errorf("the columns (-want +got):\n%s", diff)
	}
}

// TestSuspendedFromTheStart is about an object that never had a result.
func TestSuspendedFromTheStart(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("ann", func(s *spec) { s.Suspend = ptr.To(true) }))
	env.expectSuspended("ann", "", false)
	env.expectNoWrites()
	env.expectUsers(0)
	env.restart()
	env.expectNoWrites()
	env.edit("ann", func(s *spec) { s.Suspend = nil })
	user := env.read("ann")
	if got := kstatus.Of(user, user.Status.ObservedGeneration, user.Status.Conditions); got == kstatus.Current && user.Status.UserID == "" {
		t.Error("a resumed object without a user is Current")
	}
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectUsers(1)
	env.expectNoWrites()
}
