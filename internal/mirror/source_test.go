// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package mirror

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

const instanceID = "ins_1"

// call is a call of a source.
type call struct {
	// kind is count, ids, changed, walk or instance.
	kind   string
	ids    []string
	offset int
	after  string
	at     time.Time
}

// source is a Clerk that lags and fails as a test requires.
type source struct {
	now func() time.Time

	mu         sync.Mutex
	histories  map[string]*history
	calls      []call
	instanceID string
	// lag is the age of the state that lists show.
	lag time.Duration
	// latency passes in every call, before its answer is determined.
	latency time.Duration
	// fault is called before every answer; its error is the answer. Nil does nothing.
	fault func(c call) error
	// ended is the answer to a walk whose cursor is gone; nil is an empty page.
	ended error
}

// history has the versions of a user.
type history struct {
	created  time.Time
	versions []version
}

// version is the state of a user from a time on; nil after its deletion.
type version struct {
	since time.Time
	user  *clerk.User
}

func newSource(now func() time.Time) *source {
	return &source{now: now, histories: map[string]*history{}, instanceID: instanceID, ended: refusal(422)}
}

func refusal(status int) error {
	return &clerk.Error{Status: status, Code: "resource_not_found", Message: "no"}
}

// idOf is the id of the nth user; ids are in the order of creation.
func idOf(n int) string { return fmt.Sprintf("user_%06d", n) }

// idsOf are the ids of users from one number up to before another one.
func idsOf(from, to int) []string {
	var ids []string
	for n := from; n < to; n++ {
		ids = append(ids, idOf(n))
	}
	return ids
}

// seed adds the users with numbers from from up to before to. They were created long ago, one per minute.
func (s *source) seed(from, to int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for n := from; n < to; n++ {
		at := s.now().Add(-1000*time.Hour + time.Duration(n)*time.Minute)
		s.histories[idOf(n)] = &history{created: at, versions: []version{{since: at, user: &clerk.User{
			ID: idOf(n), FirstName: "first", CreatedAt: at, UpdatedAt: at,
			PublicMetadata: clerk.Metadata{"n": float64(n)}, PrivateMetadata: clerk.Metadata{}, UnsafeMetadata: clerk.Metadata{},
		}}}}
	}
}

// edit changes a user at Clerk and returns the changed user, or creates it. updated_at grows unless the change sets it.
func (s *source) edit(id string, change func(u *clerk.User)) *clerk.User {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	h := s.histories[id]
	if h == nil {
		h = &history{created: now}
		s.histories[id] = h
	}
	user, former := &clerk.User{ID: id, CreatedAt: now}, time.Time{}
	if last := h.asOf(now); last != nil {
		copied := *last
		user, former = &copied, last.UpdatedAt
	}
	change(user)
	if user.UpdatedAt.Equal(former) {
		user.UpdatedAt = later(now, former.Add(time.Millisecond))
	}
	h.versions = append(h.versions, version{since: now, user: user})
	return user
}

// renameAll changes the users with numbers from from up to before to, each a millisecond later than the one before.
func (s *source) renameAll(from, to int, name string) {
	for n := from; n < to; n++ {
		s.rename(idOf(n), name)
		time.Sleep(time.Millisecond)
	}
}

func (s *source) rename(id, name string) *clerk.User {
	return s.edit(id, func(u *clerk.User) { u.FirstName = name })
}

// renameSilently changes a user without a change of updated_at.
func (s *source) renameSilently(id, name string) {
	s.edit(id, func(u *clerk.User) { u.FirstName = name })
	s.mu.Lock()
	defer s.mu.Unlock()
	versions := s.histories[id].versions
	versions[len(versions)-1].user.UpdatedAt = versions[len(versions)-2].user.UpdatedAt
}

func (s *source) remove(ids ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		h := s.histories[id]
		h.versions = append(h.versions, version{since: s.now()})
	}
}

func (h *history) asOf(at time.Time) *clerk.User {
	for _, v := range slices.Backward(h.versions) {
		if !v.since.After(at) {
			return v.user
		}
	}
	return nil
}

// get reads a user by id, as a follower does; nil means 404.
func (s *source) get(id string) *clerk.User {
	s.mu.Lock()
	defer s.mu.Unlock()
	if h := s.histories[id]; h != nil {
		return h.asOf(s.now())
	}
	return nil
}

// all are the users that lists show, oldest first.
func (s *source) all() []*clerk.User {
	at := s.now().Add(-s.lag)
	var users []*clerk.User
	for _, h := range s.histories {
		if u := h.asOf(at); u != nil {
			users = append(users, u)
		}
	}
	slices.SortFunc(users, func(a, b *clerk.User) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), strings.Compare(a.ID, b.ID))
	})
	return users
}

// begin records a call and waits for its latency. It leaves the source locked unless there is an error.
func (s *source) begin(ctx context.Context, c call) error {
	s.mu.Lock()
	c.at = s.now()
	s.calls = append(s.calls, c)
	latency, fault := s.latency, s.fault
	s.mu.Unlock()
	if latency > 0 {
		select {
		case <-ctx.Done():
		case <-time.After(latency):
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if fault != nil {
		if err := fault(c); err != nil {
			return err
		}
	}
	s.mu.Lock()
	return nil
}

// CountUsers returns the number of users.
func (s *source) CountUsers(ctx context.Context) (int64, error) {
	if err := s.begin(ctx, call{kind: "count"}); err != nil {
		return 0, err
	}
	defer s.mu.Unlock()
	return int64(len(s.all())), nil
}

// UsersByID returns the users with the ids.
func (s *source) UsersByID(ctx context.Context, ids ...string) ([]*clerk.User, error) {
	if err := s.begin(ctx, call{kind: "ids", ids: slices.Clone(ids)}); err != nil {
		return nil, err
	}
	defer s.mu.Unlock()
	var users []*clerk.User
	for _, id := range ids {
		h := s.histories[id]
		if h == nil {
			continue
		}
		if u := h.asOf(s.now().Add(-s.lag)); u != nil {
			users = append(users, u)
		}
	}
	return users, nil
}

// LastUpdated returns a page of the users, last changed first.
func (s *source) LastUpdated(ctx context.Context, offset, limit int) (clerk.UserPage, error) {
	if err := s.begin(ctx, call{kind: "changed", offset: offset}); err != nil {
		return clerk.UserPage{}, err
	}
	defer s.mu.Unlock()
	users := s.all()
	slices.SortStableFunc(users, func(a, b *clerk.User) int { return b.UpdatedAt.Compare(a.UpdatedAt) })
	return cut(users, offset, limit), nil
}

// UsersAfter returns a page of the users, oldest first.
func (s *source) UsersAfter(ctx context.Context, id string, limit int) (clerk.UserPage, error) {
	if err := s.begin(ctx, call{kind: "walk", after: id}); err != nil {
		return clerk.UserPage{}, err
	}
	defer s.mu.Unlock()
	users := s.all()
	at := -1
	if id != "" {
		if at = slices.IndexFunc(users, func(u *clerk.User) bool { return u.ID == id }); at < 0 {
			return clerk.UserPage{}, s.ended
		}
	}
	return cut(users, at+1, limit), nil
}

func cut(users []*clerk.User, from, limit int) clerk.UserPage {
	users = users[min(from, len(users)):]
	users = users[:min(limit, len(users))]
	return clerk.UserPage{Users: users, More: len(users) == limit}
}

// Instance returns the instance.
func (s *source) Instance(ctx context.Context) (clerk.Instance, error) {
	if err := s.begin(ctx, call{kind: "instance"}); err != nil {
		return clerk.Instance{}, err
	}
	defer s.mu.Unlock()
	return clerk.Instance{ID: s.instanceID}, nil
}

// set changes the source during a test.
func (s *source) set(change func(s *source)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

// takeCalls returns the calls since the last check.
func (s *source) takeCalls() []call {
	s.mu.Lock()
	defer s.mu.Unlock()
	calls := s.calls
	s.calls = nil
	return calls
}

// wantCalls compares the kinds of the calls since the last check, in order, each with its number in a row: "count,
// changed, ids x3".
func (s *source) wantCalls(t *testing.T, want string) {
	t.Helper()
	if got := summary(s.takeCalls()); got != want {
		t.Errorf("the calls were %q, want %q", got, want)
	}
}

func summary(calls []call) string {
	var parts []string
	for i := 0; i < len(calls); {
		n := 1
		for i+n < len(calls) && calls[i+n].kind == calls[i].kind {
			n++
		}
		part := calls[i].kind
		if n > 1 {
			part += fmt.Sprintf(" x%d", n)
		}
		parts = append(parts, part)
		i += n
	}
	return strings.Join(parts, ", ")
}

// tally counts the calls of each kind since the last check.
func (s *source) tally() map[string]int {
	counts := map[string]int{}
	for _, c := range s.takeCalls() {
		counts[c.kind]++
	}
	return counts
}
