// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package mirror

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// Where more than massCount users and more than massPercent of those compared are newly missing, more likely something
// else is wrong than that they are gone.
const (
	massCount   = 5
	massPercent = 20
)

// conclude ends a comparison: what the lists did not show is missing.
func (s *session) conclude(ctx context.Context, c *comparison) error {
	missing, compared := s.missing(c)
	mass := len(missing) > massCount && len(missing)*100 > compared*massPercent
	if mass {
		same, err := s.sameInstance(ctx)
		if err != nil {
			return err
		}
		if !same {
			s.abandon()
			if s.config.Doubted != nil {
				s.config.Doubted()
			}
			return errOtherInstance
		}
	}
	told := s.miss(missing, mass)
	s.end(c)
	s.tell(told)
	return nil
}

func (s *session) end(c *comparison) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.schedule.comparison = nil
	if c.full {
		s.report.Comparisons++
	}
}

// errOtherInstance means that nothing a list shows is about the mirror's users.
var errOtherInstance = errors.New("the key leads to another instance")

// abandon forgets a comparison that told nothing; another is made if there still is a source then.
func (s *session) abandon() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.schedule.comparison, s.schedule.compared = nil, time.Time{}
}

// missing returns the ids of the compared users that no list has shown and that were not known to be absent before, and
// how many users were not known to be absent. One that is new may be missing in lists; if nothing is known about it, it
// is to be read by id all the same.
func (s *session) missing(c *comparison) (missing []string, compared int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range c.ids {
		e := s.users[id]
		if e == nil || e.presence == Absent || e.presence == MassAbsent {
			continue
		}
		compared++
		if !c.listed[id] && (e.presence == Pending || !e.isNew(c.began)) {
			missing = append(missing, id)
		}
	}
	return missing, compared
}

// sameInstance asks Clerk whether the key still leads to the mirror's instance. A key that may not ask tells nothing, so
// that the users count as missing from the right one.
func (s *session) sameInstance(ctx context.Context) (bool, error) {
	seen, err := s.source.Instance(ctx)
	if refused, ok := clerk.Rejected(err); ok && refused.Status == http.StatusForbidden {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("asking for the instance because many users are missing: %w", err)
	}
	return seen.ID == s.instanceID, nil
}

// miss records that users are missing and returns their followers. An absence is only believed of a read by id, which is
// the follower's to make; where many are missing at once, not before somebody says so.
func (s *session) miss(ids []string, mass bool) (told []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		e := s.users[id]
		if e == nil || e.presence == Absent {
			continue
		}
		e.presence = Doubtful
		if mass {
			e.presence, e.since = MassAbsent, s.config.Now()
		}
		told = append(told, slices.Clone(e.followers)...)
	}
	return told
}
