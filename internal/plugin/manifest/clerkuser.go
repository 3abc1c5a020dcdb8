// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package manifest writes ClerkUsers as people write them, for the commands that print some.
package manifest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"sigs.k8s.io/yaml"
	goyaml "sigs.k8s.io/yaml/goyaml.v2"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// ClerkUser is a ClerkUser as people write it: without status, and without fields that the API server sets.
type ClerkUser struct {
	APIVersion string                  `json:"apiVersion"`
	Kind       string                  `json:"kind"`
	Metadata   Metadata                `json:"metadata"`
	Spec       *v1alpha1.ClerkUserSpec `json:"spec"`
}

// Metadata is the metadata of a ClerkUser.
type Metadata struct {
	Name      string `json:"name"`
	Namespace string `json:"namespace"`
}

// Of returns the manifest of a ClerkUser.
func Of(namespace, name string, spec *v1alpha1.ClerkUserSpec) ClerkUser {
	return ClerkUser{
		APIVersion: v1alpha1.GroupVersion.String(), Kind: "ClerkUser",
		Metadata: Metadata{Name: name, Namespace: namespace}, Spec: spec,
	}
}

// YAML returns the manifest as YAML. What is written is read back, as kubectl reads it: a text of a person must not become another
// manifest. The encoder writes the key <<, for one, so that it is read as an instruction.
func (m ClerkUser) YAML() ([]byte, error) {
	text, err := json.Marshal(m)
	if err != nil {
		return nil, fmt.Errorf("encoding the manifest of %s: %w", m.Metadata.Name, err)
	}
	want, err := decoded(text)
	if err != nil {
		return nil, err
	}
	if written, err := goyaml.Marshal(want); err == nil && sameAs(written, want) {
		return written, nil
	}
	// JSON is YAML in which all texts have quotes.
	written := append([]byte(escaped(text)), '\n')
	if !sameAs(written, want) {
		return nil, fmt.Errorf("the manifest of %s cannot be written as YAML; use --output json", m.Metadata.Name)
	}
	return written, nil
}

// sameAs reports whether YAML is read as a value.
func sameAs(written []byte, want any) bool {
	text, err := yaml.YAMLToJSONStrict(written)
	if err != nil {
		return false
	}
	got, err := decoded(text)
	return err == nil && reflect.DeepEqual(got, want)
}

// escaped returns JSON with escapes for the characters that YAML refuses or does not keep.
func escaped(text []byte) string {
	var b strings.Builder
	for _, r := range string(text) {
		if r >= 0x7f && r <= 0x9f || r == 0xfeff || r == 0xfffe || r == 0xffff {
			fmt.Fprintf(&b, `\u%04x`, r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// decoded decodes JSON, with numbers as the encoder of YAML has them.
func decoded(text []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, fmt.Errorf("decoding a manifest: %w", err)
	}
	return yamlValue(value), nil
}

// yamlValue returns a decoded JSON value with numbers as the encoder of YAML has them.
func yamlValue(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for key, item := range value {
			value[key] = yamlValue(item)
		}
	case []any:
		for i, item := range value {
			value[i] = yamlValue(item)
		}
	case json.Number:
		if whole, err := value.Int64(); err == nil {
			return whole
		}
		if number, err := value.Float64(); err == nil {
			return number
		}
	}
	return value
}
