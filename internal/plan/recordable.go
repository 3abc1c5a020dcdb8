// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"fmt"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

const (
	// fieldKeyLimit is how many keys one metadata field may have, so that three fields fit into a status twice: while one
	// spec replaces another, the keys of both are on record.
	fieldKeyLimit = v1alpha1.MaxAppliedMetadata / 6
	// fieldPointerLimit limits the JSON pointers to the keys of one field, in bytes. An annotation holds those of three
	// fields, and the API server accepts 256 KiB of annotations.
	fieldPointerLimit = 32 << 10
)

// recordable checks that the keys of a field can be recorded; without the record they could not be removed later. Only
// deep nesting under long keys exceeds these limits; everything else exceeds Clerk's limit first.
func (w desiredMetadata) recordable() *InvalidError {
	where := "spec." + w.field
	keys, size := leaves(w.want), 0
	if len(keys) > fieldKeyLimit {
		return &InvalidError{where, fmt.Sprintf("has %d keys; at most %d can be tracked, so use fewer, or put them in a list",
			len(keys), fieldKeyLimit)}
	}
	for _, key := range keys {
		pointer := key.pointer(w.field)
		if len(pointer) > v1alpha1.MaxMetadataPointer {
			return &InvalidError{where, fmt.Sprintf("has a key whose path is %d bytes long; at most %d can be tracked, so shorten the keys",
				len(pointer), v1alpha1.MaxMetadataPointer)}
		}
		size += len(pointer)
	}
	if size > fieldPointerLimit {
		return &InvalidError{where, fmt.Sprintf("has keys whose paths are %d bytes long together; at most %d can be tracked, so shorten the keys or nest less", size, fieldPointerLimit)}
	}
	return nil
}
