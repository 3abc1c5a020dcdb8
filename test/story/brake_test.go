// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"fmt"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// brakesAfterOne allows one deletion or re-creation in a window that is longer than any story.
func brakesAfterOne(i *v1alpha1.ClerkInstance) {
	i.Spec.DeletionBrake = &v1alpha1.DeletionBrake{MaxCount: ptr.To[int32](1), Window: &metav1.Duration{Duration: 100 * time.Hour}}
}

// releaseDeletions annotates the ClerkInstance, as the message of a held object says.
func (env *environment) releaseDeletions(before time.Time) {
	env.t.Helper()
	env.editInstance(func(i *v1alpha1.ClerkInstance) {
		i.Annotations = map[string]string{v1alpha1.AnnotationReleaseDeletions: before.UTC().Format(time.RFC3339)}
	})
}

// reason returns that of a ClerkUser's Ready condition, "" before it has one.
func (env *environment) reason(name string) string {
	env.t.Helper()
	ready := meta.FindStatusCondition(env.read(name).Status.Conditions, v1alpha1.ConditionReady)
	if ready == nil {
		return ""
	}
	return ready.Reason
}

func TestBrakeCountsEachRecreation(t *testing.T) {
	t.Parallel()
	t.Run("OfOneObject", func(t *testing.T) {
		env := newRunningEnvironment(t, brakesAfterOne)
		env.create(env.user("ann"))
		for i := range 2 {
			env.removeAtClerk(env.expectReason("ann", v1alpha1.ReasonInSync).Status.UserID)
			env.expectReason("ann", v1alpha1.ReasonMissing)
			env.edit("ann", func(s *spec) { s.FirstName = ptr.To(fmt.Sprintf("Ann %d", i)) })
		}
		env.expectReason("ann", v1alpha1.ReasonDeletionHeld)
		env.expectNoWrites()
		env.expectUsers(0)
		env.releaseDeletions(env.server.Clock().Now().Add(time.Hour))
		env.expectReason("ann", v1alpha1.ReasonInSync)
		env.expectUsers(1)
		env.expectNoWrites()
	})
	t.Run("OfSeveralObjects", func(t *testing.T) {
		env := newRunningEnvironment(t, brakesAfterOne)
		var ids []string
		for _, name := range []string{"ann", "bob"} {
			env.create(env.user(name))
			ids = append(ids, env.expectReason(name, v1alpha1.ReasonInSync).Status.UserID)
		}
		env.removeAtClerk(ids...)
		env.expectReason("ann", v1alpha1.ReasonMissing)
		env.expectReason("bob", v1alpha1.ReasonMissing)
		env.edit("ann", func(s *spec) { s.FirstName = ptr.To("Ann") })
		env.expectReason("ann", v1alpha1.ReasonInSync)
		env.edit("bob", func(s *spec) { s.FirstName = ptr.To("Bob") })
		env.expectReason("bob", v1alpha1.ReasonDeletionHeld)
		env.expectNoWrites()
		env.expectUsers(1)
		env.releaseDeletions(env.server.Clock().Now().Add(time.Hour))
		env.expectReason("bob", v1alpha1.ReasonInSync)
		env.expectUsers(2)
		env.expectNoWrites()
	})
}

// TestOldReleaseLetsNoLaterRecreationGo removes users at Clerk after a release, of objects that were not Ready before it.
func TestOldReleaseLetsNoLaterRecreationGo(t *testing.T) {
	env := newRunningEnvironment(t, brakesAfterOne)
	var ids []string
	names := []string{"ann", "bob"}
	for _, name := range names {
		env.create(env.user(name, cannotLeave))
		ids = append(ids, env.expectReason(name, v1alpha1.ReasonInSync).Status.UserID)
		env.edit(name, func(s *spec) { s.Username = ptr.To("?") })
		env.expectReason(name, v1alpha1.ReasonRejectedByClerk)
	}
	env.releaseDeletions(env.server.Clock().Now())
	env.settle()
	env.removeAtClerk(ids...)
	for _, name := range names {
		env.edit(name, func(s *spec) { s.Username = nil })
	}
	env.eventually("one of them to be held", func() error {
		for _, name := range names {
			if env.reason(name) == v1alpha1.ReasonDeletionHeld {
				return nil
			}
		}
		return errNotYet
	})
	env.expectNoWrites()
	env.expectUsers(1)
	env.releaseDeletions(env.server.Clock().Now().Add(time.Hour))
	for _, name := range names {
		env.expectReason(name, v1alpha1.ReasonInSync)
	}
	env.expectUsers(2)
	env.expectNoWrites()
}

// TestBrakeCountsForAllOfAClerkInstance deletes through two ClerkInstances with keys of one Clerk instance.
func TestBrakeCountsForAllOfAClerkInstance(t *testing.T) {
	env := newEnvironment(t, func(i *v1alpha1.ClerkInstance) {
		i.Spec.DeletionBrake = &v1alpha1.DeletionBrake{MaxCount: ptr.To[int32](5), Window: &metav1.Duration{Duration: time.Hour}}
	})
	key := env.anotherKey("other")
	env.clerk.AddKey(key)
	env.createSecret("other", key)
	other := env.instance()
	other.Name, other.Spec.SecretKeyRef.Name = "other", "other"
	other.Spec.DeletionBrake = &v1alpha1.DeletionBrake{MaxCount: ptr.To[int32](3), Window: &metav1.Duration{Duration: time.Minute}}
	env.create(other)
	env.tune = func(c *controller.Config) { c.Concurrency = 32 }
	env.start()
	const users = 12
	for i := range users {
		env.create(env.user(fmt.Sprintf("user-%d", i), func(s *spec) {
			if i%2 == 1 {
				s.InstanceRef = &v1alpha1.InstanceReference{Name: "other"}
			}
		}))
	}
	for i := range users {
		env.expectReason(fmt.Sprintf("user-%d", i), v1alpha1.ReasonInSync)
	}
	if err := env.client.DeleteAllOf(t.Context(), &v1alpha1.ClerkUser{}, client.InNamespace(env.namespace)); err != nil {
		t.Fatal(err)
	}
	held := func() error {
		left := &v1alpha1.ClerkUserList{}
		if err := env.client.List(t.Context(), left, client.InNamespace(env.namespace)); err != nil {
			return err
		}
		for i := range left.Items {
			ready := meta.FindStatusCondition(left.Items[i].Status.Conditions, v1alpha1.ConditionReady)
			if ready == nil || ready.Reason != v1alpha1.ReasonDeletionHeld {
				return errNotYet
			}
		}
		return nil
	}
	env.eventually("what is left to be held", held)
	env.expectNoWrites()
	env.expectUsers(users - 3)
	env.restart()
	env.expectNoWrites()
	env.expectUsers(users - 3)
	env.releaseDeletions(env.server.Clock().Now().Add(time.Hour))
	env.eventually("those of the released instance to go", func() error {
		if left := len(env.clerk.Users()); left > users/2 {
			return fmt.Errorf("%d are left", left)
		}
		return nil
	})
}

// TestBrakeCountsNobodyTwice ends the operator between the count and the deletion.
func TestBrakeCountsNobodyTwice(t *testing.T) {
	env := newRunningEnvironment(t, brakesAfterOne)
	env.create(env.user("ann"))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.clerk.InjectFault(emulator.Fault{Method: "DELETE", Path: "/users/*", Status: 503, Times: -1})
	env.delete(env.read("ann"))
	env.eventually("the deletion to be counted and tried", func() error {
		if env.calls("DELETE", "/users/*") == 0 {
			return errNotYet
		}
		return nil
	})
	env.halt()
	env.clerk.ClearFaults()
	env.start()
	env.expectGone("ann")
	env.expectUsers(0)
	env.expectNoWrites()
}
