// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"maps"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// permittedUpdate returns an update without the blocked fields.
func permittedUpdate(params clerk.UpdateUserParams, blocked func(field string) bool) clerk.UpdateUserParams {
	for _, field := range plainFields {
		if blocked(field.name) {
			field.leaveOut(&params)
		}
	}
	if blocked(FieldUsername) {
		params.Username = nil
	}
	if blocked(FieldEmailAddresses) {
		params.PrimaryEmailAddressID = nil
	}
	if blocked(FieldPhoneNumbers) {
		params.PrimaryPhoneNumberID = nil
	}
	if blocked(FieldPassword) {
		params.Password, params.SkipPasswordChecks, params.SignOutOfOtherSessions = nil, nil, nil
	}
	return params
}

// permittedMetadata returns the calls for metadata without the blocked fields. The owner mark gets a call of its own if
// the rest of its field is blocked.
func permittedMetadata(changes []Change, blocked func(field string) bool) []Change {
	var permitted []Change
	for _, c := range changes {
		switch c := c.(type) {
		case MergeMetadata:
			permitted = append(permitted, permittedMerge(c, blocked)...)
		case ReplaceMetadata:
			permitted = append(permitted, permittedReplacement(c, blocked)...)
		default:
		}
	}
	return permitted
}

func permittedMerge(c MergeMetadata, blocked func(field string) bool) []Change {
	params := permittedFields(c.Params, blocked)
	if mark, ok := c.Params.Private[v1alpha1.OwnerKey]; ok && params.Private == nil {
		params.Private = markPatch(mark)
	}
	if !hasFields(params) {
		return nil
	}
	return []Change{MergeMetadata{params}}
}

func permittedReplacement(c ReplaceMetadata, blocked func(field string) bool) []Change {
	var changes []Change
	params := permittedFields(c.Params, blocked)
	if hasFields(params) {
		changes = append(changes, ReplaceMetadata{Params: params, NewMark: c.NewMark && params.Private != nil})
	}
	if c.NewMark && params.Private == nil {
		changes = append(changes, MergeMetadata{clerk.MetadataParams{Private: markPatch(c.Params.Private[v1alpha1.OwnerKey])}})
	}
	return changes
}

func permittedFields(params clerk.MetadataParams, blocked func(field string) bool) clerk.MetadataParams {
	var left clerk.MetadataParams
	for _, part := range partsOf(params) {
		if part.value != nil && !blocked(part.field) {
			setMetadata(&left, part.field, maps.Clone(part.value))
		}
	}
	return left
}

// divided puts each field of an update or of metadata into its own call.
func divided(changes []Change) []Change {
	var single []Change
	for _, c := range changes {
		switch c := c.(type) {
		case Update:
			single = append(single, dividedUpdate(c)...)
		case MergeMetadata:
			for _, params := range dividedFields(c.Params) {
				single = append(single, MergeMetadata{params})
			}
		case ReplaceMetadata:
			for _, params := range dividedFields(c.Params) {
				single = append(single, ReplaceMetadata{Params: params, NewMark: c.NewMark && params.Private != nil})
			}
		default:
			single = append(single, c)
		}
	}
	return single
}

func dividedUpdate(c Update) []Change {
	var single []Change
	for _, field := range c.Fields() {
		single = append(single, Update{permittedUpdate(c.Params, allBut(field))})
	}
	return single
}

func dividedFields(params clerk.MetadataParams) []clerk.MetadataParams {
	var single []clerk.MetadataParams
	for _, part := range partsOf(params) {
		if part.value != nil {
			single = append(single, permittedFields(params, allBut(part.field)))
		}
	}
	return single
}

func allBut(field string) func(string) bool {
	return func(other string) bool { return other != field }
}
