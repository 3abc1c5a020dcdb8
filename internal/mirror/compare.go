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

// walkPage is how many users a page of a walk through all users has: the most that Clerk gives.
const walkPage = 500

// comparison is a reading of many users under way. It is gone on with after a call that failed.
type comparison struct {
	// ids are the users compared; toAsk are those of them that are still to be asked for by id. A walk asks for none.
	ids, toAsk []string
	// listed are the ids that lists have shown.
	listed map[string]bool
	began  time.Time
	// walking is true while all users are read page by page; cursor is the last one read.
	walking bool
	cursor  string
	// full is true for one of all followed users.
	full bool
}

// load begins the reading of users that are new to the mirror.
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
		s.schedule.comparison = newComparison(ids, now)
	}
}

func newComparison(ids []string, now time.Time) *comparison {
	return &comparison{ids: ids, toAsk: ids, listed: make(map[string]bool, len(ids)), began: now}
}

// compareAll counts all users, sees to it that the tail has a mark, and begins a comparison of all followed users.
func (s *session) compareAll(ctx context.Context, now time.Time) error {
	switch plan := &s.schedule; {
	case !plan.counted:
		return s.count(ctx)
	case !plan.tail.marked:
		return s.markTail(ctx, now)
	default:
		s.beginFull(now)
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

// beginFull begins a comparison of all followed users, in whichever way takes fewer calls.
func (s *session) beginFull(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ids := s.followed()
	c := newComparison(ids, now)
	c.full = true
	if s.report.Users != nil && calls(int(*s.report.Users), walkPage) < calls(len(ids), clerk.MaxListIDs) {
		c.walking, c.toAsk = true, nil
	}
	s.wanted = nil
	s.schedule.comparison, s.schedule.compared, s.schedule.counted, s.schedule.compareNow = c, now, false, false
}

// followed returns the ids of all users that somebody follows, and drops the others; the caller holds the lock.
func (s *session) followed() []string {
	ids := make([]string, 0, len(s.users))
	for id, e := range s.users {
		e.wanted = false
		if len(e.followers) > 0 {
			ids = append(ids, id)
		} else if !e.isNew(s.config.Now()) {
			delete(s.users, id)
		}
	}
	slices.Sort(ids)
	return ids
}

// calls is how many calls it takes to read n users.
func calls(n, perCall int) int { return (n + perCall - 1) / perCall }

// compareOn makes the next call of the comparison under way, or ends it.
func (s *session) compareOn(ctx context.Context) error {
	c := s.schedule.comparison
	switch {
	case c.walking:
		return s.walkOn(ctx, c)
	case len(c.toAsk) > 0:
		return s.askOn(ctx, c)
	default:
		return s.conclude(ctx, c)
	}
}

func (s *session) askOn(ctx context.Context, c *comparison) error {
	asked := s.config.Now()
	ids := c.toAsk[:min(len(c.toAsk), clerk.MaxListIDs)]
	users, err := s.source.UsersByID(ctx, ids...)
	if err != nil {
		return fmt.Errorf("listing users by id: %w", err)
	}
	c.toAsk = c.toAsk[len(ids):]
	c.note(users)
	s.take(users, asked)
	return nil
}

// walkOn reads the next page of all users. Those that the walk does not show are asked for by id: Clerk may refuse to go
// on from the last user read, because it is gone, or end there.
func (s *session) walkOn(ctx context.Context, c *comparison) error {
	asked := s.config.Now()
	page, err := s.source.UsersAfter(ctx, c.cursor, walkPage)
	_, refused := clerk.Rejected(err)
	switch stuck := refused || clerk.IsNotFound(err); {
	case stuck && c.cursor != "":
		c.walking = false
	case err != nil:
		return fmt.Errorf("walking through all users: %w", err)
	default:
		c.note(page.Users)
		s.take(page.Users, asked)
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
func (c *comparison) unlisted() []string {
	return slices.DeleteFunc(slices.Clone(c.ids), func(id string) bool { return c.listed[id] })
}

func (c *comparison) note(users []*clerk.User) {
	for _, u := range users {
		c.listed[u.ID] = true
	}
}
