// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// transform reduces objects before they enter the cache, which holds thousands of them.
type transform struct{ texts *sharedTexts }

// keepNameOnly reduces the metadata of a Secret or ConfigMap to its name and version, since annotations can contain the data
// itself.
func (t transform) keepNameOnly(object any) (any, error) {
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
	t.texts.share(&metadata.Kind, &metadata.APIVersion, &metadata.Namespace)
	return metadata, nil
}

// keepWhatReconcileUses removes from a ClerkUser what no reconciliation uses: managed fields, labels, owner references, other
// programs' annotations, and the annotation of the creating call after the object is bound. A patch contains differences from
// a copy without these, so they stay on the API server.
func (t transform) keepWhatReconcileUses(object any) (any, error) {
	user, ok := object.(*v1alpha1.ClerkUser)
	if !ok {
		return object, nil
	}
	user.ManagedFields, user.Labels, user.OwnerReferences = nil, nil, nil
	maps.DeleteFunc(user.Annotations, func(key, _ string) bool {
		return !strings.HasPrefix(key, v1alpha1.GroupVersion.Group+"/") || key == v1alpha1.AnnotationCreating && user.Status.UserID != ""
	})
	if len(user.Annotations) == 0 {
		user.Annotations = nil
	}
	if applied := user.Status.Applied; applied != nil {
		// A decoded list has room for up to twice its items.
		applied.Metadata = slices.Clone(applied.Metadata)
	}
	t.shareTexts(user)
	return user, nil
}

// shareTexts lets objects share the texts that many of them have in common.
func (t transform) shareTexts(user *v1alpha1.ClerkUser) {
	spec, status := &user.Spec, &user.Status
	t.texts.share(&user.Kind, &user.APIVersion, &user.Namespace, (*string)(&status.Origin), (*string)(&status.OnDelete))
	if at := spec.InstanceRef; at != nil {
		t.texts.share(at.Namespace, &at.Name)
	}
	if at := status.Instance; at != nil {
		t.texts.share(&at.Namespace, &at.Name, &at.ID)
	}
	for i := range status.Conditions {
		c := &status.Conditions[i]
		t.texts.share(&c.Type, (*string)(&c.Status), &c.Reason, &c.Message)
	}
	t.texts.shareAll(user.Finalizers)
	t.texts.shareAll(status.PendingChanges)
	if status.Applied != nil {
		t.texts.shareAll(status.Applied.Metadata)
		shareAddresses(spec.EmailAddresses, status.Applied.EmailAddresses)
	}
}

// shareAddresses lets the record of addresses share its texts with the declared addresses, which no other object has.
func shareAddresses(declared []v1alpha1.EmailAddress, applied []string) {
	for i := range applied {
		for j := range declared {
			if applied[i] == declared[j].Address {
				applied[i] = declared[j].Address
			}
		}
	}
}
