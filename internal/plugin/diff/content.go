// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package diff

import (
	"encoding/json"
	"errors"
	"regexp"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
)

// typedContent checks that manifests have what identifies their kind. Without it, the error of the library that decodes them would
// show the whole manifest, and it may be a Secret.
type typedContent struct{}

// ValidateBytes checks a manifest, which is JSON. It implements resource.ContentValidator.
func (typedContent) ValidateBytes(data []byte) error { return checkType(data, false) }

// checkType checks an object, and the items of a list. Items of a list of one kind need not repeat it.
func checkType(data []byte, implied bool) error {
	var head struct {
		APIVersion string            `json:"apiVersion"`
		Kind       string            `json:"kind"`
		Items      []json.RawMessage `json:"items"`
	}
	switch err := json.Unmarshal(data, &head); {
	case err != nil:
		return errors.New("a manifest is not an object with apiVersion and kind")
	case head.Kind == "" && !implied:
		return errors.New("a manifest has no kind")
	case head.APIVersion == "" && !implied:
		return errors.New("a manifest has no apiVersion")
	}
	if _, err := schema.ParseGroupVersion(head.APIVersion); err != nil {
		return errors.New("the apiVersion of a manifest is not group/version")
	}
	for _, item := range head.Items {
		if err := checkType(item, head.Kind != "List" && strings.HasSuffix(head.Kind, "List")); err != nil {
			return err
		}
	}
	return nil
}

// contentPart is a part of an error, and what is left of it.
type contentPart struct {
	text *regexp.Regexp
	left string
}

// contentParts returns the parts of errors that show the content of manifests, or that name flags of kubectl.
func contentParts() []contentPart {
	return []contentPart{
		{regexp.MustCompile(`(?s)(map key)(?: of type)?:.*`), "$1"},
		{regexp.MustCompile(`(?s); if you choose to ignore these errors.*`), ""},
		{regexp.MustCompile(`(?s)(Object '\w+' is missing).*`), "$1"},
		{regexp.MustCompile(`(?s)(unknown anchor) .*?( referenced|$)`), "$1$2"},
		// What a kustomization declares itself.
		{regexp.MustCompile(`(?s)literal sources .*`), "a literal is not key=value"},
		{regexp.MustCompile(`(?s)line \[.* has invalid utf8.*`), "a line has invalid utf8 bytes"},
		{regexp.MustCompile(`(?s)(unable to parse SM or JSON patch).*`), "$1"},
		{regexp.MustCompile(`(?s)(evalsymlink failure on) '[^']*[\s{:][^']*'.*`), "$1 a text that is no path"},
		{regexp.MustCompile("(?s)`[^`]*(`|$)"), ellipsis},
	}
}

// withoutContent returns the errors of reading manifests, one a line, without parts that show their content or that name flags of
// kubectl.
func withoutContent(err error) error {
	all := []error{err}
	if several, ok := errors.AsType[utilerrors.Aggregate](err); ok {
		all = utilerrors.Flatten(several).Errors()
	}
	for i, one := range all {
		text := one.Error()
		for _, part := range contentParts() {
			text = part.text.ReplaceAllString(text, part.left)
		}
		if text != one.Error() {
			all[i] = errors.New(text)
		}
	}
	return errors.Join(all...)
}
