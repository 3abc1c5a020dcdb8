// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

// Manifests returns the objects in a block of YAML; none if a document of it has no API version or kind. The error is about YAML that
// cannot be read, or has a key twice.
func Manifests(b Block) ([]*unstructured.Unstructured, error) {
	var found []*unstructured.Unstructured
	all := true
	documents := utilyaml.NewYAMLReader(bufio.NewReader(strings.NewReader(b.Text())))
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("splitting YAML: %w", err)
		}
		var value any
		if err := yaml.UnmarshalStrict(document, &value); err != nil {
			return nil, fmt.Errorf("reading YAML: %w", err)
		}
		content, _ := value.(map[string]any)
		object := &unstructured.Unstructured{Object: content}
		if content == nil || object.GetAPIVersion() == "" || object.GetKind() == "" {
			all = false
		}
		found = append(found, object)
	}
	if !all {
		return nil, nil
	}
	return found, nil
}

// OtherKind says what is known of a kind of another project, for which no API server in these tests has a definition; "" for all others.
func OtherKind(group string) string {
	switch group {
	case "kustomize.config.k8s.io":
		return "a file of kustomize, read as YAML"
	case "source.toolkit.fluxcd.io", "kustomize.toolkit.fluxcd.io":
		return "decoded strictly into Flux's types by test/gitops/examples"
	case "argoproj.io", "external-secrets.io", "monitoring.coreos.com", "helm.toolkit.fluxcd.io", "notification.toolkit.fluxcd.io":
		return "a kind of another project, read as YAML"
	}
	return ""
}
