// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package board

import "slices"

func deletionsAndActions() Question {
	return Question{Title: "What is deleted, and what do actions do?", Name: "deletions", Panels: slices.Concat(deletionPanels(), actionPanels())}
}

// deletionPanels show deletions, and what the brake does.
func deletionPanels() []Panel {
	brake := func(metric string) string { return state("deletion_brake_"+metric, selected, "clerk_instance") }
	deletion := selected + `,cause="deletion"`
	return []Panel{
		{
			Title: "Deletions that the brake counts", Kind: Lines, Width: 8, Height: 7,
			Description: "Deletions in the present window of the brake, and the maximum (dashed), by Clerk instance. At the maximum, the brake " +
				"holds further deletions. Normal: below the maximum. An instance without a brake has no maximum.",
			Queries: []Query{
				{brake("deletions"), "{{clerk_instance}}"},
				{brake("max") + ` > 0`, "{{clerk_instance}} maximum"},
			},
			Colors: []Color{{Series: ".* maximum", Color: bad, Dashed: true}},
			Empty:  "No Clerk instance",
			Alerts: []string{"ClerkOperatorDeletionsHeld"},
		},
		{
			Title: "Users whose deletion waits", Kind: Stacked, Width: 8, Height: 7,
			Description: "DeletionHeld: the brake holds the deletion until somebody allows it. DeletionBlocked: the deletion cannot be carried out. " +
				"Normal: 0.",
			Queries: []Query{{`sum by (reason) (` + usersState(`,reason=~"DeletionHeld|DeletionBlocked"`) + `)`, "{{reason}}"}},
			Colors:  []Color{{Series: "DeletionHeld", Color: warning}, {Series: "DeletionBlocked", Color: bad}},
			Alerts:  []string{"ClerkOperatorDeletionsHeld", "ClerkOperatorDeletionsBlocked"},
		},
		{
			Title: "Changes because of deletions per minute", Kind: Stacked, Width: 8, Height: 7,
			Description: "What the operator did to users at Clerk because their ClerkUsers were deleted, by kind. Normal: what people delete.",
			Queries:     []Query{{active(counted("changes_total", deletion, "change"), "changes_total", deletion, "change"), "{{change}}"}},
			Empty:       "No deletion",
		},
	}
}

// actionPanels show ClerkUserActions.
func actionPanels() []Panel {
	oldest := `min(` + state("actions_oldest_unfinished_timestamp_seconds", target) + ` > 0)`
	return []Panel{
		{
			Title: "Unfinished actions", Kind: Stat, Width: 4, Height: 7,
			Description: "Number of ClerkUserActions that are neither complete nor failed. Normal: 0, except for seconds.",
			Queries:     []Query{{`sum(` + state("actions_unfinished", target) + `)`, "unfinished"}},
			Steps:       []Step{{0, good}, {1, notable}},
			Alerts:      []string{"ClerkOperatorActionUnfinished"},
		},
		{
			Title: "Oldest unfinished action", Kind: Stat, Width: 4, Height: 7, Unit: "s",
			Description: "Age of the oldest ClerkUserAction that is neither complete nor failed. Normal: none, or seconds.",
			Queries:     []Query{{`time() - ` + oldest, "age"}},
			Steps:       []Step{{0, good}, {300, notable}, {900, warning}},
			Empty:       "None",
			Alerts:      []string{"ClerkOperatorActionUnfinished"},
		},
		{
			Title: "Finished actions in the time range", Kind: Table, Width: 16, Height: 7,
			Description: "Number of ClerkUserActions that ended, by type and outcome. Normal: CarriedOut. Every other outcome says why the action failed.",
			Queries:     []Query{{inRange("actions_total", target, "action", "outcome"), ""}},
			Columns: []Column{
				{Label: "action", Title: "Action"},
				{Label: "outcome", Title: "Outcome"},
				{Label: "Value", Title: "Number"},
			},
			Empty:  "No action ended in the time range",
			Alerts: []string{"ClerkOperatorActionFailed"},
		},
	}
}
