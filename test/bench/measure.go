// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// aftermath is how long events may still arrive at kube-apiserver after the last change is Ready.
const aftermath = 1500 * time.Millisecond

// measureAll measures every size, each with its own control plane and operator, and writes and prints the figures.
func measureAll(ctx context.Context, o options, out, log io.Writer) error {
	if err := buildOperator(ctx, &o); err != nil {
		return err
	}
	where := describeMachine(ctx, o.root)
	fmt.Fprintln(out, where)
	var documents []*document
	for _, o := range o.runs() {
		d, err := measureSize(ctx, o, o.sizes[0], where, log)
		if err != nil {
			return fmt.Errorf("measuring %d users: %w", o.sizes[0], err)
		}
		documents = append(documents, d)
		fmt.Fprint(out, "\n", tableOf(d))
		if d.ScrapeSeconds > 0 {
			fmt.Fprint(out, "\n", scrapeTable(documents[len(documents)-2], d))
		}
		// After every size, so that a later failure does not lose earlier figures.
		if o.output != "" {
			if err := writeDocuments(o.output, documents); err != nil {
				return err
			}
		}
	}
	documents = slices.DeleteFunc(documents, func(d *document) bool { return d.ScrapeSeconds > 0 })
	if len(documents) > 1 {
		fmt.Fprint(out, "\n", slopeOf(documents))
	}
	return nil
}

// runs returns the options of each run: one for every size or, with -scrape, one without scraping and one with it.
func (o options) runs() []options {
	var runs []options
	for _, size := range o.sizes {
		with, without := o, o
		with.sizes, without.sizes, without.scrape = []int{size}, []int{size}, 0
		runs = append(runs, without)
		if o.scrape > 0 {
			runs = append(runs, with)
		}
	}
	return runs
}

// measureSize runs the chosen phases with one number of users.
func measureSize(ctx context.Context, o options, size int, where machine, log io.Writer) (d *document, err error) {
	ctx, fail := context.WithCancelCause(ctx)
	env := &environment{
		options: o, size: size, log: log, fail: fail, people: newPeople(o.seed), budget: defaultBudget,
		document: &document{
			Users: size, Machine: where, Seed: o.seed, LatencyMillis: milliseconds(o.latency), RequestsPer10s: defaultBudget,
			ScrapeSeconds: o.scrape.Seconds(),
		},
	}
	defer func() {
		// The watch ends first, because kube-apiserver waits for it.
		fail(nil)
		err = errors.Join(err, env.stop(context.WithoutCancel(ctx)))
	}()
	if err := env.start(ctx); err != nil {
		return nil, err
	}
	env.document.Machine.LoadAverage = loadAverage()
	if err := env.runPhases(ctx); err != nil {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		return nil, err
	}
	env.document.LoadAverageAfter = loadAverage()
	return env.document, nil
}

// reading is what the processes have used so far.
type reading struct {
	operator, apiserver, etcd time.Duration
	pid                       int
	writes, own               map[string]int
}

func (env *environment) read(ctx context.Context) (r reading, err error) {
	// Own writes first, because this function makes none.
	r.own = env.own.read()
	if r.writes, err = readWrites(ctx, env.metrics); err != nil {
		return r, err
	}
	r.pid = env.operator.pid
	for pid, into := range map[int]*time.Duration{r.pid: &r.operator, env.servers.apiserver: &r.apiserver, env.servers.etcd: &r.etcd} {
		s, err := readStat(pid)
		if err != nil {
			return r, err
		}
		*into = s.cpu
	}
	return r, nil
}

// measure runs one phase, with the operator at rest before and after it, and adds its figures to the document.
func (env *environment) measure(ctx context.Context, name string, users int, run func(context.Context, *phase) error) error {
	env.sayf("%d users: %s", env.size, name)
	if err := env.rest(ctx); err != nil {
		return err
	}
	p := &phase{Name: name, Users: users}
	env.document.Phases = append(env.document.Phases, p)
	before, err := env.read(ctx)
	if err != nil {
		return err
	}
	if err := resetPeak(env.operator.pid); err != nil {
		p.notef("the peak of memory is that since the operator's start: %v", err)
	}
	env.clerk.ResetJournal()
	env.scraper.take()
	profiled, err := env.startProfile(name)
	if err != nil {
		return err
	}
	watched := env.watchPhase(ctx)
	began := time.Now()
	err = run(ctx, p)
	if p.Seconds == 0 {
		p.Seconds = round(time.Since(began).Seconds(), 2)
	}
	seen := watched()
	if err := errors.Join(err, profiled()); err != nil {
		return fmt.Errorf("phase %s: %w", name, err)
	}
	p.Sockets = seen.sockets
	if seen.standstill > tolerated {
		p.notef("the machine stood still for up to %.1f s: times and CPU say little here", seen.standstill.Seconds())
	}
	p.count(env.operatorJournal(), env.budget)
	p.Scrapes = env.scraper.take()
	if err := pause(ctx, aftermath); err != nil {
		return err
	}
	after, err := env.read(ctx)
	if err != nil {
		return err
	}
	env.sayf("%d users: %s took %.1f s", env.size, name, p.Seconds)
	return p.compare(before, after)
}

// operatorJournal returns the operator's requests to Clerk in this phase.
func (env *environment) operatorJournal() emulator.Entries {
	key := env.clerk.KeyIDs()[0]
	var entries emulator.Entries
	for _, e := range env.clerk.Journal() {
		if e.KeyID == key {
			entries = append(entries, e)
		}
	}
	return entries
}

// count adds the calls to Clerk.
func (p *phase) count(journal emulator.Entries, budget int) {
	p.ClerkCalls = callsOf(journal)
	p.Lists = listsOf(journal)
	p.Refusals = refusalsIn(journal)
	p.BudgetFloorSeconds = floorSeconds(len(journal), budget)
}

// compare adds what the processes have used between two readings.
func (p *phase) compare(before, after reading) error {
	writes := since(before.writes, after.writes)
	for name, count := range since(before.own, after.own) {
		if writes[name] -= count; writes[name] == 0 {
			delete(writes, name)
		}
	}
	p.KubeWrites = writes
	if after.pid != before.pid {
		before.operator = 0
	}
	p.CPUMillis = milliseconds(after.operator - before.operator)
	users := float64(max(p.Users, 1))
	p.CPUMillisPerUser = round(p.CPUMillis/users, 3)
	p.APIServerCPUMillisPerUser = round(milliseconds(after.apiserver-before.apiserver)/users, 3)
	p.EtcdCPUMillisPerUser = round(milliseconds(after.etcd-before.etcd)/users, 3)
	held, err := readMemory(after.pid)
	p.PeakRSSMiB, p.SettledRSSMiB, p.AnonymousMiB = mebibytes(held.peak), mebibytes(held.resident), mebibytes(held.anonymous)
	return err
}

func mebibytes(bytes int64) float64 { return round(float64(bytes)/(1<<20), 1) }
