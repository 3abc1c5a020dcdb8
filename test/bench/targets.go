// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strings"
)

// target is a target value and the measured value.
type target struct {
	what, goal, measured string
	reached              bool
}

// atMost returns a target with an upper limit.
func atMost(what string, measured, limit float64, unit string) target {
	show := func(x float64) string { return fmt.Sprintf("%.6g%s", round(x, 3), unit) }
	return target{what: what, goal: "<= " + show(limit), measured: show(measured), reached: measured <= limit}
}

// targetsOf compares the figures with the targets. Phases that did not run have no row.
func targetsOf(d *document) []target {
	var targets []target
	add := func(name string, rows func(p *phase) []target) {
		if p := d.find(name); p != nil {
			targets = append(targets, rows(p)...)
		}
	}
	for _, name := range []string{
		phasePersonIdle, phasePersonBeside, phasePersonCreate, phaseEditCreate, phasePersonFullSync, phasePersonRestart,
	} {
		add(name, waitTargets)
	}
	add(phaseCreate, func(p *phase) []target { return createTargets(d, p) })
	add(phaseRestart, restartTargets)
	add(phaseQuietHour, quietTargets)
	add(phaseDrift, driftTargets)
	return append(targets, memoryTargets(d)...)
}

// waitTargets are the targets for waiting times. They assume that Clerk answers within 100 ms.
func waitTargets(p *phase) []target {
	times := p.ApplyToReadyMillis
	if times == nil {
		return nil
	}
	return []target{
		atMost(p.Name+": apply to Ready, p50", times.P50, 150, " ms"),
		atMost(p.Name+": apply to Ready, p99", times.P99, 400, " ms"),
	}
}

func createTargets(d *document, p *phase) []target {
	users := float64(d.Users)
	rows := []target{
		{
			what: "create: POST /users per user", goal: "1",
			measured: fmt.Sprintf("%.4g", float64(p.ClerkCalls["POST /users"])/users), reached: p.ClerkCalls["POST /users"] == d.Users,
		},
		// An incremental sync runs once a minute, also during the creation of many users, which takes minutes.
		atMost("create: other calls", float64(total(p.ClerkCalls)-p.ClerkCalls["POST /users"]), 3+p.Seconds/60*6, ""),
		atMost("create: Kubernetes writes per user", float64(userWrites(p.KubeWrites))/users, 3, ""),
		atMost("create: CPU per user", p.CPUMillisPerUser, 5, " ms"),
	}
	if p.BudgetFloorSeconds > 0 && d.Users <= unhurried {
		rows = append(rows, target{
			what: "create: share of the budget used", goal: ">= 95 %",
			measured: fmt.Sprintf("%.1f %%", 100*p.BudgetShare), reached: p.BudgetShare >= 0.95,
		})
	}
	return rows
}

// userWrites leaves out writes to ClerkInstances, whose number depends on time and not on users.
func userWrites(writes map[string]int) int {
	sum := 0
	for name, count := range writes {
		if !strings.Contains(name, "clerkinstances") {
			sum += count
		}
	}
	return sum
}

func restartTargets(p *phase) []target {
	lists := float64((p.Users + 99) / 100)
	limit := 30.0
	if p.Users > unhurried {
		limit *= float64(p.Users) / unhurried
	}
	return []target{
		atMost("restart: calls", float64(total(p.ClerkCalls)), lists+4, ""),
		atMost("restart: Kubernetes writes", float64(total(p.KubeWrites)), 0, ""),
		atMost("restart: seconds until all are checked", p.Seconds, limit, " s"),
	}
}

func quietTargets(p *phase) []target {
	lists := float64((p.Users + 99) / 100)
	return []target{
		atMost("quiet hour: calls", float64(total(p.ClerkCalls)), 60+lists+1, ""),
		atMost("quiet hour: Kubernetes writes", float64(total(p.KubeWrites)), 0, ""),
		atMost("quiet hour: share of a core", 100*p.Quiet.CoreShare, 1, " %"),
	}
}

func driftTargets(p *phase) []target {
	return []target{atMost("drift: missed", float64(p.Drift.Missed), 0, "")}
}

// memoryTargets are for the sizes that have a target.
func memoryTargets(d *document) []target {
	limit, found := map[int]float64{1000: 60, 10000: 150, 50000: 450}[d.Users]
	if !found || len(d.Phases) == 0 {
		return nil
	}
	peak, sockets := 0.0, 0
	for _, p := range d.Phases {
		// The busy phases have twice as many users, and the control is another program.
		if p.Name == phasePersonCreate || p.Name == phaseEditCreate || p.Name == phaseControl {
			continue
		}
		peak, sockets = max(peak, p.PeakRSSMiB), max(sockets, p.Sockets)
	}
	rows := []target{atMost("memory: peak of all phases", peak, limit, " MiB")}
	if held := settled(d); held > 0 {
		rows = append(rows, atMost("memory: at rest, in the quiet hour", held, limit, " MiB"))
	}
	// A transport keeps at most 64 connections to Clerk. The others are to kube-apiserver and of the runtime.
	return append(rows, atMost("sockets: the most of all phases", float64(sockets), 72, ""))
}

// settled returns the operator's memory at rest in MiB; 0 if it was not measured.
func settled(d *document) float64 {
	if p := d.find(phaseQuietHour); p != nil {
		return p.SettledRSSMiB
	}
	return 0
}
