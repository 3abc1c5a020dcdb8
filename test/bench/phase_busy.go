// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

const (
	// leastLoad is the minimum number of users created beside single changes, so that their creation takes longer than the
	// changes.
	leastLoad = 1000
	// shortestFull is the shortest interval between full syncs that a ClerkInstance allows.
	shortestFull = time.Minute
	// fullPatience is how long to wait for the next full sync.
	fullPatience = shortestFull + 20*time.Second
	// fullPause is the time without a list after which a full sync counts as ended.
	fullPause = time.Second
)

// measurePersonCreate makes changes while others are created in another namespace.
func (env *environment) measurePersonCreate(ctx context.Context) error {
	return env.measureBusy(ctx, phasePersonCreate, loadNamespace, func(ctx context.Context, p *phase, c *changes) error {
		return env.bothSingly(ctx, p, c, "busy")
	})
}

// measureEditCreate makes edits while others are created in the same namespace.
func (env *environment) measureEditCreate(ctx context.Context) error {
	return env.measureBusy(ctx, phaseEditCreate, usersNamespace, func(ctx context.Context, p *phase, c *changes) error {
		return env.editSingly(ctx, p, c, env.people.choose(env.users, env.changes), always)
	})
}

// measureBusy makes single changes while other users are created in a namespace: as many as there are, with a minimum.
// The changes begin when kube-apiserver has all the others, and the others stay.
func (env *environment) measureBusy(ctx context.Context, name, namespace string, run func(context.Context, *phase, *changes) error) error {
	load := env.people.users(namespace, strings.ToLower(name), max(env.size, leastLoad))
	var others *batch
	c, err := env.measureChanges(ctx, name, func(ctx context.Context, p *phase, c *changes) (err error) {
		if others, err = env.apply(ctx, load); err != nil {
			return err
		}
		c.beside = len(load)
		if err := run(ctx, p, c); err != nil {
			return err
		}
		p.notef("%d of the %d users created beside were not Ready yet when the last change was", others.left(), len(load))
		return nil
	})
	if err != nil {
		return err
	}
	// The rest is created quickly, because it is not measured.
	if err := env.setBudget(ctx, wideBudget); err != nil {
		return err
	}
	if err := others.wait(ctx, env.patience(len(load))); err != nil {
		return err
	}
	if err := env.remove(ctx, c.made); err != nil {
		return err
	}
	return env.setBudget(ctx, defaultBudget)
}

// measurePersonFullSync makes changes during full syncs, creations in one full sync and edits in the next.
func (env *environment) measurePersonFullSync(ctx context.Context) error {
	err := env.editInstance(ctx, func(s *v1alpha1.ClerkInstanceSpec) {
		s.Drift = &v1alpha1.DriftCheck{FullInterval: &metav1.Duration{Duration: shortestFull}}
	})
	if err != nil {
		return err
	}
	err = env.measurePerson(ctx, phasePersonFullSync, func(ctx context.Context, p *phase, c *changes) error {
		p.notef("drift.fullInterval is %s here; changes are made while lists of users by id are not further apart than %s", shortestFull, fullPause)
		if begun, err := env.awaitFull(ctx); err != nil || !begun {
			p.notef("no full sync was seen")
			return err
		}
		if err := env.createWhile(ctx, p, c, "compare", env.inFullSync); err != nil {
			return err
		}
		if begun, err := env.awaitFull(ctx); err != nil || !begun {
			return err
		}
		return env.editSingly(ctx, p, c, env.people.choose(env.users, env.changes), env.inFullSync)
	})
	if err != nil {
		return err
	}
	return env.editInstance(ctx, func(s *v1alpha1.ClerkInstanceSpec) { s.Drift = nil })
}

// awaitFull waits until a full sync begins; it returns false if none begins.
func (env *environment) awaitFull(ctx context.Context) (bool, error) {
	const tick = 20 * time.Millisecond
	// A full sync under way ends first.
	for env.inFullSync() {
		if err := pause(ctx, tick); err != nil {
			return false, err
		}
	}
	for began := time.Now(); time.Since(began) < fullPatience; {
		if env.inFullSync() {
			return true, nil
		}
		if err := pause(ctx, tick); err != nil {
			return false, err
		}
	}
	return false, nil
}

// inFullSync reports whether the operator makes a full sync.
func (env *environment) inFullSync() bool {
	last := env.lastFullSync()
	return !last.IsZero() && time.Since(last) < fullPause+env.latency
}

// lastFullSync returns the time of the last list of a full sync; zero if there is none.
func (env *environment) lastFullSync() time.Time {
	var last time.Time
	for _, e := range env.operatorJournal() {
		if kind := listKind(e); kind == listByID || kind == listWalk {
			last = e.Time
		}
	}
	return last
}
