// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package mirror

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// walkPageSize is the number of users on a page when all users are read: the maximum at Clerk.
const walkPageSize = 500

// listing is a read of many users by lists that is under way. It continues after a failed call.
type listing struct {
	// ids are the users that the listing covers. toAsk are those that it still has to request by id; a walk through all
	// users requests none.
	ids, toAsk []string
	// listed are the ids that lists have shown.
	listed map[string]bool
	began  time.Time
	// walking is true while the listing reads all users page by page. cursor is the id of the last user read.
	walking bool
	cursor  string
	// full is true for a full sync.
	full bool
}

// load begins a listing of the users that are new to the mirror.
func (s *session) load(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var ids []string
	for _, id := range s.wanted {
		if e := s.users[id]; e != nil && e.wanted {
			e.wanted = false
			if e.presence == Pending && len(e.followers) > 0 {
				ids = append(ids, id)
			}
		}
	}
	s.wanted = nil
	if len(ids) > 0 {
		s.schedule.listing = newListing(ids, now)
	}
}

func newListing(ids []string, now time.Time) *listing {
	return &listing{ids: ids, toAsk: ids, listed: make(map[string]bool, len(ids)), began: now}
}

// prepareFullSync counts all users, sets the mark of incremental syncs if there is none, and begins a full sync.
func (s *session) prepareFullSync(ctx context.Context, now time.Time) error {
	switch plan := &s.schedule; {
	case !plan.counted:
		return s.count(ctx)
	case !plan.incremental.marked:
		return s.setMark(ctx, now)
	default:
		s.beginFullSync(now)
		return nil
	}
}

func (s *session) count(ctx context.Context) error {
	total, err := s.source.CountUsers(ctx)
	if err != nil {
		return fmt.Errorf("counting all users: %w", err)
	}
	s.mu.Lock()
	s.schedule.counted = true
	news := s.report.Users == nil || *s.report.Users != total
	s.report.Users = &total
	s.mu.Unlock()
	if news {
		s.reported()
	}
	return nil
}

// beginFullSync begins a full sync, in the way that takes fewer calls.
func (s *session) beginFullSync(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ids := s.followed()
	c := newListing(ids, now)
	c.full = true
	if s.report.Users != nil && calls(int(*s.report.Users), walkPageSize) < calls(len(ids), clerk.MaxListIDs) {
		c.walking, c.toAsk = true, nil
	}
	s.wanted = nil
	s.schedule.listing, s.schedule.fullAt, s.schedule.counted, s.schedule.fullNow = c, now, false, false
}

// followed returns the ids of all users that somebody follows, and drops the others. The caller holds the lock.
func (s *session) followed() []string {
	ids := make([]string, 0, len(s.users))
	for id, e := range s.users {
		e.wanted = false
		if len(e.followers) > 0 {
			ids = append(ids, id)
		} else {
			s.dropUnlessNew(id)
		}
	}
	slices.Sort(ids)
	return ids
}

// calls returns the number of calls that read n users.
func calls(n, perCall int) int { return (n + perCall - 1) / perCall }

// continueListing makes the next call of the listing under way, or ends it.
func (s *session) continueListing(ctx context.Context) error {
	c := s.schedule.listing
	switch {
	case c.walking:
		return s.listPage(ctx, c)
	case len(c.toAsk) > 0:
		return s.listByID(ctx, c)
	default:
		return s.endListing(ctx, c)
	}
}

func (s *session) listByID(ctx context.Context, c *listing) error {
	asked := s.config.Now()
	ids := c.toAsk[:min(len(c.toAsk), clerk.MaxListIDs)]
	users, err := s.source.UsersByID(ctx, ids...)
	if err != nil {
		return fmt.Errorf("listing users by id: %w", err)
	}
	c.toAsk = c.toAsk[len(ids):]
	c.note(users)
	s.recordPage(users, asked)
	return nil
}

// listPage reads the next page of all users. Users that the walk did not show are requested by id afterwards: if the
// last user read is gone, Clerk may refuse to continue from it, or return nothing.
func (s *session) listPage(ctx context.Context, c *listing) error {
	asked := s.config.Now()
	page, err := s.source.UsersAfter(ctx, c.cursor, walkPageSize)
	_, refused := clerk.Rejected(err)
	switch stuck := refused || clerk.IsNotFound(err); {
	case stuck && c.cursor != "":
		c.walking = false
	case err != nil:
		return fmt.Errorf("walking through all users: %w", err)
	default:
		c.note(page.Users)
		s.recordPage(page.Users, asked)
		c.walking = page.More && len(page.Users) > 0
	}
	if c.walking {
		c.cursor = page.Users[len(page.Users)-1].ID
	} else {
		c.toAsk = c.unlisted()
	}
	return nil
}

// unlisted returns the ids that no list has shown yet.
func (c *listing) unlisted() []string {
	return slices.DeleteFunc(slices.Clone(c.ids), func(id string) bool { return c.listed[id] })
}

func (c *listing) note(users []*clerk.User) {
	for _, u := range users {
		c.listed[u.ID] = true
	}
}
