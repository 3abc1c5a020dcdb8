// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

const (
	// drifted is the divisor: one of so many users is changed.
	drifted = 100
	// driftLimit is how long to wait for a correction; an incremental sync runs every minute.
	driftLimit = 3 * time.Minute
	// wrongName is the name that somebody sets in the Dashboard.
	wrongName = "Somebody"
)

// driftFigures are the figures of changes at Clerk.
type driftFigures struct {
	Changed int `json:"changed"`
	// Missed counts changes that were not corrected within three minutes.
	Missed int `json:"missed"`
	// HealMillis is the time from the change at Clerk to its correction. An incremental sync runs every minute.
	HealMillis *percentiles `json:"healMillis,omitempty"`
}

// measureDrift changes the names of some users at Clerk and waits for the corrections.
func (env *environment) measureDrift(ctx context.Context) error {
	chosen := env.people.choose(env.users, max(1, env.size/drifted))
	declared := map[string]string{}
	for _, user := range chosen {
		declared[user.Spec.EmailAddresses[0].Address] = *user.Spec.FirstName
	}
	return env.measure(ctx, phaseDrift, len(chosen), func(ctx context.Context, p *phase) error {
		began := time.Now()
		wrong, err := env.changeNames(declared)
		if err != nil {
			return err
		}
		times, err := env.awaitNames(ctx, wrong, began)
		if err != nil {
			return err
		}
		p.Drift = &driftFigures{Changed: len(chosen), Missed: len(chosen) - len(times), HealMillis: percentilesOf(times)}
		if len(times) > 0 {
			p.Seconds = round(slices.Max(times).Seconds(), 2)
		}
		return nil
	})
}

// changeNames changes the first names of the users with these addresses, and returns the declared names by user id.
func (env *environment) changeNames(declared map[string]string) (map[string]string, error) {
	wrong := map[string]string{}
	for _, user := range env.clerk.Users() {
		name, found := declared[user.EmailAddresses[0].EmailAddress]
		if !found {
			continue
		}
		wrong[user.ID] = name
		if _, err := env.clerk.Edit(user.ID, func(u *emulator.User) { *u.FirstName = wrongName }); err != nil {
			return nil, fmt.Errorf("changing a name at Clerk: %w", err)
		}
	}
	return wrong, nil
}

// awaitNames waits until names are as declared and returns how long each took.
func (env *environment) awaitNames(ctx context.Context, wrong map[string]string, began time.Time) ([]time.Duration, error) {
	const tick = 20 * time.Millisecond
	var times []time.Duration
	for len(wrong) > 0 && time.Since(began) < driftLimit {
		for id, name := range wrong {
			user := env.clerk.User(id)
			if user != nil && user.FirstName != nil && *user.FirstName == name {
				times = append(times, time.Since(began))
				delete(wrong, id)
			}
		}
		if err := pause(ctx, tick); err != nil {
			return nil, err
		}
	}
	return times, nil
}
