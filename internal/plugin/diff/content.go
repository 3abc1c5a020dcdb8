// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package diff

import (
	"encoding/json"
	"errors"
	"regexp"
	"strings"

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
	for _, item := range head.Items {
		if err := checkType(item, head.Kind != "List" && strings.HasSuffix(head.Kind, "List")); err != nil {
			return err
		}
	}
	return nil
}

// withoutContent returns the errors of reading manifests, one a line, without parts that show their content or that name flags of
// kubectl.
func withoutContent(err error) error {
	all := []error{err}
	if several, ok := errors.AsType[utilerrors.Aggregate](err); ok {
		all = utilerrors.Flatten(several).Errors()
	}
	content := regexp.MustCompile(`(?s)(map key)(?: of type)?:.*|; if you choose to ignore these errors.*`)
	for i, one := range all {
		if text := one.Error(); content.MatchString(text) {
			all[i] = errors.New(content.ReplaceAllString(text, "$1"))
		}
	}
	return errors.Join(all...)
}
