// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"regexp"
)

// imageName is the host of a registry, as the distribution specification recognizes one, and a path without a tag or digest.
var imageName = regexp.MustCompile(`^(?:(?:localhost|[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)+)(?::[0-9]+)?|[a-zA-Z0-9-]+:[0-9]+)` +
	`(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)+$`)

// checkImage refuses a name without a registry: which one is meant then depends on the cluster.
func checkImage(image string) error {
	if !imageName.MatchString(image) {
		return fmt.Errorf("-image: want a registry and a name without a tag, not %q: make release IMAGE=registry.example.com/clerk-operator", image)
	}
	return nil
}
