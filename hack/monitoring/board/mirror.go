// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package board

import "slices"

// mirrored is a gauge of the mirror of a Clerk instance.
func mirrored(metric string) string {
	return `max by (` + perInstallation + `) (clerk_operator_mirror_` + metric + `{` + selected + `})`
}

func mirrorAndDrift() Question {
	return Question{Title: "Is the mirror current, and who else changes users?", Name: "mirror", Panels: slices.Concat(mirrorAge(), mirrorContent())}
}

// mirrorAge show how old the mirror is.
func mirrorAge() []Panel {
	return []Panel{
		{
			Title: "Age of the incremental sync", Kind: Lines, Width: 8, Height: 7, Unit: "s",
			Description: "Time since the last complete incremental sync began, which reads the users that changed at Clerk. " +
				"Normal: below the dashed line, which is twice the interval of the syncs.",
			Queries: []Query{
				{age(mirrored("last_incremental_sync_timestamp_seconds")), "{{clerk_instance}}"},
				{`2 * max(` + mirrored("incremental_sync_interval_seconds") + `)`, "twice the interval"},
			},
			Colors: []Color{{Series: "twice the interval", Color: "text", Dashed: true}},
			Empty:  "No sync since the start",
			Alerts: []string{"ClerkOperatorMirrorStale"},
		},
		{
			Title: "Age of the full sync", Kind: Lines, Width: 8, Height: 7, Unit: "s",
			Description: "Time since the last complete full sync began, which reads all users. Normal: below the dashed line, which is twice the " +
				"interval of the syncs.",
			Queries: []Query{
				{age(mirrored("last_full_sync_timestamp_seconds")), "{{clerk_instance}}"},
				{`2 * max(` + mirrored("full_sync_interval_seconds") + `)`, "twice the interval"},
			},
			Colors: []Color{{Series: "twice the interval", Color: "text", Dashed: true}},
			Empty:  "No sync since the start",
			Alerts: []string{"ClerkOperatorMirrorStale"},
		},
		{
			Title: "Mirror", Kind: Timeline, Width: 8, Height: 7,
			Description: "Whether the local copy of the users is too old to trust. Normal: Current. While it is stale, drift is not noticed.",
			Queries:     []Query{{mirrored("stale"), "{{clerk_instance}}"}},
			States:      map[string]State{"0": {"Current", good}, "1": {"Stale", bad}},
			Alerts:      []string{"ClerkOperatorMirrorStale"},
		},
	}
}

// mirrorContent show what the mirror has, and what is corrected.
func mirrorContent() []Panel {
	return []Panel{
		{
			Title: "Users in the mirror", Kind: Lines, Width: 8, Height: 7,
			Description: "Users at Clerk that the operator follows, by Clerk instance, and those of all instances that it has not read yet (dashed). " +
				"Normal: none of the latter, except after a start.",
			Queries: []Query{{mirrored("followed_users"), "{{clerk_instance}}"}, {`sum(` + mirrored("pending_users") + `)`, "not read yet"}},
			Colors:  []Color{{Series: "not read yet", Color: bad, Dashed: true}},
		},
		{
			Title: "Syncs per minute", Kind: Lines, Width: 8, Height: 7,
			Description: "Syncs of all Clerk instances. Overruns are incremental syncs that could not read all changes, so that a full sync follows. " +
				"Normal: 60 divided by the interval in seconds, and no overruns.",
			Queries: []Query{
				{`60 * sum(rate(clerk_operator_mirror_incremental_syncs_total{` + selected + `}[$__rate_interval]))`, "incremental"},
				{`60 * sum(rate(clerk_operator_mirror_full_syncs_total{` + selected + `}[$__rate_interval]))`, "full"},
				{`60 * sum(rate(clerk_operator_mirror_incremental_sync_overruns_total{` + selected + `}[$__rate_interval]))`, "overruns"},
			},
			Colors: []Color{{Series: "incremental", Color: good}, {Series: "full", Color: neutral}, {Series: "overruns", Color: bad}},
		},
		{
			Title: "Drift corrections per minute", Kind: Stacked, Width: 8, Height: 7,
			Description: "Changes that somebody made at Clerk and the operator reverted, by group of fields. Normal: 0. A steady rate means that a " +
				"program writes the same fields.",
			Queries: []Query{{counted("drift_corrections_total", selected, "field_group"), "{{field_group}}"}},
			Alerts:  []string{"ClerkOperatorDriftContended"},
		},
	}
}
