// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"strings"
	"text/tabwriter"
)

// nothing is the table cell for a missing figure.
const nothing = "-"

// tableOf prints a document: its phases, and then the targets.
func tableOf(d *document) string {
	var text bytes.Buffer
	fmt.Fprintf(&text, "%d users, Clerk answers in %.0f ms, %d requests per 10 s, seed %d; load %s before and %s after\n\n",
		d.Users, d.LatencyMillis, d.RequestsPer10s, d.Seed, d.Machine.LoadAverage, d.LoadAverageAfter)
	table := tabwriter.NewWriter(&text, 0, 8, 2, ' ', 0)
	fmt.Fprintln(table, "phase\tcalls\t429\twrites\tseconds\tfloor\tCPU ms/user\tapiserver\tetcd\tpeak MiB\tsettled\tof it data\tsockets\tp50 ms\tp99 ms")
	for _, p := range d.Phases {
		p50, p99 := nothing, nothing
		if times := p.ApplyToReadyMillis; times != nil {
			p50, p99 = fmt.Sprintf("%.0f", times.P50), fmt.Sprintf("%.0f", times.P99)
		}
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%.1f\t%.0f\t%.2f\t%.2f\t%.2f\t%.1f\t%.1f\t%.1f\t%d\t%s\t%s\n",
			p.Name, total(p.ClerkCalls), p.Refusals, total(p.KubeWrites), p.Seconds, p.BudgetFloorSeconds, p.CPUMillisPerUser,
			p.APIServerCPUMillisPerUser, p.EtcdCPUMillisPerUser, p.PeakRSSMiB, p.SettledRSSMiB, p.AnonymousMiB, p.Sockets, p50, p99)
	}
	// Writing to a buffer does not fail.
	_ = table.Flush()
	fmt.Fprintln(&text)
	for _, p := range d.Phases {
		describePhase(&text, p)
	}
	fmt.Fprint(&text, "\n", targetTable(targetsOf(d)))
	return text.String()
}

// describePhase prints the figures of a phase that the table does not have.
func describePhase(text *bytes.Buffer, p *phase) {
	fmt.Fprintf(text, "%s: calls %s; writes %s\n", p.Name, listing(p.ClerkCalls), listing(p.KubeWrites))
	if p.NewUserMillis != nil || p.EditMillis != nil {
		fmt.Fprintf(text, "  new users %s; edits %s\n", p.NewUserMillis, p.EditMillis)
	}
	if q := p.Quiet; q != nil {
		fmt.Fprintf(text, "  %d incremental syncs, %d calls of full syncs, %d counts; %.2f CPU ms per incremental sync, %.1f per full sync: %.3f %% of a core in an hour\n",
			q.IncrementalSyncs, q.FullSyncCalls, q.Counts, q.CPUMillisPerIncrementalSync, q.CPUMillisPerFullSync, 100*q.CoreShare)
	}
	if f := p.Drift; f != nil {
		fmt.Fprintf(text, "  %d changed at Clerk, %d missed; put right after %s\n", f.Changed, f.Missed, f.HealMillis)
	}
	if c := p.Control; c != nil {
		fmt.Fprintf(text, "  %.0f calls and %.1f s per round; in an hour %.0f calls and %.3f %% of a core\n",
			c.CallsPerRound, c.RoundSeconds, c.CallsPerHour, 100*c.CoreShare)
	}
	if s := p.Scrapes; s != nil && s.Count > 0 {
		fmt.Fprintf(text, "  %d scrapes (%d failed) of %d series, %.1f KiB (%.1f KiB sent): %s\n",
			s.Count, s.Failed, s.Series, float64(s.Bytes)/1024, float64(s.SentBytes)/1024, s.Millis)
	}
	for _, note := range p.Notes {
		fmt.Fprintf(text, "  %s\n", note)
	}
}

// scrapeTable compares the same phases without and with scraping.
func scrapeTable(without, with *document) string {
	var text bytes.Buffer
	fmt.Fprintf(&text, "%d users, without scraping and with a scrape every %g s\n\n", with.Users, with.ScrapeSeconds)
	table := tabwriter.NewWriter(&text, 0, 8, 2, ' ', 0)
	fmt.Fprintln(table, "phase\tseconds\twith\tCPU ms\twith\tpeak MiB\twith\tsettled MiB\twith\tscrapes")
	for _, p := range with.Phases {
		before := without.find(p.Name)
		if before == nil {
			continue
		}
		scrapes := 0
		if p.Scrapes != nil {
			scrapes = p.Scrapes.Count
		}
		fmt.Fprintf(table, "%s\t%.1f\t%.1f\t%.0f\t%.0f\t%.1f\t%.1f\t%.1f\t%.1f\t%d\n", p.Name, before.Seconds, p.Seconds, before.CPUMillis, p.CPUMillis,
			before.PeakRSSMiB, p.PeakRSSMiB, before.SettledRSSMiB, p.SettledRSSMiB, scrapes)
	}
	// Writing to a buffer does not fail.
	_ = table.Flush()
	if p := with.find(phaseScrape); p != nil {
		fmt.Fprintf(&text, "\none scrape: %.2f CPU ms, which is %.3f %% of a core with a scrape every %g s\n",
			p.CPUMillisPerUser, p.CPUMillisPerUser/(10*with.ScrapeSeconds), with.ScrapeSeconds)
	}
	return text.String()
}

// String prints the percentiles for a table.
func (p *percentiles) String() string {
	if p == nil {
		return nothing
	}
	return fmt.Sprintf("p50 %.0f ms, p99 %.0f ms, at most %.0f ms (%d)", p.P50, p.P99, p.Max, p.Samples)
}

// listing prints counts in one line.
func listing(counts map[string]int) string {
	if len(counts) == 0 {
		return "none"
	}
	var parts []string
	for _, name := range sortedNames(counts) {
		parts = append(parts, fmt.Sprintf("%d %s", counts[name], name))
	}
	return strings.Join(parts, ", ")
}

func targetTable(targets []target) string {
	var text bytes.Buffer
	table := tabwriter.NewWriter(&text, 0, 8, 2, ' ', 0)
	fmt.Fprintln(table, "what\ttarget\tmeasured\t")
	for _, t := range targets {
		verdict := "not"
		if t.reached {
			verdict = "reached"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", t.what, t.goal, t.measured, verdict)
	}
	_ = table.Flush()
	return text.String()
}

// slopeOf prints how memory at rest grows with users, from each size to the next. It leaves out the operator's code,
// because the machine decides how much of that is in memory.
func slopeOf(documents []*document) string {
	const goal = 6.0
	var targets []target
	for i := 1; i < len(documents); i++ {
		fewer, more := documents[i-1], documents[i]
		a, b := fewer.find(phaseQuietHour), more.find(phaseQuietHour)
		if a == nil || b == nil || more.Users == fewer.Users {
			continue
		}
		slope := (b.AnonymousMiB - a.AnonymousMiB) * 1024 / float64(more.Users-fewer.Users)
		targets = append(targets, target{
			what: fmt.Sprintf("memory per user from %d to %d users", fewer.Users, more.Users),
			goal: fmt.Sprintf("<= %.0f KiB", goal), measured: fmt.Sprintf("%.1f KiB", slope), reached: slope <= goal,
		})
	}
	return targetTable(targets)
}
