// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package mirror

import (
	"context"
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
	// watermark is the latest updated_at that was read, by Clerk's clock; zero before the first page.
	watermark time.Time
	// givenUp is true after a tail had more to read than it may, because others change too many users: until the next
	// full comparison it is not worth its calls.
	givenUp bool
}

// readTail reads what changed last, back to a little before the watermark. The watermark moves only when that was reached.
func (s *session) readTail(ctx context.Context, now time.Time) error {
	if s.schedule.tail.givenUp {
		s.tailEnded(now, time.Time{})
		return nil
	}
	var newest time.Time
	seen, known := 0, 0
	for page := range tailPages {
		asked := s.config.Now()
		got, err := s.source.LastUpdated(ctx, page*tailPage, tailPage)
		if err != nil {
			return err
		}
		if page == 0 && len(got.Users) > 0 {
			newest = got.Users[0].UpdatedAt
		}
		seen += len(got.Users)
		known += s.take(got.Users, asked)
		if !got.More || s.reaches(got.Users) {
			s.tailEnded(now, newest)
			return nil
		}
	}
	s.overrun(now, newest, 2*known >= seen)
	return nil
}

// reaches reports whether a page goes back to before the watermark.
func (s *session) reaches(users []*clerk.User) bool {
	return len(users) > 0 && users[len(users)-1].UpdatedAt.Before(s.schedule.tail.watermark.Add(-overlap))
}

// take records listed users, tells their followers, and returns how many were known to be just so.
func (s *session) take(users []*clerk.User, asked time.Time) (known int) {
	var told []string
	s.mu.Lock()
	for _, u := range users {
		if e := s.users[u.ID]; e != nil && e.user != nil && e.user.UpdatedAt.Equal(u.UpdatedAt) {
			known++
		}
		told = append(told, s.list(u, asked)...)
	}
	s.mu.Unlock()
	s.tell(told)
	return known
}

// markTail reads one page to learn where the next tail ends.
func (s *session) markTail(ctx context.Context, now time.Time) error {
	asked := s.config.Now()
	got, err := s.source.LastUpdated(ctx, 0, tailPage)
	if err != nil {
		return err
	}
	s.take(got.Users, asked)
	var newest time.Time
	if len(got.Users) > 0 {
		newest = got.Users[0].UpdatedAt
	}
	s.tailEnded(now, newest)
	return nil
}

func (s *session) tailEnded(now, newest time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.schedule.tailed = now
	if newest.After(s.schedule.tail.watermark) {
		s.schedule.tail.watermark = newest
	}
	s.report.Tails++
}

// overrun ends a tail that had more to read than it may. Where most of it were our own writes, as after many users were
// created, the next one goes on from here: what others changed meanwhile is left to the next full comparison, as it is
// where the tail is given up.
func (s *session) overrun(now, newest time.Time, ours bool) {
	s.mu.Lock()
	s.schedule.tailed = now
	s.schedule.tail.givenUp = !ours
	if ours {
		s.schedule.tail.watermark = newest
	}
	s.report.Overruns++
	s.mu.Unlock()
}
