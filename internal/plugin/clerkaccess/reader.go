// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkaccess

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
)

// Reader reads users at Clerk. It waits where the API budget or Clerk's limit demand it, and tries a call that fails for a
// passing reason a few times.
type Reader interface {
	connection.Reader
	ListReader
}

// ListReader is the part of Reader for many users.
type ListReader interface {
	// CountUsers returns the number of all users.
	CountUsers(ctx context.Context) (int64, error)
	// UsersByID returns those of up to clerk.MaxListIDs users that exist.
	UsersByID(ctx context.Context, ids ...string) ([]*clerk.User, error)
	// UsersAfter returns a page of up to 500 users that match, oldest first, after the user with the given id; "" for the first
	// page. All pages of one list need the same match.
	UsersAfter(ctx context.Context, match clerk.UserMatch, id string, limit int) (clerk.UserPage, error)
}

// readOnly hides everything but the methods of Reader.
type readOnly struct{ Reader }

// reader is a Reader.
type reader struct {
	client *clerk.Client
	now    func() time.Time
	// key says where the key is from.
	key string
}

// maxTries limits how often a call is made that fails for a passing reason. Between the tries are 1, 2, 4 and 8 seconds.
const maxTries = 5

// Instance returns the instance of the key.
func (r reader) Instance(ctx context.Context) (clerk.Instance, error) {
	return ask(ctx, r, r.client.Instance)
}

// User reads a user.
func (r reader) User(ctx context.Context, id string) (*clerk.User, error) {
	return ask(ctx, r, func(ctx context.Context) (*clerk.User, error) { return r.client.User(ctx, id) })
}

// Listed confirms that lists show a user.
func (r reader) Listed(ctx context.Context, id string) (bool, error) {
	return ask(ctx, r, func(ctx context.Context) (bool, error) { return r.client.Listed(ctx, id) })
}

// UsersBy finds users by an identifier.
func (r reader) UsersBy(ctx context.Context, kind clerk.IdentifierKind, values ...string) ([]*clerk.User, error) {
	return ask(ctx, r, func(ctx context.Context) ([]*clerk.User, error) { return r.client.UsersBy(ctx, kind, values...) })
}

// OrganizationMemberships reads the memberships of a user.
func (r reader) OrganizationMemberships(ctx context.Context, userID string, limit, offset int) (clerk.OrganizationMemberships, error) {
	return ask(ctx, r, func(ctx context.Context) (clerk.OrganizationMemberships, error) {
		return r.client.OrganizationMemberships(ctx, userID, limit, offset)
	})
}

// OrganizationInvitations reads the invitations of a user.
func (r reader) OrganizationInvitations(ctx context.Context, userID string, limit, offset int) (clerk.OrganizationInvitations, error) {
	return ask(ctx, r, func(ctx context.Context) (clerk.OrganizationInvitations, error) {
		return r.client.OrganizationInvitations(ctx, userID, limit, offset)
	})
}

// CountUsers counts all users.
func (r reader) CountUsers(ctx context.Context) (int64, error) {
	return ask(ctx, r, r.client.CountUsers)
}

// UsersByID reads users by their ids.
func (r reader) UsersByID(ctx context.Context, ids ...string) ([]*clerk.User, error) {
	return ask(ctx, r, func(ctx context.Context) ([]*clerk.User, error) { return r.client.UsersByID(ctx, ids...) })
}

// UsersAfter reads a page of the list of users.
func (r reader) UsersAfter(ctx context.Context, match clerk.UserMatch, id string, limit int) (clerk.UserPage, error) {
	calls := r.client.Matching(match)
	return ask(ctx, r, func(ctx context.Context) (clerk.UserPage, error) { return calls.UsersAfter(ctx, id, limit) })
}

// ask makes a call until it succeeds, or fails for a reason that does not pass.
func ask[T any](ctx context.Context, r reader, call func(context.Context) (T, error)) (T, error) {
	var none T
	for tries := 1; ; {
		answer, err := untilDone(ctx, call)
		if err == nil {
			return answer, nil
		}
		pause, counts, passes := r.pause(err, tries)
		switch {
		case ctx.Err() != nil:
			return none, fmt.Errorf("interrupted: %w", context.Cause(ctx))
		case !passes:
			return none, r.explained(err)
		case counts && tries == maxTries:
			return none, fmt.Errorf("%d calls failed, the last one so: %w; try again later", maxTries, err)
		case counts:
			tries++
		}
		if err := sleep(ctx, pause); err != nil {
			return none, err
		}
	}
}

// pause returns how long to wait after an error, whether the call counts as tried, and whether the error passes.
func (r reader) pause(err error, tries int) (pause time.Duration, counts, passes bool) {
	if at, waiting := clerk.Waiting(err); waiting {
		_, ours := errors.AsType[*clerk.WaitError](err)
		return max(at.Sub(r.now()), time.Millisecond), !ours, true
	}
	_, unavailable := clerk.Unavailable(err)
	return time.Second << (tries - 1), true, unavailable
}

// explained adds what to do about an error.
func (r reader) explained(err error) error {
	if clerk.Unauthorized(err) {
		return fmt.Errorf("the key of %s is not accepted; use one that Clerk's dashboard shows for this instance: %w", r.key, err)
	}
	return err
}

// untilDone makes a call. If ctx ends, it returns at once; the client itself would wait for the answer.
func untilDone[T any](ctx context.Context, call func(context.Context) (T, error)) (T, error) {
	type result struct {
		answer T
		err    error
	}
	done := make(chan result, 1)
	go func() {
		answer, err := call(ctx)
		done <- result{answer, err}
	}()
	select {
	case <-ctx.Done():
		return result{}.answer, ctx.Err()
	case r := <-done:
		return r.answer, r.err
	}
}

func sleep(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return fmt.Errorf("interrupted: %w", context.Cause(ctx))
	case <-timer.C:
		return nil
	}
}
