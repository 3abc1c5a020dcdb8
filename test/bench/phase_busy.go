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
	// leastLoad is how many users are created beside single changes at least: fewer are done before the changes are.
	leastLoad = 1000
	// shortestFull is the shortest interval between full compares that a ClerkInstance can ask for.
	shortestFull = time.Minute
	// fullPatience is how long the next full compare is waited for.
	fullPatience = shortestFull + 20*time.Second
	// fullPause is how long no list shows that a full compare is over.
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

// measureBusy runs single changes while as many users as there are, and not too few, are created in a namespace. The changes
// begin when kube-apiserver has taken all the others, and the others stay.
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
	// What is left is created quickly, since it is not measured.
	if err := env.spend(ctx, wideBudget); err != nil {
		return err
	}
	if err := others.wait(ctx, env.patience(len(load))); err != nil {
		return err
	}
	if err := env.remove(ctx, c.made); err != nil {
		return err
	}
	return env.spend(ctx, defaultBudget)
}

// measurePersonFullCompare makes changes while all users are compared, new ones in one full compare and edits in the next.
func (env *environment) measurePersonFullCompare(ctx context.Context) error {
	err := env.editInstance(ctx, func(s *v1alpha1.ClerkInstanceSpec) {
		s.Drift = &v1alpha1.DriftCheck{FullInterval: &metav1.Duration{Duration: shortestFull}}
	})
	if err != nil {
		return err
	}
	err = env.measurePerson(ctx, phasePersonFullCompare, func(ctx context.Context, p *phase, c *changes) error {
		p.notef("drift.fullInterval is %s here; changes are made while lists of users by id are not further apart than %s", shortestFull, fullPause)
		if begun, err := env.awaitFull(ctx); err != nil || !begun {
			p.notef("no full compare was seen")
			return err
		}
		if err := env.createWhile(ctx, p, c, "compare", env.comparing); err != nil {
			return err
		}
		if begun, err := env.awaitFull(ctx); err != nil || !begun {
			return err
		}
		return env.editSingly(ctx, p, c, env.people.choose(env.users, env.changes), env.comparing)
	})
	if err != nil {
		return err
	}
	return env.editInstance(ctx, func(s *v1alpha1.ClerkInstanceSpec) { s.Drift = nil })
}

// awaitFull waits until a full compare begins; it reports false if none does.
func (env *environment) awaitFull(ctx context.Context) (bool, error) {
	const tick = 20 * time.Millisecond
	// The one that may be under way is left to end.
	for env.comparing() {
		if err := pause(ctx, tick); err != nil {
			return false, err
		}
	}
	for began := time.Now(); time.Since(began) < fullPatience; {
		if env.comparing() {
			return true, nil
		}
		if err := pause(ctx, tick); err != nil {
			return false, err
		}
	}
	return false, nil
}

// comparing reports whether the operator is comparing all users.
func (env *environment) comparing() bool {
	last := env.lastCompare()
	return !last.IsZero() && time.Since(last) < fullPause+env.latency
}

// lastCompare returns when the last list of a full compare was asked for; zero for none.
func (env *environment) lastCompare() time.Time {
	var last time.Time
	for _, e := range env.operatorJournal() {
		if kind := listKind(e); kind == listByID || kind == listWalk {
			last = e.Time
		}
	}
	return last
}
