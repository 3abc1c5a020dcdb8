// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"strings"
)

// Kind is a kind of the operator, with the names by which people call it.
type Kind struct {
	// Name is as in manifests, such as ClerkUser; Resource is the plural, such as clerkusers; Short is as in cu.
	Name, Resource, Short string
}

// Kinds returns the operator's kinds, ClerkUser first.
func Kinds() []Kind {
	return []Kind{{"ClerkUser", "clerkusers", "cu"}, {"ClerkInstance", "clerkinstances", "ci"}, {"ClerkUserAction", "clerkuseractions", "cua"}}
}

// ParseKind returns the kind that people call by a name in any case: ClerkUser, clerkusers, cu or clerkusers.clerk-operator.io.
func ParseKind(name string) (Kind, error) {
	plain, _, _ := strings.Cut(strings.ToLower(name), ".")
	for _, kind := range Kinds() {
		if plain == strings.ToLower(kind.Name) || plain == kind.Resource || plain == kind.Short {
			return kind, nil
		}
	}
	return Kind{}, fmt.Errorf("there is no kind %q; want clerkuser, clerkinstance or clerkuseraction", name)
}
