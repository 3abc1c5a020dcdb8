// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// leastReads is the minimum number of reads of the control, so that its CPU time has hundredths of a second as unit.
const leastReads = 1000

// controlFigures are the figures of a program that reads every user by id on a timer, as operators usually do.
type controlFigures struct {
	// Rounds is how often every user was read; the other figures are per round.
	Rounds        int     `json:"rounds"`
	CallsPerRound float64 `json:"callsPerRound"`
	RoundSeconds  float64 `json:"roundSeconds"`
	// CallsPerHour is the number of calls in an hour with a round every minute, or with consecutive rounds if a round
	// takes longer at the operator's budget.
	CallsPerHour float64 `json:"callsPerHour"`
	// CoreShare is the share of one core for that.
	CoreShare float64 `json:"coreShare"`
}

// measureControl reads every user by id, as often as the figures need, in a separate program with the operator's client
// and budget. The operator has ended before.
func (env *environment) measureControl(ctx context.Context) error {
	env.sayf("%d users: %s", env.size, phaseControl)
	if err := env.killOperator(); err != nil {
		return err
	}
	env.clerk.ResetJournal()
	task := controlTask{
		APIURL: env.listener.URL(), Key: controlKey, IDs: env.ids(),
		RequestsPer10s: defaultBudget, Rounds: max(1, leastReads/env.size),
	}
	report, err := env.runControl(ctx, task)
	if err != nil {
		return fmt.Errorf("phase %s: %w", phaseControl, err)
	}
	env.document.Phases = append(env.document.Phases, env.controlPhase(task, report))
	return nil
}

// controlPhase converts the report of the control into a phase.
func (env *environment) controlPhase(task controlTask, report controlReport) *phase {
	reads := task.Rounds * len(task.IDs)
	p := &phase{
		Name: phaseControl, Users: len(task.IDs), KubeWrites: map[string]int{},
		Seconds: round(report.Seconds, 2), CPUMillis: round(report.CPUMillis, 2),
		CPUMillisPerUser: round(report.CPUMillis/float64(reads), 3),
		PeakRSSMiB:       report.PeakRSSMiB, SettledRSSMiB: report.RSSMiB, AnonymousMiB: report.DataMiB, Sockets: report.Sockets,
	}
	var journal emulator.Entries
	for _, e := range env.clerk.Journal() {
		if e.KeyID == env.clerk.KeyIDs()[1] {
			journal = append(journal, e)
		}
	}
	p.count(journal, defaultBudget)
	perRound := report.Seconds / float64(task.Rounds)
	// After a round that takes longer than the interval, the next begins at once.
	rounds := hour / max(perRound, time.Minute.Seconds())
	p.Control = &controlFigures{
		Rounds:        task.Rounds,
		CallsPerRound: round(float64(len(journal))/float64(task.Rounds), 2),
		RoundSeconds:  round(perRound, 2),
		CallsPerHour:  round(rounds*float64(len(journal))/float64(task.Rounds), 0),
		CoreShare:     round(rounds*report.CPUMillis/float64(task.Rounds)/1000/hour, 6),
	}
	p.notef("another program reads every user by id with the operator's client and budget; the operator does not run; figures per user are per read")
	return p
}

// ids returns the ids of the users that the phase create made.
func (env *environment) ids() []string {
	var ids []string
	for _, user := range env.clerk.Users() {
		if strings.HasPrefix(user.EmailAddresses[0].EmailAddress, "user-") {
			ids = append(ids, user.ID)
		}
	}
	return ids
}

// runControl runs the control until it ends.
func (env *environment) runControl(ctx context.Context, task controlTask) (report controlReport, err error) {
	self, err := os.Executable()
	if err != nil {
		return report, fmt.Errorf("finding this program: %w", err)
	}
	text, err := json.Marshal(task)
	if err != nil {
		return report, err
	}
	file := filepath.Join(filepath.Dir(env.logPath()), "control.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return report, fmt.Errorf("writing the control's task: %w", err)
	}
	var out bytes.Buffer
	process, err := env.plane.Run(&out, self, controlArgument, file)
	if err != nil {
		return report, err
	}
	select {
	case <-process.Done():
	case <-ctx.Done():
		return report, context.Cause(ctx)
	}
	if err := process.Err(); err != nil {
		return report, errors.Join(fmt.Errorf("running the control: %w", err), errors.New(out.String()))
	}
	if err := json.Unmarshal(out.Bytes(), &report); err != nil {
		return report, fmt.Errorf("reading the control's report: %w", err)
	}
	return report, nil
}
