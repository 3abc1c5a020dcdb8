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
	// pageSize is the number of users on a page of an incremental sync. maxPages is the number of pages that one may read.
	pageSize = 100
	maxPages = 5
	// overlap is how far before the watermark an incremental sync reads, because lists lag and the clocks of machines
	// differ.
	overlap = 30 * time.Second
)

// incrementalSync is the progress of incremental syncs.
type incrementalSync struct {
	// watermark is the latest updated_at that was read, by Clerk's clock; zero if there was no user. moved is the time, by
	// our clock, at which the incremental sync began that read it.
	watermark, moved time.Time
	// floor is the updated_at down to which the next incremental sync reads, by Clerk's clock.
	floor time.Time
	// marked is true while incremental syncs are worth their calls: from the first page, which sets the watermark, until
	// others change more users than one sync may read. The next full sync then sets another watermark.
	marked bool
	// page is the next page of the incremental sync under way; 0 if there is none.
	page int
	// For the incremental sync under way: the time at which it began, the latest updated_at, the number of users that were
	// read, and the number of those whose copy was up to date.
	began, newest time.Time
	seen, known   int
}

// readChanged reads the next page of the users changed last, down to the floor. The watermark moves only when a sync
// reaches the floor.
func (s *session) readChanged(ctx context.Context, now time.Time) error {
	t := &s.schedule.incremental
	asked := s.config.Now()
	got, err := s.source.LastUpdated(ctx, t.page*pageSize, pageSize)
	if err != nil {
		return fmt.Errorf("reading what changed last: %w", err)
	}
	if t.page == 0 {
		s.beginIncremental(now, got.Users)
	}
	t.page++
	t.seen += len(got.Users)
	t.known += s.recordPage(got.Users, asked)
	switch {
	case !got.More || t.reaches(got.Users):
		s.endIncremental()
	case t.page == maxPages && !got.Users[len(got.Users)-1].UpdatedAt.After(t.watermark):
		// Only the overlap has more users than one sync may read.
		s.endIncremental()
	case t.page == maxPages:
		s.overrun()
	}
	return nil
}

func (s *session) beginIncremental(now time.Time, users []*clerk.User) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := &s.schedule.incremental
	t.began, t.newest, t.seen, t.known = now, newestOf(users), 0, 0
	s.schedule.incrementalNow = false
}

// setMark reads one page to set the watermark for the next incremental sync.
func (s *session) setMark(ctx context.Context, now time.Time) error {
	asked := s.config.Now()
	got, err := s.source.LastUpdated(ctx, 0, pageSize)
	if err != nil {
		return fmt.Errorf("reading what changed last: %w", err)
	}
	s.recordPage(got.Users, asked)
	t := &s.schedule.incremental
	t.began, t.newest = now, newestOf(got.Users)
	s.endIncremental()
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
func (t *incrementalSync) reaches(users []*clerk.User) bool {
	return len(users) > 0 && users[len(users)-1].UpdatedAt.Before(t.floor)
}

// advance moves the watermark, and sets the floor to the overlap before the start of the sync that ends. If nothing has
// changed for long, the floor is the watermark; otherwise every sync would read the last changes again.
func (t *incrementalSync) advance() {
	switch {
	case t.moved.IsZero() && t.newest.Before(t.began):
		// A full sync follows the first mark, so a difference of clocks does no harm here.
		t.watermark, t.moved = t.newest, t.newest
	case t.newest.After(t.watermark):
		t.watermark, t.moved = t.newest, t.began
	}
	t.floor = t.watermark.Add(-max(0, overlap-t.began.Sub(t.moved)))
}

// recordPage records listed users, notifies their followers, and returns the number of users whose copy was up to date.
func (s *session) recordPage(users []*clerk.User, asked time.Time) (known int) {
	var notified []string
	copies := s.pack(users)
	s.mu.Lock()
	for id, copied := range copies {
		if e := s.users[id]; e != nil && !e.copy.IsZero() && e.copy.UpdatedAt.Equal(copied.UpdatedAt) {
			known++
		}
		notified = append(notified, s.list(id, copied, asked)...)
	}
	s.mu.Unlock()
	s.notify(notified)
	return known
}

// pack packs the users that the mirror knows, by id.
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

func (s *session) endIncremental() {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := &s.schedule.incremental
	s.schedule.incrementalAt, t.page, t.marked = t.began, 0, true
	t.advance()
	s.report.IncrementalSyncs++
	s.report.LastIncrementalSync = t.began
}

// overrun ends an incremental sync that had more to read than it may. If most of it were our own writes, as after the
// creation of many users, the next sync continues from here. The next full sync then finds what others changed
// meanwhile. Otherwise incremental syncs stop until that full sync.
func (s *session) overrun() {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := &s.schedule.incremental
	s.schedule.incrementalAt, t.page = t.began, 0
	if t.marked = 2*t.known >= t.seen; t.marked {
		t.advance()
	}
	s.report.IncrementalSyncOverruns++
}
