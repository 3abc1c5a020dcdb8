// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package importer

import (
	"encoding/json"
	"maps"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// maxKeys is how many keys the CustomResourceDefinition accepts in a metadata field.
const maxKeys = 1200

// metadata returns the metadata that can be declared; nil if there is none. A key with a value that cannot be declared, such as null,
// is left out: policy Merge leaves it alone. Keys of the operator are never declared.
func (d *draft) metadata(field string, have clerk.Metadata) *runtime.RawExtension {
	declared := maps.Clone(map[string]any(have))
	maps.DeleteFunc(declared, func(key string, _ any) bool { return strings.HasPrefix(key, v1alpha1.ReservedPrefix) })
	if len(declared) == 0 {
		return nil
	}
	if raw := rawOf(declared); fitsSpec(field, declared, raw) {
		return raw
	}
	d.leaveOut(field)
	maps.DeleteFunc(declared, func(key string, value any) bool {
		one := map[string]any{key: value}
		return !fitsSpec(field, one, rawOf(one))
	})
	if raw := rawOf(declared); len(declared) > 0 && fitsSpec(field, declared, raw) {
		return raw
	}
	return nil
}

// fitsSpec reports whether metadata can be declared.
func fitsSpec(field string, declared map[string]any, raw *runtime.RawExtension) bool {
	if raw == nil || len(declared) > maxKeys || !isKept(declared) {
		return false
	}
	spec := &v1alpha1.ClerkUserSpec{}
	setMetadata(spec, field, raw)
	return accepted(spec)
}

func setMetadata(spec *v1alpha1.ClerkUserSpec, field string, raw *runtime.RawExtension) {
	switch field {
	case plan.FieldPublicMetadata:
		spec.PublicMetadata = raw
	case plan.FieldPrivateMetadata:
		spec.PrivateMetadata = raw
	default:
		spec.UnsafeMetadata = raw
	}
}

// rawOf returns the metadata as a field of a spec; nil if it has no JSON form.
func rawOf(metadata map[string]any) *runtime.RawExtension {
	text, err := json.Marshal(metadata)
	if err != nil {
		return nil
	}
	return &runtime.RawExtension{Raw: text}
}
