// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"os"
	"path/filepath"

	"github.com/clerk-operator/clerk-operator/test/controlplane/assets"
)

const (
	// Variable names, in the environment, the path of the document. A relative one counts from the repository's root.
	Variable = "CLERK_OPENAPI"

	// Notice is what is said aloud where the document is not found.
	Notice = "NOT CHECKED: Clerk's OpenAPI document was not found, so no request and no answer is held to it; " +
		"name it in " + Variable + ", or see \"make contract\""

	cached = ".cache/clerk-openapi/users-" + Version + ".yml"
	beside = "shared/reference/clerk-openapi/users-" + Version + ".yml"
)

// Find returns the path of the document: what [Variable] names, else what "make contract" fetched, else one in the nearest
// directory above the repository that keeps it under shared/reference. A document that is named counts as found whether or not
// it is there, so that a mistake in the name is an error of [Load] and not silence.
func Find() (path string, found bool) {
	named := os.Getenv(Variable)
	if filepath.IsAbs(named) {
		return named, true
	}
	root, err := assets.Root()
	if err != nil {
		return named, named != ""
	}
	if named != "" {
		return filepath.Join(root, named), true
	}
	for _, candidate := range append([]string{filepath.Join(root, cached)}, aboves(root)...) {
		if info, err := os.Stat(candidate); err == nil && info.Mode().IsRegular() {
			return candidate, true
		}
	}
	return "", false
}

// Cache returns where "make contract" puts the document: a file in the checkout that Git ignores. Outside a checkout it is an
// error.
func Cache() (string, error) {
	root, err := assets.Root()
	if err != nil {
		return "", err
	}
	return filepath.Join(root, cached), nil
}

// aboves returns where the document may be kept beside the repository, the nearest place first.
func aboves(root string) []string {
	var places []string
	for dir := filepath.Dir(root); ; dir = filepath.Dir(dir) {
		places = append(places, filepath.Join(dir, beside))
		if dir == filepath.Dir(dir) {
			return places
		}
	}
}
