// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package importer

import "strings"

// mergeKey is the key that kustomize takes for an instruction of YAML and leaves out, in whatever way it is written.
const mergeKey = "<<"

// isKeptText reports whether kustomize reads a text as it is. kubectl apply -k, Argo CD and Flux read manifests with kustomize, which
// refuses a whole directory because of one of these characters, or replaces it, also if it is written as an escape.
func isKeptText(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r >= 0x7f && r <= 0x9f || r == 0xfffe || r == 0xffff })
}

// isKept reports whether kustomize reads a decoded JSON value as it is.
func isKept(value any) bool {
	switch value := value.(type) {
	case string:
		return isKeptText(value)
	case []any:
		for _, item := range value {
			if !isKept(item) {
				return false
			}
		}
	case map[string]any:
		for key, item := range value {
			if key == mergeKey || !isKeptText(key) || !isKept(item) {
				return false
			}
		}
	}
	return true
}
