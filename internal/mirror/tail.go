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

const (
	// tailPage is how many users a page of the tail has, and tailPages how many pages one tail may have.
	tailPage  = 100
	tailPages = 5
	// overlap is how far before the watermark a tail still reads: lists lag, and times of several machines differ.
	overlap = 30 * time.Second
)

// tail is how far the last changes have been read.
type tail struct {
	// watermark is the latest updated_at that was read, by Clerk's clock; zero if there was no user. moved is when the tail
	// began that read it, by ours.
	watermark, moved time.Time
	// floor is the updated_at down to which the next tail reads, by Clerk's clock.
	floor time.Time
	// marked is true while a tail is worth its calls: after a page was read that tells where to begin, and until others
	// change more users than a tail may read. Then the next full comparison sets another mark.
	marked bool
	// page is the next page of the tail under way, 0 if there is none.
	page int
	// Of the tail under way: when it began, the latest updated_at, how many users were read, and how many of them were
	// known to be just so.
	began, newest time.Time
	seen, known   int
}

// readTail reads the next page of what changed last, down to the floor. The watermark moves only when that was reached.
func (s *session) readTail(ctx context.Context, now time.Time) error {
	t := &s.schedule.tail
	asked := s.config.Now()
	got, err := s.source.LastUpdated(ctx, t.page*tailPage, tailPage)
	if err != nil {
		return fmt.Errorf("reading what changed last: %w", err)
	}
	if t.page == 0 {
		s.beginTail(now, got.Users)
	}
	t.page++
	t.seen += len(got.Users)
	t.known += s.take(got.Users, asked)
	switch {
	case !got.More || t.reaches(got.Users):
		s.endTail()
	case t.page == tailPages && !got.Users[len(got.Users)-1].UpdatedAt.After(t.watermark):
		// Only of the overlap there is more than a tail may read.
		s.endTail()
	case t.page == tailPages:
		s.overrun()
	}
	return nil
}

func (s *session) beginTail(now time.Time, users []*clerk.User) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := &s.schedule.tail
	t.began, t.newest, t.seen, t.known = now, newestOf(users), 0, 0
	s.schedule.tailNow = false
}

// markTail reads one page to learn where the next tail ends.
func (s *session) markTail(ctx context.Context, now time.Time) error {
	asked := s.config.Now()
	got, err := s.source.LastUpdated(ctx, 0, tailPage)
	if err != nil {
		return fmt.Errorf("reading what changed last: %w", err)
	}
	s.take(got.Users, asked)
	t := &s.schedule.tail
	t.began, t.newest = now, newestOf(got.Users)
	s.endTail()
	return nil
}

// newestOf returns the latest updated_at of a first page; zero if that is empty.
func newestOf(users []*clerk.User) time.Time {
	if len(users) == 0 {
		return time.Time{}
	}
	return users[0].UpdatedAt
}

// reaches reports whether a page goes back to before the floor.
func (t *tail) reaches(users []*clerk.User) bool {
	return len(users) > 0 && users[len(users)-1].UpdatedAt.Before(t.floor)
}

// advance moves the watermark, and the floor to the overlap before the time of the tail that ends. Where nothing has
// changed for long, that is the watermark: or what changed last before a silence would be read again for ever.
func (t *tail) advance() {
	switch {
	case t.moved.IsZero() && t.newest.Before(t.began):
		// The first mark is followed by a comparison of everything, so clocks that differ do no harm here.
		t.watermark, t.moved = t.newest, t.newest
	case t.newest.After(t.watermark):
		t.watermark, t.moved = t.newest, t.began
	}
	t.floor = t.watermark.Add(-max(0, overlap-t.began.Sub(t.moved)))
}

// take records listed users, tells their followers, and returns how many were known to be just so.
func (s *session) take(users []*clerk.User, asked time.Time) (known int) {
	var told []string
	copies := s.pack(users)
	s.mu.Lock()
	for id, copied := range copies {
		if e := s.users[id]; e != nil && !e.copy.IsZero() && e.copy.UpdatedAt.Equal(copied.UpdatedAt) {
			known++
		}
		told = append(told, s.list(id, copied, asked)...)
	}
	s.mu.Unlock()
	s.tell(told)
	return known
}

// pack packs those users that are known of, by id.
func (s *session) pack(users []*clerk.User) map[string]clerk.PackedUser {
	s.mu.Lock()
	users = slices.DeleteFunc(slices.Clone(users), func(u *clerk.User) bool { return s.users[u.ID] == nil })
	s.mu.Unlock()
	copies := make(map[string]clerk.PackedUser, len(users))
	for _, u := range users {
		copies[u.ID] = u.Pack()
	}
	return copies
}

func (s *session) endTail() {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := &s.schedule.tail
	s.schedule.tailed, t.page, t.marked = t.began, 0, true
	t.advance()
	s.report.IncrementalSyncs++
}

// overrun ends a tail that had more to read than it may. Where most of it were our own writes, as after many users were
// created, the next one goes on from here: what others changed meanwhile is left to the next full comparison, as it is
// where the tail is given up.
func (s *session) overrun() {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := &s.schedule.tail
	s.schedule.tailed, t.page = t.began, 0
	if t.marked = 2*t.known >= t.seen; t.marked {
		t.advance()
	}
	s.report.IncrementalSyncOverruns++
}
