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

// If more than massCount users and more than massPercent of the listed users are newly missing, another cause is more
// likely than their deletion.
const (
	massCount   = 5
	massPercent = 20
)

// endListing ends a listing. Users that the lists did not show are missing.
func (s *session) endListing(ctx context.Context, c *listing) error {
	mass := s.isMass(c)
	if mass {
		if err := s.ensureInstance(ctx); err != nil {
			return err
		}
	}
	notified, again := s.end(c, mass)
	s.notify(notified)
	if again && s.config.FullSynced != nil {
		s.config.FullSynced()
	}
	return nil
}

// isMass reports whether so many users are newly missing that another cause is more likely.
func (s *session) isMass(c *listing) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	missing, _, compared := s.missing(c)
	return len(missing) > massCount && len(missing)*100 > compared*massPercent
}

// end ends a listing and returns the followers of the missing users, and whether it was a full sync other than the
// first. Reads and writes during the check of the instance count. Only a read by id, which the follower makes, proves
// an absence; if many users are missing at once, a person has to confirm it first.
func (s *session) end(c *listing, mass bool) (notified []string, again bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	missing, unsure, _ := s.missing(c)
	for _, e := range unsure {
		e.presence = Doubtful
		notified = append(notified, e.followers...)
	}
	for _, e := range missing {
		e.presence, e.unlisted = Doubtful, true
		if mass {
			e.presence, e.since = MassAbsent, s.config.Now()
		}
		notified = append(notified, e.followers...)
	}
	s.schedule.listing = nil
	if c.full {
		s.report.FullSyncs++
		s.report.LastFullSync = c.began
	}
	return notified, c.full && s.report.FullSyncs > 1
}

// MassAbsent returns how many of these users are missing together with many others.
func (m *Mirror) MassAbsent(userIDs []string) (count int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, id := range userIDs {
		if e := m.users[id]; e != nil && e.presence == MassAbsent {
			count++
		}
	}
	return count
}

// LastFullSync returns when the last completed full sync began; zero if there was none.
func (m *Mirror) LastFullSync() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.report.LastFullSync
}

// errOtherInstance means that lists say nothing about the mirror's users.
var errOtherInstance = errors.New("the key belongs to another instance")

// ensureInstance returns an error unless the key belongs to the mirror's instance. While it does not, the mirror
// repeats only this check; afterwards it makes a full sync.
func (s *session) ensureInstance(ctx context.Context) error {
	same, err := s.sameInstance(ctx)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.schedule.otherInstance = !same
	if !same {
		s.schedule.listing, s.schedule.fullAt = nil, time.Time{}
	}
	s.mu.Unlock()
	if same {
		return nil
	}
	if s.config.OtherInstance != nil {
		s.config.OtherInstance()
	}
	return errOtherInstance
}

// missing returns the covered users that no list has shown, except those that were known to be absent, and counts the
// users that were not known to be absent. unsure are users that lists need not show: new ones about which nothing is
// known, and ones that no follower owns. They are read by id and do not count for the others. A user that was read by
// id meanwhile exists. The caller holds the lock.
func (s *session) missing(c *listing) (missing, unsure []*entry, compared int) {
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

// sameInstance asks Clerk whether the key still belongs to the mirror's instance. If the key may not read the instance,
// the answer is yes, and the users count as missing.
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
