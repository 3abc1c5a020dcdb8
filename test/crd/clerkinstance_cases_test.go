// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package crd_test

import (
	"fmt"
	"strings"
)

const (
	aSecret     = "must be the name of a Secret in the same namespace: lower-case letters, digits, - and . only"
	anEntry     = "must be the name of an entry in the Secret's data: letters, digits, -, _ and . only, such as secret-key"
	anAddress   = "must be an http or https URL with a host and without user, query or fragment, such as https://api.clerk.com/v1"
	anID        = "must be the id of a Clerk instance, ins_ and then letters and digits, as status.instanceID shows it"
	together    = "selector and from: Selector go together; set both, or remove the selector and write from: Same or from: All"
	aLabel      = "must name at least one label, since an empty selector admits every namespace; to mean that, remove the selector"
	fewLabels   = "must have at most 16 matchLabels and 16 matchExpressions; give the namespaces a label of their own"
	shortLabels = "must hold labels as they can stand on a namespace: a name of 1 to 317 and a value of at most 63 characters"
	operators   = "must have operator In or NotIn with 1 to 64 values, or Exists or DoesNotExist without values"
	aBudget     = "set sharePercent or requestsPer10s, not both"
	longerFull  = "fullInterval (1h where omitted) must not be shorter than interval (1m where omitted); raise fullInterval"
	anInterval  = "must be a duration between 1s and 24h, such as 30s or 5m"
	aFull       = "must be a duration between 1m and 168h, such as 30m or 6h"
	aWindow     = "must be a duration between 1s and 168h, such as 10m"
	aDelay      = "must be a duration between 0s and 168h, such as 30s or 5m"
)

// instanceWith is the spec of a ClerkInstance with a key and some more.
func instanceWith(fields string) string {
	return strings.TrimSuffix("{secretKeyRef: {name: clerk}, "+fields, ", ") + "}"
}

// instanceRefusals are invalid specs of a ClerkInstance.
func instanceRefusals() map[string]refusal {
	return merged(accessRefusals(), selectorRefusals(), budgetRefusals())
}

func accessRefusals() map[string]refusal {
	url := func(u string) string { return instanceWith(fmt.Sprintf("apiURL: %q", u)) }
	return map[string]refusal{
		"NoKey":            {`{}`, "spec.secretKeyRef", "Required value"},
		"SecretUnnamed":    {`{secretKeyRef: {}}`, "spec.secretKeyRef.name", "Required value"},
		"SecretElsewhere":  {`{secretKeyRef: {name: other/clerk}}`, "spec.secretKeyRef.name", aSecret},
		"EntryIsAPath":     {`{secretKeyRef: {name: clerk, key: ../token}}`, "spec.secretKeyRef.key", anEntry},
		"EntryIsItsParent": {`{secretKeyRef: {name: clerk, key: ".."}}`, "spec.secretKeyRef.key", anEntry},

		"URLWithoutScheme":   {url("api.clerk.com/v1"), "spec.apiURL", anAddress},
		"URLOfAFile":         {url("file:///etc/passwd"), "spec.apiURL", anAddress},
		"URLWithoutHost":     {url("https:///v1"), "spec.apiURL", anAddress},
		"URLWithUser":        {url("https://api.clerk.com@evil.example/v1"), "spec.apiURL", anAddress},
		"URLWithQuery":       {url("https://api.clerk.com/v1?x=1"), "spec.apiURL", anAddress},
		"URLEmpty":           {url(""), "spec.apiURL", anAddress},
		"PinOfAnotherKind":   {instanceWith(`instanceID: user_1`), "spec.instanceID", anID},
		"PinEmpty":           {instanceWith(`instanceID: ""`), "spec.instanceID", anID},
		"AdoptionUnknown":    {instanceWith(`policy: {adoption: Same}`), "spec.policy.adoption", `"None", "SameNamespace", "All"`},
		"DeletionUnknown":    {instanceWith(`policy: {deletion: Never}`), "spec.policy.deletion", `"Allow", "Deny"`},
		"NamespacesUnknown":  {instanceWith(`allowedNamespaces: {from: Any}`), "spec.allowedNamespaces.from", `"Same", "All", "Selector"`},
		"SelectorAlone":      {instanceWith(`allowedNamespaces: {selector: {matchLabels: {a: b}}}`), "spec.allowedNamespaces", together},
		"SelectorForgotten":  {instanceWith(`allowedNamespaces: {from: Selector}`), "spec.allowedNamespaces", together},
		"SelectorBesidesAll": {instanceWith(`allowedNamespaces: {from: All, selector: {matchLabels: {a: b}}}`), "spec.allowedNamespaces", together},
	}
}

func selectorRefusals() map[string]refusal {
	selector := func(s string) string {
		return instanceWith("allowedNamespaces: {from: Selector, selector: {" + s + "}}")
	}
	const field = "spec.allowedNamespaces.selector"
	labels := repeated(17, func(i int) string { return fmt.Sprintf("k%d: v", i) })
	values := repeated(65, func(i int) string { return fmt.Sprintf("v%d", i) })
	return map[string]refusal{
		"SelectorEmpty":      {selector(``), field, aLabel},
		"SelectorEmptyLists": {selector(`matchLabels: {}, matchExpressions: []`), field, aLabel},
		"SelectorOf17":       {selector(`matchLabels: {` + labels + `}`), field, fewLabels},
		"LabelValueTooLong":  {selector(`matchLabels: {a: ` + strings.Repeat("x", 64) + `}`), field, shortLabels},
		"OperatorUnknown":    {selector(`matchExpressions: [{key: a, operator: Equals, values: [b]}]`), field, operators},
		"InWithoutValues":    {selector(`matchExpressions: [{key: a, operator: In}]`), field, operators},
		"ExistsWithValues":   {selector(`matchExpressions: [{key: a, operator: Exists, values: [b]}]`), field, operators},
		"InOf65Values":       {selector(`matchExpressions: [{key: a, operator: In, values: [` + values + `]}]`), field, operators},
	}
}

func budgetRefusals() map[string]refusal {
	return map[string]refusal{
		"TwoBudgets":         {instanceWith(`rateLimit: {sharePercent: 10, requestsPer10s: 10}`), "spec.rateLimit", aBudget},
		"ShareOf0":           {instanceWith(`rateLimit: {sharePercent: 0}`), "spec.rateLimit.sharePercent", "greater than or equal to 1"},
		"ShareOf101":         {instanceWith(`rateLimit: {sharePercent: 101}`), "spec.rateLimit.sharePercent", "less than or equal to 100"},
		"NoRequests":         {instanceWith(`rateLimit: {requestsPer10s: 0}`), "spec.rateLimit.requestsPer10s", "greater than or equal to 1"},
		"IntervalOf0":        {instanceWith(`drift: {interval: 0s}`), "spec.drift.interval", anInterval},
		"IntervalInDays":     {instanceWith(`drift: {interval: 1d}`), "spec.drift.interval", anInterval},
		"IntervalNegative":   {instanceWith(`drift: {interval: -5m}`), "spec.drift.interval", anInterval},
		"FullIntervalShort":  {instanceWith(`drift: {fullInterval: 30s}`), "spec.drift.fullInterval", aFull},
		"FullIntervalEmpty":  {instanceWith(`drift: {fullInterval: ""}`), "spec.drift.fullInterval", aFull},
		"FullBelowInterval":  {instanceWith(`drift: {interval: 10m, fullInterval: 5m}`), "spec.drift", longerFull},
		"IntervalAboveFull":  {instanceWith(`drift: {interval: 2h}`), "spec.drift", longerFull},
		"BrakeBelow0":        {instanceWith(`deletionBrake: {maxCount: -1}`), "spec.deletionBrake.maxCount", "greater than or equal to 0"},
		"WindowOf0":          {instanceWith(`deletionBrake: {window: 0s}`), "spec.deletionBrake.window", aWindow},
		"WindowOfTwoWeeks":   {instanceWith(`deletionBrake: {window: 336h}`), "spec.deletionBrake.window", aWindow},
		"DelayOfTwoWeeks":    {instanceWith(`deletionDelay: 336h`), "spec.deletionDelay", aDelay},
		"DelayNegative":      {instanceWith(`deletionDelay: -1s`), "spec.deletionDelay", aDelay},
		"DelayWithoutUnits":  {instanceWith(`deletionDelay: "30"`), "spec.deletionDelay", aDelay},
		"WindowWithoutUnits": {instanceWith(`deletionBrake: {window: "600"}`), "spec.deletionBrake.window", aWindow},
	}
}

// acceptedInstances are valid specs of a ClerkInstance at the limits.
func acceptedInstances() map[string]string {
	return map[string]string{
		"KeyOnly":       instanceWith(``),
		"KeyInAnEntry":  `{secretKeyRef: {name: clerk.prod, key: CLERK_SECRET_KEY}}`,
		"Emulator":      instanceWith(`apiURL: "http://127.0.0.1:8910/v1"`),
		"EmulatorV6":    instanceWith(`apiURL: "http://[::1]:8910/v1"`),
		"InTheCluster":  instanceWith(`apiURL: "http://clerk-emulator.clerk.svc:8910/v1"`),
		"Pinned":        instanceWith(`instanceID: ins_2GIoQhbuPzs9c8YC6QMlFvp7f1R`),
		"FromAll":       instanceWith(`allowedNamespaces: {from: All}`),
		"NothingInside": instanceWith(`allowedNamespaces: {}, rateLimit: {}, drift: {}, policy: {}, deletionBrake: {}`),
		"Selector":      instanceWith(`allowedNamespaces: {from: Selector, selector: {matchLabels: {kubernetes.io/metadata.name: team-a}}}`),
		"Expressions": instanceWith(`allowedNamespaces: {from: Selector, selector: {matchExpressions: [
			{key: team, operator: In, values: [a, b]}, {key: legacy, operator: DoesNotExist}]}}`),
		"NoBrake":        instanceWith(`deletionBrake: {maxCount: 0}`),
		"NoDelay":        instanceWith(`deletionDelay: 0s`),
		"LongestDelay":   instanceWith(`deletionDelay: 168h`),
		"LongestWindow":  instanceWith(`deletionBrake: {window: 168h}`),
		"MixedDuration":  instanceWith(`drift: {interval: 1m30s, fullInterval: 1h30m}`),
		"EqualIntervals": instanceWith(`drift: {interval: 1h, fullInterval: 1h}`),
		"GuardRails":     instanceWith(`policy: {adoption: None, deletion: Deny}`),
		"OneRequest":     instanceWith(`rateLimit: {requestsPer10s: 1}`),
	}
}
