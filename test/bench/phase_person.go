// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

const (
	// personLimit is how long to wait for one change. After lostPatience such waits in a row the kind is skipped.
	personLimit  = time.Minute
	lostPatience = 2
	// afterRestart is when the changes after a restart begin.
	afterRestart = 4 * time.Second
)

// changes are single changes, one after another, like those of one person.
type changes struct {
	created, edited []time.Duration
	// made are the created users.
	made []*v1alpha1.ClerkUser
	// beside is the number of others that the phase creates.
	beside int
}

// measurePersonIdle makes changes without other users.
func (env *environment) measurePersonIdle(ctx context.Context) error {
	return env.measurePerson(ctx, phasePersonIdle, func(ctx context.Context, p *phase, c *changes) error {
		if err := env.createSingly(ctx, p, c, "idle"); err != nil {
			return err
		}
		return env.editSingly(ctx, p, c, c.made, always)
	})
}

// measurePersonBeside makes changes beside all users at rest.
func (env *environment) measurePersonBeside(ctx context.Context) error {
	return env.measurePerson(ctx, phasePersonBeside, func(ctx context.Context, p *phase, c *changes) error {
		return env.bothSingly(ctx, p, c, "beside")
	})
}

// measurePersonRestart makes changes soon after a restart.
func (env *environment) measurePersonRestart(ctx context.Context) error {
	return env.measurePerson(ctx, phasePersonRestart, func(ctx context.Context, p *phase, c *changes) error {
		if err := env.restartOperator(ctx); err != nil {
			return err
		}
		if err := pause(ctx, afterRestart); err != nil {
			return err
		}
		return env.bothSingly(ctx, p, c, "restart")
	})
}

// always allows every change.
func always() bool { return true }

func (env *environment) bothSingly(ctx context.Context, p *phase, c *changes, prefix string) error {
	if err := env.createSingly(ctx, p, c, prefix); err != nil {
		return err
	}
	return env.editSingly(ctx, p, c, env.people.choose(env.users, env.changes), always)
}

// measurePerson makes single changes as a phase and deletes the users that they created.
func (env *environment) measurePerson(ctx context.Context, name string, run func(context.Context, *phase, *changes) error) error {
	c, err := env.measureChanges(ctx, name, run)
	if err != nil {
		return err
	}
	return env.remove(ctx, c.made)
}

// measureChanges makes single changes as a phase.
func (env *environment) measureChanges(ctx context.Context, name string, run func(context.Context, *phase, *changes) error) (*changes, error) {
	c := &changes{}
	return c, env.measure(ctx, name, 2*env.changes, func(ctx context.Context, p *phase) error {
		if err := run(ctx, p, c); err != nil {
			return err
		}
		p.Users = len(c.created) + len(c.edited) + c.beside
		p.NewUserMillis, p.EditMillis = percentilesOf(c.created), percentilesOf(c.edited)
		p.ApplyToReadyMillis = percentilesOf(slices.Concat(c.created, c.edited))
		return nil
	})
}

// createSingly creates one user after another.
func (env *environment) createSingly(ctx context.Context, p *phase, c *changes, prefix string) error {
	return env.createWhile(ctx, p, c, prefix, always)
}

// createWhile does the same while more returns true.
func (env *environment) createWhile(ctx context.Context, p *phase, c *changes, prefix string, more func() bool) error {
	users := env.people.users(usersNamespace, prefix, env.changes)
	times, err := env.singly(ctx, p, users, more, func(ctx context.Context, b *batch, user *v1alpha1.ClerkUser) error {
		c.made = append(c.made, user)
		env.ready.expect(b, client.ObjectKeyFromObject(user), 1)
		if err := env.client.Create(ctx, user); err != nil {
			return fmt.Errorf("applying ClerkUser %s: %w", user.Name, err)
		}
		return nil
	})
	c.created = append(c.created, times...)
	return err
}

// editSingly bans one user after another, or lifts the ban of a banned one, while more returns true.
func (env *environment) editSingly(ctx context.Context, p *phase, c *changes, users []*v1alpha1.ClerkUser, more func() bool) error {
	times, err := env.singly(ctx, p, users, more, func(ctx context.Context, b *batch, user *v1alpha1.ClerkUser) error {
		env.ready.expect(b, client.ObjectKeyFromObject(user), user.Generation+1)
		before := user.DeepCopy()
		user.Spec.Banned = ptr.To(!ptr.Deref(user.Spec.Banned, false))
		if err := env.client.Patch(ctx, user, client.MergeFrom(before)); err != nil {
			return fmt.Errorf("editing ClerkUser %s: %w", user.Name, err)
		}
		return nil
	})
	c.edited = append(c.edited, times...)
	return err
}

// singly makes one change after another, waits until each is Ready and returns the durations.
func (env *environment) singly(
	ctx context.Context, p *phase, users []*v1alpha1.ClerkUser, more func() bool,
	change func(context.Context, *batch, *v1alpha1.ClerkUser) error,
) ([]time.Duration, error) {
	var times []time.Duration
	late := 0
	for _, user := range users {
		if !more() {
			break
		}
		b := newBatch(1)
		if err := change(ctx, b, user); err != nil {
			return times, err
		}
		if err := b.wait(ctx, personLimit); err != nil && ctx.Err() != nil {
			return times, err
		}
		if b.left() == 0 {
			times, late = append(times, b.times...), 0
			continue
		}
		times = append(times, personLimit)
		if late++; late == lostPatience {
			p.notef("given up after %d changes that were not Ready within %s", lostPatience, personLimit)
			break
		}
	}
	return times, nil
}
