// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"os"
	"path/filepath"

	"github.com/clerk-operator/clerk-operator/test/controlplane/assets"
)

const (
	// Variable is the environment variable with the path of the document. A relative path starts at the repository's root.
	Variable = "CLERK_OPENAPI"

	// Notice is printed if the document is not found.
	Notice = "NOT CHECKED: Clerk's OpenAPI document was not found, so no request and no answer is held to it; " +
		"name it in " + Variable + ", or see \"make contract\""

	cached = ".cache/clerk-openapi/users-" + Version + ".yml"
	beside = "shared/reference/clerk-openapi/users-" + Version + ".yml"
)

// Find returns the path of the document. It is the path in [Variable], or the one that "make contract" fetched, or one
// below shared/reference in the nearest directory above the repository. A document in [Variable] counts as found even
// if it does not exist, so that [Load] reports a mistake in the name.
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
	if info, err := os.Stat(filepath.Join(root, cached)); err == nil && info.Mode().IsRegular() {
		return filepath.Join(root, cached), true
	}
	copies, err := assets.Above(root, beside)
	if err != nil || len(copies) == 0 {
		return "", false
	}
	return copies[0], true
}

// Cache returns where "make contract" puts the document: a file in the checkout that Git ignores. Outside a checkout it
// returns an error.
func Cache() (string, error) {
	root, err := assets.Root()
	if err != nil {
		return "", err
	}
	return filepath.Join(root, cached), nil
}
