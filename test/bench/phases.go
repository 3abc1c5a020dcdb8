// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"slices"

	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// The phases, in the order of execution.
const (
	// phasePersonIdle: single changes without other users in the instance.
	phasePersonIdle = "personIdle"
	// phaseCreate: all users, applied as fast as kube-apiserver accepts them.
	phaseCreate = "create"
	// phasePersonBeside: single changes beside all users at rest.
	phasePersonBeside = "personBeside"
	// phasePersonFullSync: single changes during full syncs.
	phasePersonFullSync = "personDuringFullSync"
	// phaseRestart: the operator is killed and started, until it has read every user.
	phaseRestart = "restart"
	// phasePersonRestart: single changes 4 s after a restart.
	phasePersonRestart = "personAfterRestart"
	// phaseQuietHour: nothing happens, for an hour that runs 60 times as fast.
	phaseQuietHour = "quietHour"
	// phaseScrape: the metrics are scraped again and again; with -scrape only.
	phaseScrape = "scrape"
	// phaseDrift: one user in a hundred is changed at Clerk.
	phaseDrift = "drift"
	// phasePersonCreate: single changes while as many users are created in another namespace.
	phasePersonCreate = "personDuringCreate"
	// phaseEditCreate: single edits while as many users are created in the same namespace.
	phaseEditCreate = "editDuringCreate"
	// phaseControl: another program reads every user by id.
	phaseControl = "control"

	phaseNames = phasePersonIdle + " " + phaseCreate + " " + phasePersonBeside + " " + phasePersonFullSync + " " +
		phaseRestart + " " + phasePersonRestart + " " + phaseQuietHour + " " + phaseScrape + " " + phaseDrift + " " +
		phasePersonCreate + " " + phaseEditCreate + " " + phaseControl
)

// runPhases runs the chosen phases.
func (env *environment) runPhases(ctx context.Context) error {
	steps := []struct {
		name string
		run  func(context.Context) error
	}{
		{phasePersonIdle, env.measurePersonIdle},
		{phaseCreate, env.measureCreate},
		{phasePersonBeside, env.measurePersonBeside},
		{phasePersonFullSync, env.measurePersonFullSync},
		{phaseRestart, env.measureRestart},
		{phasePersonRestart, env.measurePersonRestart},
		{phaseQuietHour, env.measureQuietHour},
		{phaseScrape, env.measureScrape},
		{phaseDrift, env.measureDrift},
		{phasePersonCreate, env.measurePersonCreate},
		{phaseEditCreate, env.measureEditCreate},
		{phaseControl, env.measureControl},
	}
	for _, step := range steps {
		if !slices.Contains(env.phases, step.name) {
			continue
		}
		if err := step.run(ctx); err != nil {
			return err
		}
	}
	return nil
}

// setBudget changes the operator's API budget in calls per 10 seconds. For a budget above Clerk's limit, Clerk's limit
// is turned off.
func (env *environment) setBudget(ctx context.Context, budget int) error {
	env.budget = budget
	env.clerk.Configure(func(s *emulator.Settings) {
		s.InstanceRateLimit = 0
		if budget != defaultBudget {
			s.InstanceRateLimit = -1
		}
	})
	instance, err := env.instance(ctx)
	if err != nil {
		return err
	}
	before := instance.DeepCopy()
	instance.Spec.RateLimit = nil
	if budget != defaultBudget {
		instance.Spec.RateLimit = &v1alpha1.RateLimit{RequestsPer10s: ptr.To(int32(budget))}
	}
	if err := env.client.Patch(ctx, instance, client.MergeFrom(before)); err != nil {
		return fmt.Errorf("changing the budget to %d: %w", budget, err)
	}
	return nil
}
