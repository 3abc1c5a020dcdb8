// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
	"github.com/clerk-operator/clerk-operator/test/kstatus"
)

// longWindow does not end during a story on a busy machine, unless the story advances the clock.
const longWindow = 10 * reconcile.DefaultApplyWindow

// withApplyWindow has the operator wait so long for what objects name; 0 is the default. Secrets with a key are read so seldom that
// only the reads of a missing one find it.
func (env *environment) withApplyWindow(window time.Duration) *environment {
	env.tune = func(c *controller.Config) { c.ApplyWindow, c.SecretInterval = window, time.Hour }
	return env
}

// withoutInstance removes the ClerkInstance and its Secret before the operator starts.
func (env *environment) withoutInstance() {
	env.t.Helper()
	env.delete(&v1alpha1.ClerkInstance{ObjectMeta: env.instance().ObjectMeta})
	env.delete(&corev1.Secret{ObjectMeta: env.secret("").ObjectMeta})
}

// TestNewApplicationDoesNotFlap creates objects in the worst order: users first, then the ClerkInstance, its Secret, and what the
// users name. No object may say False on the way, or warn.
func TestNewApplicationDoesNotFlap(t *testing.T) {
	env := newEnvironment(t).withApplyWindow(longWindow)
	env.withoutInstance()
	env.start()
	seen := env.watchUsers()
	env.runAction("action", "plain", disablesMFA)
	env.create(env.user("plain"))
	env.create(env.user("with-password", withPassword))
	env.create(env.user("with-image", fromPortraits))
	env.reconcileAll(userController, &v1alpha1.ClerkUserList{})
	env.create(env.instance())
	env.reconcileAll(instanceController, &v1alpha1.ClerkInstanceList{})
	env.reconcileAll(userController, &v1alpha1.ClerkUserList{})
	env.expectNoInstanceResult()
	env.create(env.secret(env.clerk.Key()))
	env.expectInstanceReason(v1alpha1.ReasonKeyAccepted)
	env.reconcileAll(userController, &v1alpha1.ClerkUserList{})
	env.putSecret("ann", "password", "correct horse battery staple")
	env.create(env.portraits(portrait(t, 1)))
	for _, name := range []string{"plain", "with-password", "with-image"} {
		env.expectReason(name, v1alpha1.ReasonInSync)
	}
	env.expectCondition("action", v1alpha1.ConditionComplete, v1alpha1.ReasonCarriedOut)
	env.settle()
	for name, versions := range seen() {
		for _, user := range versions {
			if ready := readyOf(user); ready != nil && ready.Status == metav1.ConditionFalse {
				t.Errorf("ClerkUser %s said %s: %s", name, ready.Reason, ready.Message)
			}
		}
	}
	events := &eventsv1.EventList{}
	if err := env.client.List(t.Context(), events, client.InNamespace(env.namespace)); err != nil {
		t.Fatal(err)
	}
	for _, e := range events.Items {
		if e.Type == corev1.EventTypeWarning {
			t.Errorf("event about %s: %s %s", e.Regarding.Name, e.Reason, e.Note)
		}
	}
	env.expectNoWrites()
}

// expectNoInstanceResult checks that the ClerkInstance is in progress.
func (env *environment) expectNoInstanceResult() {
	env.t.Helper()
	env.eventually("the ClerkInstance to wait", func() error {
		instance := &v1alpha1.ClerkInstance{}
		env.get(instance, "default")
		ready := meta.FindStatusCondition(instance.Status.Conditions, v1alpha1.ConditionReady)
		if ready == nil {
			return errNotYet
		}
		checkInstanceStatus(env.t, instance)
		if ready.Status != metav1.ConditionUnknown || !meta.IsStatusConditionTrue(instance.Status.Conditions, v1alpha1.ConditionReconciling) {
			env.t.Errorf("the conditions are %+v", instance.Status.Conditions)
		}
		return nil
	})
}

// TestWhatDoesNotComeIsReported waits in vain. Neither the operator's restart nor a quiet reconciliation takes back what was reported.
func TestWhatDoesNotComeIsReported(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		set          func(*spec)
		without      func(env *environment)
		reason, says string
	}{
		"Instance":  {func(s *spec) { s.InstanceRef = &v1alpha1.InstanceReference{Name: "other"} }, nil, v1alpha1.ReasonInstanceNotFound, "/other"},
		"Secret":    {withPassword, nil, v1alpha1.ReasonSecretNotFound, "Secret ann"},
		"ConfigMap": {fromPortraits, nil, v1alpha1.ReasonConfigMapNotFound, "ConfigMap portraits"},
		"Key": {func(*spec) {}, func(env *environment) {
			env.delete(&corev1.Secret{ObjectMeta: env.secret("").ObjectMeta})
		}, v1alpha1.ReasonInstanceNotReady, "Secret clerk"},
	} {
		t.Run(name, func(t *testing.T) {
			env := newEnvironment(t).withApplyWindow(longWindow)
			if tc.without != nil {
				tc.without(env)
			}
			env.start()
			env.create(env.user("ann", tc.set))
			env.lookAgainAfter(0)
			env.expectInProgress("ann")
			env.lookAgainAfter(10 * time.Second)
			env.expectInProgress("ann")
			if tc.without == nil {
				env.expectSaysWaiting("ann", tc.says)
			} else {
				env.expectNoInstanceResult()
			}
			env.lookAgainAfter(longWindow)
			env.expectMessage(env.expectReason("ann", tc.reason), tc.says)
			env.lookAgainAfter(5 * time.Minute)
			env.restart()
			env.lookAgainAfter(5 * time.Minute)
			env.expectNoWrites()
			env.expectReason("ann", tc.reason)
		})
	}
}

// lookAgainAfter advances the clock and has everything reconciled then.
func (env *environment) lookAgainAfter(later time.Duration) {
	env.t.Helper()
	env.server.Clock().Advance(later)
	env.reconcileAll(instanceController, &v1alpha1.ClerkInstanceList{})
	env.reconcileAll(userController, &v1alpha1.ClerkUserList{})
}

// expectInProgress checks that a ClerkUser has no result yet.
func (env *environment) expectInProgress(name string) {
	env.t.Helper()
	user := env.read(name)
	if got := kstatus.Of(user, user.Status.ObservedGeneration, user.Status.Conditions); got != kstatus.InProgress {
		env.t.Errorf("kstatus is %s", got)
	}
	if ready := readyOf(user); ready != nil && ready.ObservedGeneration == user.Generation && ready.Status != metav1.ConditionUnknown {
		env.t.Errorf("Ready is %+v", ready)
	}
}

// expectSaysWaiting waits until the conditions say what a new generation of a ClerkUser waits for.
func (env *environment) expectSaysWaiting(name, says string) {
	env.t.Helper()
	env.eventually(name+" to say what it waits for", func() error {
		user := env.read(name)
		is := meta.FindStatusCondition(user.Status.Conditions, v1alpha1.ConditionReconciling)
		if is == nil || is.Reason != v1alpha1.ReasonWaiting || is.ObservedGeneration != user.Generation || !strings.Contains(is.Message, says) {
			return fmt.Errorf("Reconciling is %+v", is)
		}
		checkStatus(env.t, user)
		return nil
	})
}

// TestNewGenerationWaitsForItsSecret declares a password in the same commit as its Secret, which comes later. Everything else is
// applied at once.
func TestNewGenerationWaitsForItsSecret(t *testing.T) {
	env := newEnvironment(t).withApplyWindow(0)
	env.start()
	env.create(env.user("ann"))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	seen := env.watchUsers()
	env.edit("ann", func(s *spec) {
		withPassword(s)
		s.FirstName = ptr.To("Ann")
	})
	env.eventually("the rest to be applied", func() error {
		if ptr.Deref(env.atClerk("ann").FirstName, "") != "Ann" {
			return errNotYet
		}
		return nil
	})
	env.lookAgainAfter(10 * time.Second)
	env.expectSaysWaiting("ann", "Secret ann")
	env.putSecret("ann", "password", "correct horse battery staple")
	env.expectReason("ann", v1alpha1.ReasonInSync)
	if env.atClerk("ann").Credentials.Password == "" {
		t.Error("the password was not set")
	}
	env.settle()
	if slices.ContainsFunc(seen()["ann"], func(u *v1alpha1.ClerkUser) bool { return readyOf(u).Status != metav1.ConditionTrue }) {
		t.Error("Ready was not True meanwhile")
	}
	env.expectNoWrites()
}

// TestInstanceThatGoesIsReportedAtOnce deletes the ClerkInstance of an object that was Ready: it does not come with that object.
func TestInstanceThatGoesIsReportedAtOnce(t *testing.T) {
	env := newEnvironment(t).withApplyWindow(longWindow)
	env.start()
	env.create(env.user("ann", func(s *spec) { s.DeletionPolicy = ptr.To(v1alpha1.DeletionRetain) }))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	seen := env.watchUsers()
	env.delete(&v1alpha1.ClerkInstance{ObjectMeta: env.instance().ObjectMeta})
	env.expectReason("ann", v1alpha1.ReasonInstanceNotFound)
	if slices.ContainsFunc(seen()["ann"], func(u *v1alpha1.ClerkUser) bool {
		return meta.FindStatusCondition(u.Status.Conditions, v1alpha1.ConditionReconciling) != nil
	}) {
		t.Error("the object waited for its ClerkInstance")
	}
	env.expectNoWrites()
}
