// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"unique"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// keepNameOnly strips a Secret's or ConfigMap's metadata to what names a version of it: annotations can hold the data itself.
func keepNameOnly(object any) (any, error) {
	held, ok := object.(*metav1.PartialObjectMetadata)
	if !ok {
		return object, nil
	}
	held.ObjectMeta = metav1.ObjectMeta{
		Namespace:       held.Namespace,
		Name:            held.Name,
		UID:             held.UID,
		ResourceVersion: held.ResourceVersion,
	}
	return held, nil
}

// keepWhatPassesUse strips from a ClerkUser what no pass looks at: what kubectl and the API server note about who wrote
// which field, and, once the object is bound, what was noted before its user was created. Patches say how an object
// differs from its copy, so what both lack stays as it is.
func keepWhatPassesUse(object any) (any, error) {
	user, ok := object.(*v1alpha1.ClerkUser)
	if !ok {
		return object, nil
	}
	user.ManagedFields = nil
	delete(user.Annotations, corev1.LastAppliedConfigAnnotation)
	if user.Status.UserID != "" {
		delete(user.Annotations, v1alpha1.AnnotationCreating)
	}
	if len(user.Annotations) == 0 {
		user.Annotations = nil
	}
	internConditions(user.Status.Conditions)
	return user, nil
}

// internConditions has all objects share the texts that most of them have in common.
func internConditions(conditions []metav1.Condition) {
	for i := range conditions {
		c := &conditions[i]
		for _, text := range []*string{&c.Type, (*string)(&c.Status), &c.Reason, &c.Message} {
			*text = unique.Make(*text).Value()
		}
	}
}
