// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"maps"
	"reflect"
	"slices"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// planMetadata returns at most one replacing and one merging call, and the fields that exceed Clerk's limit.
func planMetadata(d *Desired, u *clerk.User) ([]Change, []InvalidError) {
	var merged, replaced clerk.MetadataParams
	var problems []InvalidError
	newMark := u.PrivateMetadata[v1alpha1.OwnerKey] != d.mark.String()
	for _, declared := range d.metadata {
		have := metadataOf(u, declared.field)
		if d.metadataReplaced && declared.given {
			setMetadata(&replaced, declared.field, declared.replacement(have, d.mark))
			continue
		}
		var obligatory map[string]any
		if declared.field == FieldPrivateMetadata && newMark {
			obligatory = markPatch(d.mark.String())
		}
		patch, fits := declared.patch(have, obligatory)
		if !fits {
			problems = append(problems, InvalidError{"spec." + declared.field, "together with what others wrote it exceeds " +
				"the 8192 bytes that Clerk accepts; make it smaller or remove keys at Clerk"})
		}
		setMetadata(&merged, declared.field, patch)
	}
	if newMark && d.privateReplaced() && replaced.Private == nil {
		merged.Private = markPatch(d.mark.String())
	}
	var changes []Change
	if hasFields(replaced) {
		changes = append(changes, ReplaceMetadata{Params: replaced, NewMark: newMark && replaced.Private != nil})
	}
	if hasFields(merged) {
		changes = append(changes, MergeMetadata{Params: merged})
	}
	return changes, problems
}

// privateReplaced reports whether the spec declares private metadata as a whole.
func (d *Desired) privateReplaced() bool {
	return d.metadataReplaced && slices.ContainsFunc(d.metadata, func(declared desiredMetadata) bool {
		return declared.given && declared.field == FieldPrivateMetadata
	})
}

// markPatch returns the patch that sets the owner mark in private metadata; nil removes it.
func markPatch(value any) clerk.Metadata { return clerk.Metadata{v1alpha1.OwnerKey: value} }

// hasFields reports whether any field is set.
func hasFields(params clerk.MetadataParams) bool {
	return params.Public != nil || params.Private != nil || params.Unsafe != nil
}

// metadataPart is one of the fields of a call, with its name in the spec.
type metadataPart struct {
	field string
	value clerk.Metadata
}

func partsOf(params clerk.MetadataParams) []metadataPart {
	return []metadataPart{
		{FieldPublicMetadata, params.Public},
		{FieldPrivateMetadata, params.Private},
		{FieldUnsafeMetadata, params.Unsafe},
	}
}

func setMetadata(params *clerk.MetadataParams, field string, value map[string]any) {
	switch field {
	case FieldPublicMetadata:
		params.Public = value
	case FieldPrivateMetadata:
		params.Private = value
	default:
		params.Unsafe = value
	}
}

// replacement returns the whole declared field; nil if Clerk has it so, apart from the owner mark.
func (w desiredMetadata) replacement(have clerk.Metadata, mark Mark) map[string]any {
	others := maps.Clone(map[string]any(have))
	if w.field == FieldPrivateMetadata {
		delete(others, v1alpha1.OwnerKey)
	}
	if len(others) == 0 && len(w.want) == 0 || reflect.DeepEqual(others, w.want) {
		return nil
	}
	return w.stored(mark)
}

// patch returns the merge patch that sets what is declared and removes what is ours and no longer declared; nil if
// there is nothing to send. The obligatory part is always included. If the patch enlarges the result beyond Clerk's
// limit, fits is false and the declared part is left out.
func (w desiredMetadata) patch(have, obligatory map[string]any) (patch map[string]any, fits bool) {
	patch = mergePatch(w.want, have)
	maps.Copy(patch, obligatory)
	w.addRemovals(patch, have)
	if fits = len(patch) == 0 || fitsInto(have, patch); !fits {
		patch = maps.Clone(obligatory)
		if patch == nil || !fitsInto(have, patch) {
			patch = map[string]any{}
		}
		w.addRemovals(patch, have)
	}
	if len(patch) == 0 {
		return nil, fits
	}
	return patch, fits
}

// fitsInto reports whether the result of a merge is within Clerk's limit.
func fitsInto(have, patch map[string]any) bool {
	size := clerk.Metadata(merge(have, patch)).Size()
	return size <= metadataLimit || size <= clerk.Metadata(have).Size()
}

// mergePatch returns the smallest merge patch after which have contains want; want has no nulls. A list is a leaf. An
// object matches any object that has the declared keys; it replaces a scalar or a list.
func mergePatch(want, have map[string]any) map[string]any {
	patch := map[string]any{}
	for key, wanted := range want {
		wantedObject, isObject := wanted.(map[string]any)
		heldObject, isHeldObject := have[key].(map[string]any)
		switch {
		case isObject && isHeldObject:
			if below := mergePatch(wantedObject, heldObject); len(below) > 0 {
				patch[key] = below
			}
		case !reflect.DeepEqual(wanted, have[key]):
			patch[key] = cloneJSON(wanted)
		}
	}
	return patch
}

// merge returns Clerk's result of merging a patch into an object.
// See https://clerk.com/docs/reference/backend-api/tag/users/PATCH/users/{user_id}/metadata.
func merge(have, patch map[string]any) map[string]any {
	result := maps.Clone(have)
	if result == nil {
		result = map[string]any{}
	}
	for key, value := range patch {
		below, isObject := value.(map[string]any)
		held, _ := result[key].(map[string]any)
		switch {
		case value == nil:
			delete(result, key)
		case isObject:
			result[key] = merge(held, below)
		default:
			result[key] = value
		}
	}
	return result
}

// addRemovals adds the removals to a merge patch.
func (w desiredMetadata) addRemovals(patch, have map[string]any) {
	for _, p := range w.undeclared(have) {
		object := patch
		for _, key := range p[:len(p)-1] {
			below, ok := object[key].(map[string]any)
			if !ok {
				below = map[string]any{}
				object[key] = below
			}
			object = below
		}
		object[p.last()] = nil
	}
}

// undeclared returns the keys that are ours, no longer declared, and still at Clerk, the deepest first. An object into
// which others put keys is no longer ours. An object that is empty after the removal of our keys is ours only if we
// wrote it empty: the record does not say whether it existed before, and an application may rely on it.
func (w desiredMetadata) undeclared(have map[string]any) []path {
	left := cloneObject(have)
	var gone []path
	deepestFirst := slices.SortedFunc(slices.Values(w.ours), func(a, b path) int { return len(b) - len(a) })
	for _, p := range deepestFirst {
		declared := p.in(w.want) || p.under(w.want)
		if declared || !p.in(left) || p[0] == v1alpha1.OwnerKey {
			continue
		}
		if object, ok := p.parent(left)[p.last()].(map[string]any); ok && len(object) > 0 {
			continue
		}
		delete(p.parent(left), p.last())
		gone = append(gone, p)
	}
	return gone
}
