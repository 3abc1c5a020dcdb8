// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package diff

import (
	"encoding/json"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/jsonmergepatch"
)

// noChange is a JSON merge patch without a change.
const noChange = "{}"

// annotated returns an object as kubectl apply sends it: with the annotation that records it, by which the next kubectl apply
// finds the fields that left the manifest.
func annotated(manifest *unstructured.Unstructured) (*unstructured.Unstructured, error) {
	sent := manifest.DeepCopy()
	annotations := sent.GetAnnotations()
	delete(annotations, corev1.LastAppliedConfigAnnotation)
	if annotations == nil {
		annotations = map[string]string{}
	}
	sent.SetAnnotations(annotations)
	record, err := sent.MarshalJSON()
	if err != nil {
		return nil, fmt.Errorf("encoding the manifest: %w", err)
	}
	annotations[corev1.LastAppliedConfigAnnotation] = string(record)
	sent.SetAnnotations(annotations)
	return sent, nil
}

// mergePatch returns the JSON merge patch that kubectl apply makes from three versions of an object: the one applied last, which the
// live one has in an annotation, the live one, and the manifest as it is sent. What was in the first and is not in the last is
// removed; what somebody else added stays. For Secrets and ConfigMaps kubectl makes a strategic merge patch, which differs only in
// lists, and they have none that matters here.
func mergePatch(sent, live *unstructured.Unstructured) ([]byte, error) {
	modified, err := json.Marshal(sent.Object)
	if err != nil {
		return nil, fmt.Errorf("encoding the manifest: %w", err)
	}
	current, err := json.Marshal(live.Object)
	if err != nil {
		return nil, fmt.Errorf("encoding the object in the cluster: %w", err)
	}
	original := []byte(live.GetAnnotations()[corev1.LastAppliedConfigAnnotation])
	patch, err := jsonmergepatch.CreateThreeWayJSONMergePatch(original, modified, current)
	if err != nil {
		// The error can show the content, which may be a Secret's.
		return nil, errors.New("the annotation " + corev1.LastAppliedConfigAnnotation +
			" in the cluster is not what kubectl apply writes; remove it, or use --server-side")
	}
	return patch, nil
}
