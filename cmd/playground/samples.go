// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	kindInstance = "ClerkInstance"
	kindUser     = "ClerkUser"
	kindAction   = "ClerkUserAction"
	// defaultKeyEntry is the default Secret entry of a ClerkInstance.
	defaultKeyEntry = "secret-key"
	// fieldOwner lets "kubectl apply --server-side" continue from here without a conflict.
	fieldOwner = client.FieldOwner("kubectl")
)

// samples are the manifests to apply, in order.
type samples []*unstructured.Unstructured

// loadSamples reads every manifest in the directory's YAML files except kustomization.yaml. It leaves actions out: they
// need passkeys, accounts and codes that a new instance does not have, and would undo the effect of other samples.
func loadSamples(dir string) (samples, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil {
		return nil, fmt.Errorf("finding samples: %w", err)
	}
	var all samples
	for _, file := range files {
		if filepath.Base(file) == "kustomization.yaml" {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("reading a sample: %w", err)
		}
		objects, err := decode(text)
		if err != nil {
			return nil, fmt.Errorf("reading %s: %w", file, err)
		}
		all = append(all, slices.DeleteFunc(objects, func(o *unstructured.Unstructured) bool { return o.GetKind() == kindAction })...)
	}
	if len(all.ofKind(kindUser)) == 0 {
		return nil, fmt.Errorf("finding samples in %s: there is no %s", dir, kindUser)
	}
	slices.SortStableFunc(all, func(a, b *unstructured.Unstructured) int {
		return cmp.Compare(rank(a.GetKind()), rank(b.GetKind()))
	})
	return all, nil
}

func decode(text []byte) (samples, error) {
	decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(text), 4096)
	var objects samples
	for {
		object := &unstructured.Unstructured{}
		err := decoder.Decode(object)
		if errors.Is(err, io.EOF) {
			return objects, nil
		}
		if err != nil {
			return nil, err
		}
		if len(object.Object) == 0 {
			continue
		}
		if object.GetNamespace() == "" && object.GetKind() != "Namespace" {
			object.SetNamespace("default")
		}
		objects = append(objects, object)
	}
}

// rank orders kinds so that referenced objects come first. A kind that nothing refers to comes last.
func rank(kind string) int {
	order := []string{"Namespace", "Secret", "ConfigMap", kindInstance}
	if place := slices.Index(order, kind); place >= 0 {
		return place
	}
	return len(order)
}

func (s samples) ofKind(kind string) samples {
	var found samples
	for _, object := range s {
		if object.GetKind() == kind {
			found = append(found, object)
		}
	}
	return found
}

// keys returns the secret keys of the samples' ClerkInstances, without duplicates.
func (s samples) keys() []string {
	var keys []string
	for _, instance := range s.ofKind(kindInstance) {
		name, _, _ := unstructured.NestedString(instance.Object, "spec", "secretKeyRef", "name")
		entry, _, _ := unstructured.NestedString(instance.Object, "spec", "secretKeyRef", "key")
		key := s.secretValue(instance.GetNamespace(), name, cmp.Or(entry, defaultKeyEntry))
		if key != "" && !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return keys
}

func (s samples) secretValue(namespace, name, entry string) string {
	for _, secret := range s.ofKind("Secret") {
		if secret.GetNamespace() != namespace || secret.GetName() != name {
			continue
		}
		if text, ok, _ := unstructured.NestedString(secret.Object, "stringData", entry); ok {
			return text
		}
		encoded, _, _ := unstructured.NestedString(secret.Object, "data", entry)
		text, err := base64.StdEncoding.DecodeString(encoded)
		if err == nil {
			return string(text)
		}
	}
	return ""
}

// pointAt sets the API URL of every ClerkInstance.
func (s samples) pointAt(url string) {
	for _, instance := range s.ofKind(kindInstance) {
		spec, _, _ := unstructured.NestedMap(instance.Object, "spec")
		if spec == nil {
			spec = map[string]any{}
		}
		spec["apiURL"] = url
		instance.Object["spec"] = spec
	}
}

// apply applies all manifests by server-side apply.
func (s samples) apply(ctx context.Context, c client.Client) error {
	for _, object := range s {
		configuration := client.ApplyConfigurationFromUnstructured(object.DeepCopy())
		if err := c.Apply(ctx, configuration, fieldOwner, client.ForceOwnership); err != nil {
			return fmt.Errorf("applying %s %s: %w", object.GetKind(), object.GetName(), err)
		}
	}
	return nil
}
