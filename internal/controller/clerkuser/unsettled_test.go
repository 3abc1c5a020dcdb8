// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"
	"errors"
	"testing"

	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
)

// fickle answers each update with a user who has the new name, and lost the other one.
type fickle struct {
	connection.Writer
	user  clerk.User
	calls int
}

func (f *fickle) UpdateUser(_ context.Context, _ string, params clerk.UpdateUserParams) (*clerk.User, error) {
	f.calls++
	f.user.FirstName, f.user.LastName = ptr.Deref(params.FirstName, "other"), ptr.Deref(params.LastName, "other")
	answer := f.user
	return &answer, nil
}

// Answers that ask for ever more changes end the reconcile, which is tried again with growing delays.
func TestAnswersThatAskForEverMoreChanges(t *testing.T) {
	t.Parallel()
	r := newTestReconciler(t, newClock())
	user := newTestUser("ann", func(u *v1alpha1.ClerkUser) {
		u.Spec.FirstName, u.Spec.LastName = ptr.To("Ann"), ptr.To("Lee")
		u.Status.UserID = testUserID
	})
	rec := newTestReconciliation(t, r, user)
	rec.observed = clerkUser("ann@example.com", withMark(rec.mark()), func(u *clerk.User) { u.FirstName = "Ann" })
	if err := rec.buildDesired(); err != nil {
		t.Fatal(err)
	}
	e, writer := stepsOf(r).enforce(withoutRights(rec)), &fickle{user: *rec.observed}
	e.writer = writer
	rec.err = e.run(t.Context())
	if !errors.Is(rec.err, errUnsettled) || writer.calls != maxRounds {
		t.Errorf("it ends with %v after %d calls, want %d", rec.err, writer.calls, maxRounds)
	}
	if v := resultFor(rec); !errors.Is(v.Err, errUnsettled) {
		t.Errorf("it means %+v, want it tried again", v)
	}
}
