// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package preview

import (
	"context"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"slices"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/audit"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
	"github.com/clerk-operator/clerk-operator/internal/plan"
	"github.com/clerk-operator/clerk-operator/internal/preview/effect"
)

// simulation is one Clerk instance: the real users, and what the calls of the preview would have made of them. It can only read the
// real ones.
type simulation struct {
	instanceID string
	real       Reader
	clock      *clock
	// users are those that were read, as they would be now; nil for a user that Clerk does not have. holders are the ids of the users
	// that have an identifier. searched are the identifiers by which the real users were searched.
	users    map[string]*clerk.User
	holders  map[clerk.Identifier]map[string]struct{}
	searched map[clerk.Identifier]bool
	// made is called with each call that changes something: the user before and after it, and why Clerk refused it.
	made func(w audit.Write, change plan.Change, before, after *clerk.User, refused error)
	// ids counts the ids that were invented.
	ids int
	// failed is the first error of a real read that ends the preview.
	failed error
}

func newSimulation(instance Instance, c *clock) *simulation {
	return &simulation{
		instanceID: instance.ID, real: instance.Reader, clock: c,
		users: map[string]*clerk.User{}, holders: map[clerk.Identifier]map[string]struct{}{}, searched: map[clerk.Identifier]bool{},
	}
}

// rights are the rights of the operator's reconciler at the simulated instance. Nobody acts for ClerkUserActions.
func (s *simulation) rights() connection.Rights {
	return connection.Rights{
		Reader: simulatedReader{s}, Creator: simulatedCreator{s}, Writer: simulatedWriter{s}, Deleter: simulatedDeleter{s},
	}
}

// put stores a user as it is now; nil for one that Clerk does not have.
func (s *simulation) put(id string, user *clerk.User) {
	for _, identifier := range identifiersOf(s.users[id]) {
		delete(s.holders[identifier], id)
	}
	s.users[id] = user
	for _, identifier := range identifiersOf(user) {
		if s.holders[identifier] == nil {
			s.holders[identifier] = map[string]struct{}{}
		}
		s.holders[identifier][id] = struct{}{}
	}
}

// fail remembers an error of a real read, unless it is an answer about one user, and returns it.
func (s *simulation) fail(err error) error {
	if _, answer := clerk.Rejected(err); err != nil && s.failed == nil && !answer && !clerk.IsNotFound(err) {
		s.failed = err
	}
	return err
}

// user returns a user as it is now. The error is Clerk's 404 if there is none.
func (s *simulation) user(ctx context.Context, id string) (*clerk.User, error) {
	if _, known := s.users[id]; !known {
		read, err := s.real.User(ctx, id)
		if err != nil {
			return nil, s.fail(err)
		}
		s.put(id, read)
	}
	if s.users[id] == nil {
		return nil, noSuchUser()
	}
	return s.users[id], nil
}

func noSuchUser() error {
	return &clerk.Error{Status: http.StatusNotFound, Code: "resource_not_found"}
}

// load reads users by their ids, a hundred with one call. Users that Clerk's list does not show are not loaded.
func (s *simulation) load(ctx context.Context, ids []string) error {
	unknown := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { _, known := s.users[id]; return known })
	for chunk := range slices.Chunk(unknown, clerk.MaxListIDs) {
		read, err := s.real.UsersByID(ctx, chunk...)
		if err != nil {
			return fmt.Errorf("reading users: %w", s.fail(err))
		}
		for _, user := range read {
			s.put(user.ID, user)
		}
	}
	return nil
}

// search searches the real users by identifiers, a hundred of a kind with one call.
func (s *simulation) search(ctx context.Context, identifiers []clerk.Identifier) error {
	byKind := map[clerk.IdentifierKind][]string{}
	for _, identifier := range identifiers {
		if identifier.Value != "" && !s.searched[clerk.FoldIdentifier(identifier)] {
			byKind[identifier.Kind] = append(byKind[identifier.Kind], identifier.Value)
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(byKind)) {
		for chunk := range slices.Chunk(byKind[kind], clerk.MaxListIDs) {
			if err := s.searchChunk(ctx, kind, chunk); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *simulation) searchChunk(ctx context.Context, kind clerk.IdentifierKind, values []string) error {
	hits, err := s.real.UsersBy(ctx, kind, values...)
	if err != nil {
		return s.fail(err)
	}
	for _, value := range values {
		s.searched[clerk.FoldIdentifier(clerk.Identifier{Kind: kind, Value: value})] = true
	}
	for _, hit := range hits {
		if _, known := s.users[hit.ID]; !known {
			s.put(hit.ID, hit)
		}
	}
	return nil
}

// held returns the users that have one of the identifiers, in the order of their ids.
func (s *simulation) held(ctx context.Context, identifiers ...clerk.Identifier) ([]*clerk.User, error) {
	if err := s.search(ctx, identifiers); err != nil {
		return nil, err
	}
	found := map[string]*clerk.User{}
	for _, identifier := range identifiers {
		for id := range s.holders[clerk.FoldIdentifier(identifier)] {
			found[id] = s.users[id]
		}
	}
	var users []*clerk.User
	for _, id := range slices.Sorted(maps.Keys(found)) {
		users = append(users, found[id])
	}
	return users, nil
}

// carryOut makes a call for a user, or refuses it as Clerk would.
func (s *simulation) carryOut(ctx context.Context, w audit.Write, change plan.Change) (*clerk.User, error) {
	var before *clerk.User
	if w.UserID != "" {
		user, err := s.user(ctx, w.UserID)
		if err != nil {
			return nil, err
		}
		before = user
	}
	change = named(change, before)
	taken, err := s.taken(ctx, before, change)
	if err != nil {
		return nil, err
	}
	after, refused := effect.Of(before, change, s.newID)
	if taken != "" && refused == nil {
		refused = &clerk.Error{Status: http.StatusUnprocessableEntity, Code: "form_identifier_exists", Param: taken}
	}
	if refused != nil {
		s.made(w, change, before, before, refused)
		return nil, refused
	}
	s.stamp(after, change)
	s.made(w, change, before, after, nil)
	if after == nil {
		s.put(w.UserID, nil)
		return nil, nil
	}
	s.put(after.ID, after)
	return after, nil
}

// stamp sets the times of a changed user.
func (s *simulation) stamp(u *clerk.User, change plan.Change) {
	if u == nil {
		return
	}
	u.UpdatedAt = s.clock.now
	switch c := change.(type) {
	case plan.Create:
		if u.CreatedAt = s.clock.now; c.Params.CreatedAt != nil {
			u.CreatedAt = *c.Params.CreatedAt
		}
		if u.PasswordEnabled {
			u.PasswordUpdatedAt = s.clock.now
		}
	case plan.Update:
		if c.Params.Password != nil {
			u.PasswordUpdatedAt = s.clock.now
		}
	default:
	}
}

// newID invents an id. That of an address, number or wallet is made from its value, so that no two are the same.
func (s *simulation) newID(prefix, value string) string {
	if value != "" {
		return prefix + NewID + hex.EncodeToString([]byte(value))
	}
	s.ids++
	return fmt.Sprintf("%s%s%d", prefix, NewID, s.ids)
}
