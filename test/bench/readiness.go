// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// readiness watches all ClerkUsers, and measures how long changes take to become Ready.
type readiness struct {
	client client.WithWatch

	mu      sync.Mutex
	waiting map[client.ObjectKey]wait
}

// wait is a change of one ClerkUser that is waited for.
type wait struct {
	batch *batch
	since time.Time
	// generation is the least generation that must be Ready; 0 waits for the deletion.
	generation int64
}

// batch is a set of changes that are waited for together.
type batch struct {
	mu    sync.Mutex
	open  int
	times []time.Duration
	last  time.Time
	done  chan struct{}
}

// newBatch returns a batch of size changes.
func newBatch(size int) *batch { return &batch{open: size, done: make(chan struct{})} }

// left returns the number of changes that are not Ready yet.
func (b *batch) left() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.open
}

func (b *batch) end(began, ended time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.times = append(b.times, ended.Sub(began))
	b.last = ended
	if b.open--; b.open == 0 {
		close(b.done)
	}
}

// wait waits until every change of the batch is Ready.
func (b *batch) wait(ctx context.Context, limit time.Duration) error {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-b.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return fmt.Errorf("waiting for ClerkUsers: %d have not become as expected within %s", b.left(), limit)
	}
}

// expect adds a change to a batch. It begins now, and ends when the generation is Ready.
func (r *readiness) expect(b *batch, key client.ObjectKey, generation int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waiting[key] = wait{batch: b, since: time.Now(), generation: generation}
}

// watch watches until ctx ends, and then returns its error.
func (r *readiness) watch(ctx context.Context) error {
	list := &v1alpha1.ClerkUserList{}
	if err := r.client.List(ctx, list); err != nil {
		return fmt.Errorf("listing ClerkUsers: %w", err)
	}
	version := list.ResourceVersion
	for ctx.Err() == nil {
		options := &client.ListOptions{Raw: &metav1.ListOptions{ResourceVersion: version, AllowWatchBookmarks: true}}
		events, err := r.client.Watch(ctx, &v1alpha1.ClerkUserList{}, options)
		if err != nil {
			return fmt.Errorf("watching ClerkUsers: %w", err)
		}
		version, err = r.receive(events, version)
		events.Stop()
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

// receive handles events until there are no more, and returns the version from which to continue.
func (r *readiness) receive(events watch.Interface, version string) (string, error) {
	for event := range events.ResultChan() {
		user, ok := event.Object.(*v1alpha1.ClerkUser)
		if !ok {
			return version, errors.New("watching ClerkUsers: the watch cannot be carried on")
		}
		version = user.ResourceVersion
		if event.Type != watch.Bookmark {
			r.note(user, event.Type == watch.Deleted, time.Now())
		}
	}
	return version, nil
}

// note ends the wait for an object if it is as expected.
func (r *readiness) note(user *v1alpha1.ClerkUser, gone bool, now time.Time) {
	key := client.ObjectKeyFromObject(user)
	r.mu.Lock()
	expected, found := r.waiting[key]
	met := found && (expected.generation == 0 && gone || expected.generation > 0 && !gone && readyAt(user, expected.generation))
	if met {
		delete(r.waiting, key)
	}
	r.mu.Unlock()
	if met {
		expected.batch.end(expected.since, now)
	}
}

// readyAt reports whether a ClerkUser is Ready at the generation or a later one.
func readyAt(user *v1alpha1.ClerkUser, generation int64) bool {
	ready := meta.FindStatusCondition(user.Status.Conditions, v1alpha1.ConditionReady)
	return ready != nil && ready.Status == metav1.ConditionTrue && ready.ObservedGeneration >= generation
}
