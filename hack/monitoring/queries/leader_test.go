// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package queries

import (
	"strings"
	"testing"
	"time"

	"github.com/prometheus/prometheus/promql/parser"

	"github.com/clerk-operator/clerk-operator/hack/monitoring/board"
)

// leaderGauges are the gauges that a standby does not export. After a change of the leader, Prometheus has them twice for a while.
func leaderGauges(t *testing.T) map[string]bool {
	t.Helper()
	gauges := map[string]bool{}
	for _, cells := range rows(read(t, "docs/reference/metrics.md"), "| metric |") {
		if cells[2] == "gauge" && strings.Contains(cells[4], "leader") {
			gauges[names(cells[0])[0]] = true
		}
	}
	if len(gauges) < 20 {
		t.Fatalf("only %d gauges are the leader's", len(gauges))
	}
	return gauges
}

// addsUpLeaders returns the gauge of the leader whose series an expression adds up as they are; "" for none.
func addsUpLeaders(t *testing.T, gauges map[string]bool, text string) (found string) {
	t.Helper()
	expr, err := parser.NewParser(parser.Options{}).ParseExpr(text)
	if err != nil {
		t.Fatal(err)
	}
	parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
		sum, is := node.(*parser.AggregateExpr)
		if !is || sum.Op != parser.SUM && sum.Op != parser.COUNT {
			return nil
		}
		if selector, is := sum.Expr.(*parser.VectorSelector); is && gauges[selector.Name] {
			found = selector.Name
		}
		return nil
	})
	return found
}

// TestLeadersAreNotAddedUp wants max or min over the replicas before a sum.
func TestLeadersAreNotAddedUp(t *testing.T) {
	t.Parallel()
	gauges := leaderGauges(t)
	view := board.View{Scrape: 15 * time.Second, Step: time.Minute, Range: time.Hour, Known: map[string][]string{"job": {"a"}}}
	for _, q := range board.Questions() {
		for _, p := range q.Panels {
			for _, query := range p.Queries {
				if gauge := addsUpLeaders(t, gauges, view.Substitute(query.Expr)); gauge != "" {
					t.Errorf("%s: %s of two leaders counts twice in %s", p.Title, gauge, query.Expr)
				}
			}
		}
	}
	for text, want := range map[string]string{
		"sum(clerk_operator_users)":                                                "clerk_operator_users",
		"1 - sum by (reason) (clerk_operator_users{reason!=\"\"})":                 "clerk_operator_users",
		"sum(max by (reason) (clerk_operator_users)) + sum(clerk_operator_leader)": "",
	} {
		if got := addsUpLeaders(t, gauges, text); got != want {
			t.Errorf("%s adds up %q, want %q", text, got, want)
		}
	}
}
