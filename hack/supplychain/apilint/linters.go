// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"regexp"

	"sigs.k8s.io/kube-api-linter/pkg/config"
)

func linters() config.Linters {
	return config.Linters{
		Enable: []string{"*"},
		Disable: []string{
			// They look for what their settings name, and there is nothing to name.
			"conflictingmarkers", "dependenttags", "forbiddenmarkers", "namingconventions", "preferredmarkers",
			// Each string and number has a CEL rule, which also refuses the empty value, and its message names the remedy. An
			// empty list or map means "enforce that there are none". The linter knows neither.
			"minlength",
			// It follows from minlength: it wants pointers for required strings without a minimum length.
			"requiredfields",
			// true and false are Clerk's own words (banned, locked, skipChecks). Each is a pointer in the spec: omitted has a
			// meaning of its own.
			"nobools",
		},
	}
}

func settings() config.LintersConfig {
	ignore := map[string]any{"policy": "Ignore"}
	return config.LintersConfig{
		// A CustomResourceDefinition has no protobuf form and no strategic merge patch; the order of fields is for readers.
		"conditions": map[string]any{"isFirstField": "Ignore", "useProtobuf": "Forbid", "usePatchStrategy": "Forbid"},
		// A list has omitzero where [] differs from an omitted field, and status shows counts of 0.
		"optionalfields": map[string]any{"omitempty": ignore},
	}
}

// exception is a finding that is right in general, and not here.
type exception struct {
	linter  string // empty: each one
	message *regexp.Regexp
	reason  string
}

func exceptions() []exception {
	return []exception{
		{
			message: regexp.MustCompile(`(actionField|leniently)\.`),
			reason:  "these types are no part of the API: they are neither exported nor serialized",
		},
		{
			linter:  "optionalfields",
			message: regexp.MustCompile(`field (ClerkInstanceStatus|ClerkUserStatus|ClerkUserActionStatus|Applied|Organization(Membership|Invitation)|ActionResult)\.\w+ should be a pointer`),
			reason:  "only the operator writes status, and an absent value of status means the same as its zero value",
		},
		{
			linter:  "optionalfields",
			message: regexp.MustCompile(`field Clerk(Instance|User|UserAction)\.Status should be a pointer`),
			reason:  "omitzero leaves an empty status out, and code does not have to ask for nil",
		},
		{
			linter:  "nodurations",
			message: regexp.MustCompile(`field (DriftCheck\.(Interval|FullInterval)|DeletionBrake\.Window|ClerkInstanceSpec\.DeletionDelay) `),
			reason:  "people write 30s and 1h, as in Flux and cert-manager; a CEL rule checks the form, so that clients can parse it",
		},
		{
			linter:  "nonpointerstructs",
			message: regexp.MustCompile(`field ClerkUser\.Spec `),
			reason:  "spec stays required although none of its fields is: a manifest without spec is a mistake, and {} is not",
		},
	}
}
