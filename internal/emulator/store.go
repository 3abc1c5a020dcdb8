// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"cmp"
	"reflect"
	"slices"
	"time"
)

// store holds an instance's users. It is guarded by the instance's lock. A stored User is never changed, only replaced.
type store struct {
	records map[string]*record
	holders index
	// addresses finds the user of an e-mail address or phone number id.
	addresses map[string]string
	// verifications are those whose codes were sent, oldest first.
	verifications []*codeVerification
	// notices are the mails to users about themselves, oldest first.
	notices []Notice
	// ordered caches the records by creation time and id; nil if it must be computed again.
	ordered []*record
	living  int
}

// record is one user and, while lists lag, its former versions.
type record struct {
	id string
	// user is nil after the deletion.
	user  *User
	since time.Time
	born  time.Time
	past  []version
}

// version is the state of a user from a time on.
type version struct {
	user  *User
	since time.Time
}

func newStore() *store {
	return &store{records: map[string]*record{}, holders: index{}, addresses: map[string]string{}}
}

// find returns the user with the id, or nil.
func (s *store) find(id string) *User {
	if r := s.records[id]; r != nil {
		return r.user
	}
	return nil
}

// put stores u, which must not be changed afterwards. If lag is positive, the former version is kept for lists.
func (s *store) put(u *User, now time.Time, lag time.Duration) {
	r := s.records[u.ID]
	if r == nil {
		r = &record{id: u.ID, born: now}
		s.records[u.ID] = r
	}
	if r.user == nil || r.user.CreatedAt != u.CreatedAt {
		s.ordered = nil
	}
	s.unindex(r.user)
	r.supersede(u, now, lag)
	s.living++
	s.holders.add(u)
	for _, id := range u.addressIDs() {
		s.addresses[id] = u.ID
	}
}

// remove deletes the user with the id. If lag is positive, lists continue to show the user.
func (s *store) remove(id string, now time.Time, lag time.Duration) {
	r := s.records[id]
	s.unindex(r.user)
	r.supersede(nil, now, lag)
	s.ordered = nil
	if lag <= 0 {
		delete(s.records, id)
	}
}

func (s *store) unindex(u *User) {
	if u == nil {
		return
	}
	s.living--
	s.holders.remove(u)
	for _, id := range u.addressIDs() {
		delete(s.addresses, id)
	}
}

// supersede makes u the present version and drops former versions that no list can show any more.
func (r *record) supersede(u *User, now time.Time, lag time.Duration) {
	if lag > 0 {
		if r.user != nil {
			r.past = append(r.past, version{user: r.user, since: r.since})
		}
		for len(r.past) > 1 && r.past[1].since.Before(now.Add(-lag)) {
			r.past = r.past[1:]
		}
	} else {
		r.past = nil
	}
	r.user, r.since = u, now
}

// asOf returns the version at t, or nil.
func (r *record) asOf(t time.Time) *User {
	if !r.since.After(t) {
		return r.user
	}
	for _, v := range slices.Backward(r.past) {
		if !v.since.After(t) {
			return v.user
		}
	}
	return nil
}

// all returns every user as of lag ago, sorted by creation time and id, oldest first.
func (s *store) all(now time.Time, lag time.Duration) []*User {
	if s.ordered == nil {
		s.order(now, lag)
	}
	users := make([]*User, 0, len(s.ordered))
	for _, r := range s.ordered {
		u := r.user
		if lag > 0 {
			u = r.asOf(now.Add(-lag))
		}
		if u != nil {
			users = append(users, u)
		}
	}
	return users
}

func (s *store) order(now time.Time, lag time.Duration) {
	s.ordered = make([]*record, 0, len(s.records))
	for id, r := range s.records {
		if r.user == nil && !r.since.After(now.Add(-lag)) {
			delete(s.records, id)
			continue
		}
		s.ordered = append(s.ordered, r)
	}
	slices.SortFunc(s.ordered, func(a, b *record) int {
		return cmp.Or(cmp.Compare(a.createdAt(), b.createdAt()), cmp.Compare(a.id, b.id))
	})
}

func (r *record) createdAt() int64 {
	switch {
	case r.user != nil:
		return r.user.CreatedAt
	case len(r.past) > 0:
		return r.past[len(r.past)-1].user.CreatedAt
	default:
		return 0
	}
}

// taken reports whether a user other than except has the identity exclusively.
func (s *store) taken(id identity, except string) bool {
	for _, holder := range s.holders[id] {
		if holder == except {
			continue
		}
		for _, c := range s.find(holder).claims() {
			if c.identity == id && c.exclusive {
				return true
			}
		}
	}
	return false
}

func (u *User) addressIDs() []string {
	ids := make([]string, 0, len(u.EmailAddresses)+len(u.PhoneNumbers))
	for i := range u.EmailAddresses {
		ids = append(ids, u.EmailAddresses[i].ID)
	}
	for i := range u.PhoneNumbers {
		ids = append(ids, u.PhoneNumbers[i].ID)
	}
	return ids
}

// differs reports whether two versions of a user differ in more than the time of the last change.
func differs(a, b *User) bool {
	x, y := *a, *b
	x.UpdatedAt, y.UpdatedAt = 0, 0
	return !reflect.DeepEqual(x, y)
}
