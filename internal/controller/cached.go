// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"unique"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// keepNameOnly reduces the metadata of a Secret or ConfigMap to its name and version, since annotations can contain the data
// itself.
func keepNameOnly(object any) (any, error) {
	metadata, ok := object.(*metav1.PartialObjectMetadata)
	if !ok {
		return object, nil
	}
	metadata.ObjectMeta = metav1.ObjectMeta{
		Namespace:       metadata.Namespace,
		Name:            metadata.Name,
		UID:             metadata.UID,
		ResourceVersion: metadata.ResourceVersion,
	}
	return metadata, nil
}

// keepWhatReconcileUses removes from a ClerkUser what no reconciliation uses: managed fields, kubectl's annotation, and the
// annotation of the creating call after the object is bound. A patch contains differences from a copy without these, so they
// stay on the API server.
func keepWhatReconcileUses(object any) (any, error) {
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

// internConditions lets all objects share the texts that most of them have in common.
func internConditions(conditions []metav1.Condition) {
	for i := range conditions {
		c := &conditions[i]
		for _, text := range []*string{&c.Type, (*string)(&c.Status), &c.Reason, &c.Message} {
			*text = unique.Make(*text).Value()
		}
	}
}
