// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package board

import "slices"

// The reasons by which users are told apart. Nothing is wrong with a suspended user, and a contended one is Ready but not as declared.
const (
	inSync    = `,reason=~"InSync|Observed"`
	notInSync = `,reason!~"InSync|Observed|Suspended"`
)

// usersState is the number of ClerkUsers by readiness and reason.
func usersState(matchers string) string {
	return state("users", selected+matchers, "clerk_instance", "ready", "reason")
}

func users() Question {
	return Question{Title: "Who is out of sync?", Name: "users", Panels: slices.Concat(usersNow(), usersOverTime())}
}

// usersOverTime show how many users are in sync, and why others are not.
func usersOverTime() []Panel {
	// A reason that no user had in the time range is left out.
	reasons := `sum by (reason) (` + usersState(notInSync) + `) and on (reason) (sum by (reason) (max_over_time(` +
		`clerk_operator_users{` + selected + notInSync + `}[$__range] @ end())) > 0)`
	return []Panel{
		{
			Title: "ClerkUsers by readiness", Kind: Stacked, Width: 12, Height: 8,
			Description: "Number of ClerkUsers by their condition Ready. Normal: True, and Unknown for suspended users. Others are " +
				"Unknown while they wait for their turn. The next panel has the reasons.",
			Queries: []Query{{`sum by (ready) (` + usersState("") + `)`, "{{ready}}"}},
			Colors:  []Color{{Series: "True", Color: good}, {Series: "False", Color: bad}, {Series: "Unknown", Color: notable}},
			Alerts:  []string{"ClerkOperatorUsersOutOfSync"},
		},
		{
			Title: "Why users are not in sync", Kind: Lines, Width: 12, Height: 8,
			Description: "Number of ClerkUsers that are not as declared, by reason, without suspended ones and those in mode Observe. Normal: none, or a few for seconds. " +
				"The table of errors in the README says what to do for each reason.",
			Queries: []Query{{reasons, "{{reason}}"}},
			Empty:   "All users are in sync",
			Alerts:  []string{"ClerkOperatorUsersOutOfSync", "ClerkOperatorManyUsersOutOfSync"},
		},
		{
			Title: "New reasons per minute", Kind: Lines, Width: 12, Height: 8,
			Description: "How often a ClerkUser turned to a reason, per minute. Normal: InSync while users are added or changed, else near 0. " +
				"A reason that keeps coming back shows users that alternate.",
			Queries: []Query{{active(counted("ready_transitions_total", target, "reason"), "ready_transitions_total", target, "reason"), "{{reason}}"}},
			Empty:   "No user turned to another reason",
		},
		{
			Title: "ClerkUsers by Clerk instance and reason", Kind: Table, Width: 12, Height: 8,
			Description: "Number of ClerkUsers now. The instance `none` has the users without a usable ClerkInstance. Normal: InSync, Observed and Suspended only.",
			Queries:     []Query{{`sum by (clerk_instance, ready, reason) (` + usersState("") + `) > 0`, ""}},
			Columns: []Column{
				{Label: "clerk_instance", Title: "Instance at Clerk"},
				{Label: "ready", Title: "Ready"},
				{Label: "reason", Title: "Reason"},
				{Label: "Value", Title: "Users"},
			},
			Empty: "No ClerkUser",
		},
	}
}

// usersNow are the present numbers.
func usersNow() []Panel {
	return []Panel{
		{
			Title: "Longest out of sync", Kind: Stat, Width: 8, Height: 4, Unit: "s",
			Description: "Time for which the user that has been out of sync longest has not been ready. Suspended users and users whose deletion " +
				"the brake holds do not count. Normal: seconds.",
			Queries: []Query{{
				`max(` + age(state("users_oldest_not_ready_timestamp_seconds", selected, "clerk_instance")) + `)`, "longest",
			}},
			Steps:  []Step{{0, good}, {300, notable}, {1800, bad}},
			Empty:  "None",
			Alerts: []string{"ClerkOperatorUsersOutOfSync"},
		},
		{
			Title: "Suspended users", Kind: Stat, Width: 8, Height: 4,
			Description: "Number of ClerkUsers with `suspend: true`, for which the operator does nothing. Normal: what somebody suspended.",
			Queries:     []Query{{`sum(` + state("users_suspended", selected, "clerk_instance") + `)`, "suspended"}},
			Steps:       []Step{{0, neutral}},
		},
		{
			Title: "ClerkUsers", Kind: Stat, Width: 8, Height: 4,
			Description: "Number of ClerkUsers. Normal: what is declared.",
			Queries:     []Query{{`sum(` + usersState("") + `)`, "users"}},
			Steps:       []Step{{0, neutral}},
		},
	}
}
