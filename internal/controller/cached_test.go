// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

func TestCachedUserHasWhatReconcileUses(t *testing.T) {
	t.Parallel()
	const kubectl = corev1.LastAppliedConfigAnnotation
	tests := map[string]struct {
		userID            string
		annotations, want map[string]string
	}{
		"Bound":             {"user_1", map[string]string{v1alpha1.AnnotationCreating: "{}", kubectl: "{}"}, nil},
		"BoundAndRequested": {"user_1", map[string]string{v1alpha1.AnnotationReconcileRequestedAt: "1", kubectl: "{}"}, map[string]string{v1alpha1.AnnotationReconcileRequestedAt: "1"}},
		"NotBound":          {"", map[string]string{v1alpha1.AnnotationCreating: "{}", kubectl: "{}"}, map[string]string{v1alpha1.AnnotationCreating: "{}"}},
		"WithoutAnnotation": {"", nil, nil},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			user := func() *v1alpha1.ClerkUser {
				u := &v1alpha1.ClerkUser{ObjectMeta: metav1.ObjectMeta{
					Name: "ann", Labels: map[string]string{"team": "a"}, Finalizers: []string{v1alpha1.Finalizer},
				}}
				u.Status.UserID = tc.userID
				u.Status.Conditions = []metav1.Condition{{Type: "Ready", Status: "True", Reason: "InSync", Message: "as declared"}}
				return u
			}
			given, want := user(), user()
			given.Annotations, want.Annotations = tc.annotations, tc.want
			given.ManagedFields = []metav1.ManagedFieldsEntry{{Manager: "kubectl"}}
			got, err := keepWhatReconcileUses(given)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("in the cache (-want +got):\n%s", diff)
			}
		})
	}
	other := &corev1.Namespace{}
	if got, err := keepWhatReconcileUses(other); got != other || err != nil {
		t.Errorf("another kind became %v: %v", got, err)
	}
}
