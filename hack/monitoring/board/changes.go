// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package board

func changes() Question {
	return Question{Title: "What did it change at Clerk, and why?", Name: "changes", Panels: []Panel{
		{
			Title: "Changes per minute, by kind", Kind: Stacked, Width: 12, Height: 8,
			Description: "Changes of users at Clerk that succeeded, by kind. Normal: 0, except when somebody changes ClerkUsers, or users at Clerk.",
			Queries:     []Query{{active(counted("changes_total", selected, "change"), "changes_total", selected, "change"), "{{change}}"}},
			Empty:       "No change",
		},
		{
			Title: "Changes per minute, by cause", Kind: Stacked, Width: 12, Height: 8,
			Description: "The same changes by cause: spec if the ClerkUser changed, drift if the user changed at Clerk, deletion if the ClerkUser " +
				"was deleted. Normal: no steady drift.",
			Queries: []Query{{counted("changes_total", selected, "cause"), "{{cause}}"}},
			Colors: []Color{
				{Series: "spec", Color: neutral}, {Series: "drift", Color: warning}, {Series: "deletion", Color: other},
			},
			Alerts: []string{"ClerkOperatorDriftContended"},
		},
		{
			Title: "Changes in the time range", Kind: Table, Width: 24, Height: 8,
			Description: "About how many changes were made in the time range that the dashboard shows, by Clerk instance, kind and cause. " +
				"Normal: what people changed. The audit lines of the log name the users.",
			Queries: []Query{{inRange("changes_total", selected, "clerk_instance", "change", "cause"), ""}},
			Columns: []Column{
				{Label: "clerk_instance", Title: "Instance at Clerk"},
				{Label: "change", Title: "Change"},
				{Label: "cause", Title: "Cause"},
				{Label: "Value", Title: "Number"},
			},
			Empty: "No change in the time range",
		},
	}}
}
