// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package mirror

import (
	"context"
	"errors"
	"fmt"
	"net/http"
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
	mass := s.isMass(c)
	if mass {
		if err := s.ensureInstance(ctx); err != nil {
			return err
		}
	}
	told, again := s.end(c, mass)
	s.tell(told)
	if again && s.config.Compared != nil {
		s.config.Compared()
	}
	return nil
}

// isMass reports whether so many users are newly missing that it is more likely that something else is wrong.
func (s *session) isMass(c *comparison) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	missing, _, compared := s.missing(c)
	return len(missing) > massCount && len(missing)*100 > compared*massPercent
}

// end ends a comparison and returns the followers of the users that are missing, and whether it was a full one that was
// not the first. What happened while the guard asked for the instance counts. An absence is only believed of a read by
// id, which is the follower's to make; where many are missing at once, not before somebody says so.
func (s *session) end(c *comparison, mass bool) (told []string, again bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	missing, unsure, _ := s.missing(c)
	for _, e := range unsure {
		e.presence = Doubtful
		told = append(told, e.followers...)
	}
	for _, e := range missing {
		e.presence, e.unlisted = Doubtful, true
		if mass {
			e.presence, e.since = MassAbsent, s.config.Now()
		}
		told = append(told, e.followers...)
	}
	s.schedule.comparison = nil
	if c.full {
		s.report.FullSyncs++
		s.comparedAt = c.began
	}
	return told, c.full && s.report.FullSyncs > 1
}

// ComparedAt returns when the last full comparison that came to its end began; zero if there was none.
func (m *Mirror) ComparedAt() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.comparedAt
}

// errOtherInstance means that nothing a list shows is about the mirror's users.
var errOtherInstance = errors.New("the key leads to another instance")

// ensureInstance returns an error unless the key leads to the mirror's instance. Once it was found not to, that is all that
// is asked until it does; then everything is compared anew.
func (s *session) ensureInstance(ctx context.Context) error {
	same, err := s.sameInstance(ctx)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.schedule.elsewhere = !same
	if !same {
		s.schedule.comparison, s.schedule.compared = nil, time.Time{}
	}
	s.mu.Unlock()
	if same {
		return nil
	}
	if s.config.Doubted != nil {
		s.config.Doubted()
	}
	return errOtherInstance
}

// missing returns those of the compared users that no list has shown and that were not known to be absent before, and how
// many users were not known to be absent. Unsure are those that lists need not show: one that is new but about which
// nothing is known, and one that is nobody's own. They are to be read by id, and say nothing about the others. One that was
// read by id meanwhile is there. The caller holds the lock.
func (s *session) missing(c *comparison) (missing, unsure []*entry, compared int) {
	for _, id := range c.ids {
		e := s.users[id]
		if e == nil || e.presence == Absent || e.presence == MassAbsent {
			continue
		}
		seen := c.listed[id] || e.presence == Present && !e.confirmed.Before(c.began)
		if e.owned {
			compared++
		}
		switch isNew := e.isNew(c.began); {
		case seen, isNew && e.presence != Pending:
		case isNew, !e.owned:
			unsure = append(unsure, e)
		default:
			missing = append(missing, e)
		}
	}
	return missing, unsure, compared
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
