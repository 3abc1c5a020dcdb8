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

// brakesAfterOne lets one deletion or re-creation pass in a time that no story lasts.
func brakesAfterOne(i *v1alpha1.ClerkInstance) {
	i.Spec.DeletionBrake = &v1alpha1.DeletionBrake{MaxCount: ptr.To[int32](1), Window: &metav1.Duration{Duration: 100 * time.Hour}}
}

// releaseDeletions annotates the ClerkInstance, as the message of a held object says.
func (w *world) releaseDeletions(before time.Time) {
	w.t.Helper()
	w.editInstance(func(i *v1alpha1.ClerkInstance) {
		i.Annotations = map[string]string{v1alpha1.AnnotationReleaseDeletions: before.UTC().Format(time.RFC3339)}
	})
}

// reason returns that of a ClerkUser's Ready condition, "" before it has one.
func (w *world) reason(name string) string {
	w.t.Helper()
	ready := meta.FindStatusCondition(w.read(name).Status.Conditions, v1alpha1.ConditionReady)
	if ready == nil {
		return ""
	}
	return ready.Reason
}

func TestBrakeCountsEachRecreation(t *testing.T) {
	t.Parallel()
	t.Run("OfOneObject", func(t *testing.T) {
		w := newLiveWorld(t, brakesAfterOne)
		w.create(w.user("ann"))
		for i := range 2 {
			w.removeAtClerk(w.becomes("ann", v1alpha1.ReasonInSync).Status.UserID)
			w.becomes("ann", v1alpha1.ReasonMissing)
			w.edit("ann", func(s *spec) { s.FirstName = ptr.To(fmt.Sprintf("Ann %d", i)) })
		}
		w.becomes("ann", v1alpha1.ReasonDeletionHeld)
		w.rests()
		w.wantUsers(0)
		w.releaseDeletions(w.server.Clock().Now().Add(time.Hour))
		w.becomes("ann", v1alpha1.ReasonInSync)
		w.wantUsers(1)
		w.rests()
	})
	t.Run("OfSeveralObjects", func(t *testing.T) {
		w := newLiveWorld(t, brakesAfterOne)
		var ids []string
		for _, name := range []string{"ann", "bob"} {
			w.create(w.user(name))
			ids = append(ids, w.becomes(name, v1alpha1.ReasonInSync).Status.UserID)
		}
		w.removeAtClerk(ids...)
		w.becomes("ann", v1alpha1.ReasonMissing)
		w.becomes("bob", v1alpha1.ReasonMissing)
		w.edit("ann", func(s *spec) { s.FirstName = ptr.To("Ann") })
		w.becomes("ann", v1alpha1.ReasonInSync)
		w.edit("bob", func(s *spec) { s.FirstName = ptr.To("Bob") })
		w.becomes("bob", v1alpha1.ReasonDeletionHeld)
		w.rests()
		w.wantUsers(1)
		w.releaseDeletions(w.server.Clock().Now().Add(time.Hour))
		w.becomes("bob", v1alpha1.ReasonInSync)
		w.wantUsers(2)
		w.rests()
	})
}

// TestOldReleaseLetsNoLaterRecreationGo removes users at Clerk after a release, of objects that were not Ready before it.
func TestOldReleaseLetsNoLaterRecreationGo(t *testing.T) {
	w := newLiveWorld(t, brakesAfterOne)
	var ids []string
	names := []string{"ann", "bob"}
	for _, name := range names {
		w.create(w.user(name, cannotLeave))
		ids = append(ids, w.becomes(name, v1alpha1.ReasonInSync).Status.UserID)
		w.edit(name, func(s *spec) { s.Username = ptr.To("?") })
		w.becomes(name, v1alpha1.ReasonRejectedByClerk)
	}
	w.releaseDeletions(w.server.Clock().Now())
	w.settle()
	w.removeAtClerk(ids...)
	for _, name := range names {
		w.edit(name, func(s *spec) { s.Username = nil })
	}
	w.eventually("one of them to be held", func() error {
		for _, name := range names {
			if w.reason(name) == v1alpha1.ReasonDeletionHeld {
				return nil
			}
		}
		return errNotYet
	})
	w.rests()
	w.wantUsers(1)
	w.releaseDeletions(w.server.Clock().Now().Add(time.Hour))
	for _, name := range names {
		w.becomes(name, v1alpha1.ReasonInSync)
	}
	w.wantUsers(2)
	w.rests()
}

// TestBrakeCountsForAllOfAClerkInstance deletes through two ClerkInstances with keys of one Clerk instance.
func TestBrakeCountsForAllOfAClerkInstance(t *testing.T) {
	w := newWorld(t, func(i *v1alpha1.ClerkInstance) {
		i.Spec.DeletionBrake = &v1alpha1.DeletionBrake{MaxCount: ptr.To[int32](5), Window: &metav1.Duration{Duration: time.Hour}}
	})
	key := w.anotherKey("other")
	w.clerk.AddKey(key)
	w.createSecret("other", key)
	other := w.instance()
	other.Name, other.Spec.SecretKeyRef.Name = "other", "other"
	other.Spec.DeletionBrake = &v1alpha1.DeletionBrake{MaxCount: ptr.To[int32](3), Window: &metav1.Duration{Duration: time.Minute}}
	w.create(other)
	w.tune = func(c *controller.Config) { c.Concurrency = 32 }
	w.start()
	const users = 12
	for i := range users {
		w.create(w.user(fmt.Sprintf("user-%d", i), func(s *spec) {
			if i%2 == 1 {
				s.InstanceRef = &v1alpha1.InstanceReference{Name: "other"}
			}
		}))
	}
	for i := range users {
		w.becomes(fmt.Sprintf("user-%d", i), v1alpha1.ReasonInSync)
	}
	if err := w.client.DeleteAllOf(t.Context(), &v1alpha1.ClerkUser{}, client.InNamespace(w.namespace)); err != nil {
		t.Fatal(err)
	}
	held := func() error {
		left := &v1alpha1.ClerkUserList{}
		if err := w.client.List(t.Context(), left, client.InNamespace(w.namespace)); err != nil {
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
	w.eventually("what is left to be held", held)
	w.rests()
	w.wantUsers(users - 3)
	w.restart()
	w.rests()
	w.wantUsers(users - 3)
	w.releaseDeletions(w.server.Clock().Now().Add(time.Hour))
	w.eventually("those of the released instance to go", func() error {
		if left := len(w.clerk.Users()); left > users/2 {
			return fmt.Errorf("%d are left", left)
		}
		return nil
	})
}

// TestBrakeCountsNobodyTwice ends the operator between the count and the deletion.
func TestBrakeCountsNobodyTwice(t *testing.T) {
	w := newLiveWorld(t, brakesAfterOne)
	w.create(w.user("ann"))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.clerk.InjectFault(emulator.Fault{Method: "DELETE", Path: "/users/*", Status: 503, Times: -1})
	w.delete(w.read("ann"))
	w.eventually("the deletion to be counted and tried", func() error {
		if w.calls("DELETE", "/users/*") == 0 {
			return errNotYet
		}
		return nil
	})
	w.halt()
	w.clerk.ClearFaults()
	w.start()
	w.vanishes("ann")
	w.wantUsers(0)
	w.rests()
}
