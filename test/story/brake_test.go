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

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
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
