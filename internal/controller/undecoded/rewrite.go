// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package undecoded

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// InStatus returns the fields of a status to write again: those with a value that did not decode, except the given
// records, which are kept as stored.
func InStatus(paths *v1alpha1.FieldPaths, records ...string) []string {
	var fields []string
	kept := paths.Of(records...)
	for _, path := range paths.Of("status") {
		if slices.Contains(kept, path) {
			continue
		}
		field, below := strings.CutPrefix(path, "status.")
		if !below {
			continue
		}
		fields = append(fields, field[:strings.IndexAny(field+".", ".[")])
	}
	return fields
}

// Rewriting returns a merge patch that also writes the given fields of status, or removes them if the object has no
// value. The given patch would not change them: neither of the objects that it compares has the value that did not
// decode.
func Rewriting(patch client.Patch, fields []string) client.Patch {
	if len(fields) == 0 {
		return patch
	}
	return rewriting{patch, fields}
}

type rewriting struct {
	patch  client.Patch
	fields []string
}

// Type returns the type of the patch.
func (r rewriting) Type() types.PatchType { return r.patch.Type() }

// Data returns the patch with the fields added.
func (r rewriting) Data(object client.Object) ([]byte, error) {
	text, err := r.patch.Data(object)
	if err != nil {
		return nil, err
	}
	change, is := map[string]any{}, struct {
		Status map[string]any `json:"status"`
	}{}
	whole, err := json.Marshal(object)
	if err == nil {
		err = json.Unmarshal(whole, &is)
	}
	if err == nil {
		err = json.Unmarshal(text, &change)
	}
	if err != nil {
		return nil, fmt.Errorf("making a patch of status: %w", err)
	}
	status, _ := change["status"].(map[string]any)
	if status == nil {
		status = map[string]any{}
		change["status"] = status
	}
	for _, field := range r.fields {
		if _, changed := status[field]; !changed {
			status[field] = is.Status[field]
		}
	}
	return json.Marshal(change)
}
