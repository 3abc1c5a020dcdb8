// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
)

func TestPriorityOfAnObjectSeenFirst(t *testing.T) {
	t.Parallel()
	user := func(userID string, generation, observed int64) *v1alpha1.ClerkUser {
		u := newTestUser("ann")
		u.Generation, u.Status.ObservedGeneration, u.Status.UserID = generation, observed, userID
		return u
	}
	deleted := user("user_1", 2, 2)
	deleted.DeletionTimestamp = &metav1.Time{Time: start}
	tests := map[string]struct {
		object  client.Object
		initial bool
		want    int
	}{
		"New":                   {user("", 1, -1), false, reconcile.PriorityNew},
		"NewAtAStart":           {user("", 1, -1), true, reconcile.PriorityNew},
		"WithItsResultAtAStart": {user("user_1", 3, 3), true, reconcile.PriorityLow},
		"EditedBeforeAStart":    {user("user_1", 3, 2), true, reconcile.PriorityEdited},
		"DeletedBeforeAStart":   {deleted, true, reconcile.PriorityEdited},
		"StalledWithoutAUser":   {user("", 2, 2), true, reconcile.PriorityLow},
		"NotAClerkUser":         {&corev1.Namespace{}, true, reconcile.PriorityNew},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := priorityOfCreate(event.CreateEvent{Object: tc.object, IsInInitialList: tc.initial}); got != tc.want {
				t.Errorf("priority %d, want %d", got, tc.want)
			}
		})
	}
}

func TestPriorityOfAChange(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		change func(*v1alpha1.ClerkUser)
		want   int
	}{
		"OfTheSpec": {func(u *v1alpha1.ClerkUser) { u.Generation++ }, reconcile.PriorityEdited},
		"Deletion":  {func(u *v1alpha1.ClerkUser) { u.DeletionTimestamp = &metav1.Time{Time: start} }, reconcile.PriorityEdited},
		"AskingForALook": {func(u *v1alpha1.ClerkUser) {
			u.Annotations = map[string]string{v1alpha1.AnnotationReconcileRequestedAt: "1"}
		}, reconcile.PriorityEdited},
		"OfTheStatus":     {func(u *v1alpha1.ClerkUser) { u.Status.UserID = "user_1" }, reconcile.PriorityLow},
		"OfTheFinalizers": {func(u *v1alpha1.ClerkUser) { u.Finalizers = []string{v1alpha1.Finalizer} }, reconcile.PriorityLow},
		"Announcement":    {func(u *v1alpha1.ClerkUser) { u.Annotations = map[string]string{v1alpha1.AnnotationCreating: "{}"} }, reconcile.PriorityLow},
		"OfALabel":        {func(u *v1alpha1.ClerkUser) { u.Labels = map[string]string{"a": "b"} }, reconcile.PriorityLow},
		"Resync":          {func(*v1alpha1.ClerkUser) {}, reconcile.PriorityLow},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			was := newTestUser("ann")
			is := was.DeepCopy()
			tc.change(is)
			if got := priorityOfChange(was, is); got != tc.want {
				t.Errorf("priority %d, want %d", got, tc.want)
			}
		})
	}
}
