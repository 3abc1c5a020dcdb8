// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import "strings"

// path is the path to a key of a metadata field: one element per level, without the field itself.
type path []string

// pointer returns the path as an RFC 6901 JSON pointer whose first token is the field: /publicMetadata/a~1b/c.
func (p path) pointer(field string) string {
	var text strings.Builder
	text.WriteString("/" + field)
	for _, key := range p {
		text.WriteString("/" + strings.ReplaceAll(strings.ReplaceAll(key, "~", "~0"), "/", "~1"))
	}
	return text.String()
}

// pointersInto returns the paths of the pointers to keys of the field. It leaves out invalid pointers, and the pointer
// to the whole field, which is never ours.
func pointersInto(field string, pointers []string) []path {
	var paths []path
	for _, pointer := range pointers {
		rest, ok := strings.CutPrefix(pointer, "/"+field+"/")
		if !ok {
			continue
		}
		paths = append(paths, pathOf(rest))
	}
	return paths
}

// pathOf parses a JSON pointer without its first slash.
func pathOf(rest string) path {
	var p path
	for token := range strings.SplitSeq(rest, "/") {
		p = append(p, strings.ReplaceAll(strings.ReplaceAll(token, "~1", "/"), "~0", "~"))
	}
	return p
}

// leaves returns the paths of what an object or merge patch writes: scalars, lists and empty objects, but not nulls.
func leaves(object map[string]any) []path {
	var paths []path
	for key, value := range object {
		inner, isObject := value.(map[string]any)
		switch {
		case value == nil:
		case isObject && len(inner) > 0:
			for _, below := range leaves(inner) {
				paths = append(paths, append(path{key}, below...))
			}
		default:
			paths = append(paths, path{key})
		}
	}
	return paths
}

// parent returns the object with the path's last key; nil if there is none.
func (p path) parent(object map[string]any) map[string]any {
	for _, key := range p[:len(p)-1] {
		object, _ = object[key].(map[string]any)
	}
	return object
}

// last returns the last key.
func (p path) last() string { return p[len(p)-1] }

// in reports whether the object has the key at the path.
func (p path) in(object map[string]any) bool {
	_, ok := p.parent(object)[p.last()]
	return ok
}

// under reports whether the object has a leaf above the key at the path, so that the key cannot exist.
func (p path) under(object map[string]any) bool {
	for i := range len(p) - 1 {
		above := p[:i+1]
		if _, isObject := above.parent(object)[above.last()].(map[string]any); above.in(object) && !isObject {
			return true
		}
	}
	return false
}
