// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package board

import "slices"

// perInstallation are the labels of a Clerk instance as one installation of the operator sees it. Two installations that share an
// instance have a budget each.
const perInstallation = "cluster, namespace, job, clerk_instance"

// budgetShare is the part of the budget that is used, by Clerk instance.
func budgetShare() string {
	return perSecond("clerk_requests_total", selected, perInstallation) + ` / ` + limiter("requests_per_second", "max")
}

// limiter is a gauge of the rate limiter. Only the limiter of the leader is in use: a standby's is full.
func limiter(metric, aggregation string) string {
	return aggregation + ` by (` + perInstallation + `) (clerk_operator_rate_limiter_` + metric + `{` + selected + `})`
}

func budget() Question {
	return Question{Title: "How much of the request budget is used?", Name: "budget", Panels: slices.Concat(limiterPanels(), requestPanels())}
}

// limiterPanels show what the rate limiter allows.
func limiterPanels() []Panel {
	return []Panel{
		requestsByCode(),
		{
			Title: "Share of the budget that is used", Kind: Lines, Width: 12, Height: 8, Unit: "percentunit",
			Description: "Requests per second divided by the budget, by Clerk instance. Normal: below 20 %, with peaks after a start, during a full " +
				"sync and while many users change. At 100 %, changes wait for each other.",
			Queries: []Query{{budgetShare(), "{{clerk_instance}}"}},
			Steps:   []Step{{0, good}, {0.8, warning}, {0.95, bad}},
			Alerts:  []string{"ClerkOperatorBudgetExhausted"},
		},
		{
			Title: "Tokens left", Kind: Lines, Width: 8, Height: 7, Unit: "percentunit",
			Description: "Requests that the rate limiter would allow at once, as a share of the most that it ever allows. Normal: near 100 %. " +
				"At 0 %, requests wait.",
			Queries: []Query{{limiter("tokens", "min") + ` / ` + limiter("tokens_max", "max"), "{{clerk_instance}}"}},
			Alerts:  []string{"ClerkOperatorBudgetExhausted"},
		},
		{
			Title: "Waiting requests, by priority", Kind: Stacked, Width: 8, Height: 7,
			Description: "Requests that wait for a token, by priority level. Normal: 0, with peaks while many users change.",
			Queries:     []Query{{`sum by (level) (` + state("rate_limiter_waiting_requests", selected, "clerk_instance", "level") + `)`, "{{level}}"}},
			Alerts:      []string{"ClerkOperatorBudgetExhausted"},
		},
		{
			Title: "Paused by Clerk", Kind: Timeline, Width: 8, Height: 7,
			Description: "Whether the operator sends nothing because Clerk answered 429. Normal: never. Something else uses the same limit, or the " +
				"budget is larger than what Clerk allows.",
			Queries: []Query{{limiter("paused", "max"), "{{clerk_instance}}"}},
			States:  map[string]State{"0": {"Open", good}, "1": {"Paused", bad}},
			Alerts:  []string{"ClerkOperatorThrottledByClerk"},
		},
	}
}

// requestPanels show what is sent, and what comes back.
func requestPanels() []Panel {
	failed := selected + `,code!="2xx"`
	return []Panel{
		{
			Title: "Requests per second, by operation", Kind: Stacked, Width: 12, Height: 8, Unit: "reqps",
			Description: "Calls of Clerk's API by what they do. Normal: list_last_updated_users for incremental syncs, and little else.",
			Queries:     []Query{{active(perSecond("clerk_requests_total", selected, "operation"), "clerk_requests_total", selected, "operation"), "{{operation}}"}},
			Empty:       "No request",
		},
		{
			Title: "Duration of requests", Kind: Lines, Width: 12, Height: 8, Unit: "s",
			Description: "How long Clerk takes to answer, of all Clerk instances: half of the requests, and 95 and 99 of 100, are faster. " +
				"Normal: below one second.",
			Queries: []Query{{quantile("0.5"), "50 %"}, {quantile("0.95"), "95 %"}, {quantile("0.99"), "99 %"}},
			Empty:   "No request",
		},
		{
			Title: "Pauses per minute, by scope", Kind: Lines, Width: 12, Height: 7,
			Description: "How often an answer 429 began a pause: of all requests for a Clerk instance, or of those for one user. Normal: 0.",
			Queries: []Query{{
				active(counted("rate_limiter_pauses_total", selected, "clerk_instance", "scope"),
					"rate_limiter_pauses_total", selected, "clerk_instance", "scope"),
				"{{clerk_instance}} {{scope}}",
			}},
			Empty:  "No answer 429",
			Alerts: []string{"ClerkOperatorThrottledByClerk"},
		},
		{
			Title: "Requests that failed per minute", Kind: Lines, Width: 12, Height: 7,
			Description: "Answers other than success, and requests without an answer, by operation. 404 is normal where the operator asks whether a user " +
				"is gone. Normal: near 0.",
			Queries: []Query{{
				active(counted("clerk_requests_total", failed, "operation", "code"), "clerk_requests_total", failed, "operation", "code"),
				"{{operation}} {{code}}",
			}},
			Empty:  "No request failed",
			Alerts: []string{"ClerkOperatorKeyRejected", "ClerkOperatorThrottledByClerk"},
		},
	}
}

func requestsByCode() Panel {
	return Panel{
		Title: "Requests to Clerk per second, by answer", Kind: Stacked, Width: 12, Height: 8, Unit: "reqps",
		Description: "Requests that the operator sends, by the answer: 2xx is success, 429 means that Clerk's limit is used up, no_answer that " +
			"none arrived. The dashed line is the budget. Normal: 2xx, far below the line.",
		Queries: []Query{
			{perSecond("clerk_requests_total", selected, "code"), "{{code}}"},
			{`sum(` + limiter("requests_per_second", "max") + `)`, "budget"},
		},
		Colors: []Color{
			{Series: "2xx", Color: good},
			{Series: "429", Color: bad},
			{Series: "401|403", Color: warning},
			{Series: "404|409|422|4xx", Color: notable},
			{Series: "5xx", Color: other},
			{Series: "no_answer", Color: neutral},
			{Series: "budget", Color: "text", Dashed: true},
		},
		Alerts: []string{"ClerkOperatorBudgetExhausted", "ClerkOperatorThrottledByClerk"},
	}
}

// quantile is the duration of requests within which a part of them is answered; nothing if none was sent.
func quantile(part string) string {
	buckets := perSecond("clerk_request_duration_seconds_bucket", target, "le")
	return `histogram_quantile(` + part + `, ` + buckets + `) >= 0`
}
