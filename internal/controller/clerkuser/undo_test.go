// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// deletable is a user at Clerk who is read and deleted by answers that a test prepares, one for each call; the last one repeats.
type deletable struct {
	connection.Reader
	connection.Deleter
	user           *clerk.User
	reads, deletes []error
	deleted        int
}

func (d *deletable) User(context.Context, string) (*clerk.User, error) { return d.user, next(&d.reads) }

func (d *deletable) DeleteUser(context.Context, string) error {
	d.deleted++
	return next(&d.deletes)
}

func next(answers *[]error) error {
	if len(*answers) == 0 {
		return nil
	}
	first := (*answers)[0]
	if len(*answers) > 1 {
		*answers = (*answers)[1:]
	}
	return first
}

// A user that was created for an object that is gone is deleted again, and named where that does not succeed.
func TestCreationIsUndone(t *testing.T) {
	t.Parallel()
	refusal := writeError(t, answeringTransport(422, errorBody("form_param_invalid", "x")))
	absent := readError(t, answeringTransport(404, errorBody("resource_not_found", "")))
	soon := &clerk.WaitError{At: start.Add(time.Millisecond)}
	tests := map[string]struct {
		reads, deletes []error
		ended, foreign bool
		deleted        int
		left           bool
	}{
		"AtOnce":                   {deleted: 1},
		"AfterWaitsForTokens":      {reads: []error{soon, nil}, deletes: []error{soon, nil}, deleted: 2},
		"AnothersByNow":            {foreign: true},
		"DeletionIsRefused":        {deletes: []error{refusal}, deleted: 1, left: true},
		"NotVisibleUntilTheEnd":    {reads: []error{absent}, ended: true, left: true},
		"WaitsForATokenAtTheEnd":   {reads: []error{&clerk.WaitError{At: start.Add(time.Hour)}}, ended: true, left: true},
		"DeletionFailsUntilTheEnd": {deletes: []error{errors.New("no answer")}, ended: true, deleted: 1, left: true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newTestReconciler(t, newClock())
			rec := newTestReconciliation(t, r, newTestUser("ann"))
			rec.did = []plan.Change{plan.Create{}}
			owner := rec.mark()
			if tc.foreign {
				owner.UID = "another"
			}
			rec.observed = clerkUser("ann@example.com", withMark(owner))
			at := &deletable{user: rec.observed, reads: tc.reads, deletes: tc.deletes}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if tc.ended {
				cancel()
			}
			err := undoCreation{reconciliation: rec, reader: at, deleter: at, pool: r.Pool, clock: r.Now}.run(ctx)
			if (err != nil) != tc.left || err != nil && !strings.Contains(err.Error(), "user "+testUserID+" is left behind") {
				t.Errorf("undone: %v, want the user left behind: %t", err, tc.left)
			}
			if at.deleted != tc.deleted {
				t.Errorf("%d deletions, want %d", at.deleted, tc.deleted)
			}
			wantEvents := 0
			if !tc.left && !tc.foreign {
				wantEvents = 1
			}
			if len(rec.events) != wantEvents || wantEvents == 1 && rec.events[0].reason != v1alpha1.EventDeleted {
				t.Errorf("told was %+v", rec.events)
			}
		})
	}
}
