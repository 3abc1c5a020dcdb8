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

// planMetadata is at most one replacing and one merging call, and what does not fit into Clerk's limit.
func planMetadata(d *Desired, u *clerk.User) ([]Change, []InvalidError) {
	var merged, replaced clerk.MetadataParams
	var problems []InvalidError
	newMark := u.PrivateMetadata[v1alpha1.OwnerKey] != d.mark.String()
	for _, wish := range d.metadata {
		have := metadataOf(u, wish.field)
		if d.metadataReplaced && wish.given {
			setMetadata(&replaced, wish.field, wish.replacement(have, d.mark))
			continue
		}
		var obligatory map[string]any
		if wish.field == FieldPrivateMetadata && newMark {
			obligatory = markPatch(d.mark.String())
		}
		patch, fits := wish.patch(have, obligatory)
		if !fits {
			problems = append(problems, InvalidError{"spec." + wish.field, "together with what others wrote it exceeds " +
				"the 8192 bytes that Clerk takes; make it smaller or remove keys at Clerk"})
		}
		setMetadata(&merged, wish.field, patch)
	}
	if newMark && d.privateReplaced() && replaced.Private == nil {
		merged.Private = markPatch(d.mark.String())
	}
	var changes []Change
	if speaks(replaced) {
		changes = append(changes, ReplaceMetadata{Params: replaced, NewMark: newMark && replaced.Private != nil})
	}
	if speaks(merged) {
		changes = append(changes, MergeMetadata{Params: merged})
	}
	return changes, problems
}

// privateReplaced says whether private metadata as a whole is the spec's.
func (d *Desired) privateReplaced() bool {
	return d.metadataReplaced && slices.ContainsFunc(d.metadata, func(wish metadataWish) bool {
		return wish.given && wish.field == FieldPrivateMetadata
	})
}

// markPatch merges the owner mark into private metadata; nil removes it.
func markPatch(value any) clerk.Metadata { return clerk.Metadata{v1alpha1.OwnerKey: value} }

// speaks says whether any field is given.
func speaks(params clerk.MetadataParams) bool {
	return params.Public != nil || params.Private != nil || params.Unsafe != nil
}

// metadataPart is one of the fields of a call, under its name in the spec.
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

// replacement is the whole field as declared; nil if Clerk has it so. A difference in the owner mark is none.
func (w metadataWish) replacement(have clerk.Metadata, mark Mark) map[string]any {
	others := maps.Clone(map[string]any(have))
	if w.field == FieldPrivateMetadata {
		delete(others, v1alpha1.OwnerKey)
	}
	if len(others) == 0 && len(w.want) == 0 || reflect.DeepEqual(others, w.want) {
		return nil
	}
	return w.stored(mark)
}

// patch is the merge patch that sets what is declared and removes what is ours and no longer declared; nil if there is
// nothing to send. The obligatory part always goes along. If the result exceeds Clerk's limit and grows by the patch,
// fits is false and the declared part is left out.
func (w metadataWish) patch(have, obligatory map[string]any) (patch map[string]any, fits bool) {
	patch = mergePatch(w.want, have)
	maps.Copy(patch, obligatory)
	w.takeBack(patch, have)
	if fits = len(patch) == 0 || fitsInto(have, patch); !fits {
		patch = maps.Clone(obligatory)
		if patch == nil || !fitsInto(have, patch) {
			patch = map[string]any{}
		}
		w.takeBack(patch, have)
	}
	if len(patch) == 0 {
		return nil, fits
	}
	return patch, fits
}

// fitsInto says whether Clerk would take the result of a merge.
func fitsInto(have, patch map[string]any) bool {
	size := clerk.Metadata(merge(have, patch)).Size()
	return size <= metadataLimit || size <= clerk.Metadata(have).Size()
}

// mergePatch is the smallest merge patch that makes have show want, where want holds no null. A list is a leaf. An
// object is satisfied by any object that has what is declared in it; over a scalar or list, it replaces.
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

// merge is what Clerk makes of an object and a merge patch.
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

// takeBack adds the removals to a merge patch.
func (w metadataWish) takeBack(patch, have map[string]any) {
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

// undeclared is the keys that are ours, no longer declared, and still at Clerk, the deepest first. An object that
// others put keys into is no longer ours. An object that is empty once our keys are gone is ours only if we wrote it
// empty: whether a parent was there before us is not on record, and an application may rely on it.
func (w metadataWish) undeclared(have map[string]any) []path {
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
