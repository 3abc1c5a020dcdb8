// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

const (
	// appliers is the number of concurrent applies; more do not make kube-apiserver faster.
	appliers = 16
	// unhurried is the largest size that is created at the default budget; a larger one would take more than a quarter of
	// an hour.
	unhurried = 10_000
	// wideBudget is the largest budget of a ClerkInstance, in calls per 10 seconds.
	wideBudget = 10_000
	// spare is how much longer than by the budget a phase may take. sparePerUser is what kube-apiserver may need for each
	// user on a busy machine.
	spare, sparePerUser = 5 * time.Minute, 50 * time.Millisecond
)

// measureCreate creates all users and waits until they are Ready.
func (env *environment) measureCreate(ctx context.Context) error {
	if env.size > unhurried {
		if err := env.setBudget(ctx, wideBudget); err != nil {
			return err
		}
	}
	err := env.measure(ctx, phaseCreate, env.size, func(ctx context.Context, p *phase) error {
		env.users = env.people.users(usersNamespace, "user", env.size)
		began := time.Now()
		created, err := env.apply(ctx, env.users)
		if err != nil {
			return err
		}
		p.notef("applying took %.1f s with %d applies at once", time.Since(began).Seconds(), appliers)
		if err := created.wait(ctx, env.patience(env.size)); err != nil {
			return err
		}
		p.Seconds = round(created.last.Sub(began).Seconds(), 2)
		p.ApplyToReadyMillis = percentilesOf(created.times)
		p.BudgetShare = round(float64(len(env.operatorJournal()))/p.Seconds/(float64(env.budget)/10), 3)
		if env.budget != defaultBudget {
			p.notef("rateLimit.requestsPer10s is %d here, and Clerk's own limit is off: at the default of %d it would take %.0f s",
				env.budget, defaultBudget, floorSeconds(env.size, defaultBudget))
		}
		return nil
	})
	if err == nil && env.budget != defaultBudget {
		return env.setBudget(ctx, defaultBudget)
	}
	return err
}

// patience returns how long a number of calls may take.
func (env *environment) patience(calls int) time.Duration {
	return spare + time.Duration(calls)*sparePerUser + 4*time.Duration(floorSeconds(calls, env.budget))*time.Second
}

// apply creates ClerkUsers as fast as kube-apiserver accepts them, and returns them as a batch.
func (env *environment) apply(ctx context.Context, users []*v1alpha1.ClerkUser) (*batch, error) {
	b := newBatch(len(users))
	err := env.each(ctx, users, func(ctx context.Context, user *v1alpha1.ClerkUser) error {
		env.ready.expect(b, client.ObjectKeyFromObject(user), 1)
		if err := env.client.Create(ctx, user); err != nil {
			return fmt.Errorf("applying ClerkUser %s: %w", user.Name, err)
		}
		return nil
	})
	return b, err
}

// remove deletes ClerkUsers, and with them their users at Clerk, and waits until they are gone.
func (env *environment) remove(ctx context.Context, users []*v1alpha1.ClerkUser) error {
	if len(users) == 0 {
		return nil
	}
	b := newBatch(len(users))
	err := env.each(ctx, users, func(ctx context.Context, user *v1alpha1.ClerkUser) error {
		env.ready.expect(b, client.ObjectKeyFromObject(user), 0)
		if err := env.client.Delete(ctx, user); err != nil {
			return fmt.Errorf("deleting ClerkUser %s: %w", user.Name, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return b.wait(ctx, env.patience(len(users)))
}

// each calls f for all users, several concurrently, and stops at the first error.
func (env *environment) each(ctx context.Context, users []*v1alpha1.ClerkUser, f func(context.Context, *v1alpha1.ClerkUser) error) error {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	next := make(chan *v1alpha1.ClerkUser)
	var workers sync.WaitGroup
	for range appliers {
		workers.Go(func() {
			for user := range next {
				if err := f(ctx, user); err != nil {
					fail(err)
				}
			}
		})
	}
	for _, user := range users {
		select {
		case next <- user:
		case <-ctx.Done():
		}
	}
	close(next)
	workers.Wait()
	return context.Cause(ctx)
}
