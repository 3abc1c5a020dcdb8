// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"cmp"
	"sync"

	"k8s.io/apimachinery/pkg/types"
)

// successors has the objects that this process chose as successors, with the ids of the users that they get. It is safe for
// concurrent use.
type successors struct {
	mu     sync.Mutex
	chosen map[types.UID]string
}

func newSuccessors() *successors { return &successors{chosen: map[types.UID]string{}} }

// userOf returns the id of the user that an object was chosen for; "" is none.
func (s *successors) userOf(uid types.UID) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.chosen[uid]
}

// choose chooses an object as the successor of a user. It fails if the object was chosen for another user: it can have only one, and
// the other would be left behind with the object's mark.
func (s *successors) choose(uid types.UID, userID string) (chosen bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.chosen[uid] = cmp.Or(s.chosen[uid], userID)
	return s.chosen[uid] == userID
}

// forget takes back the choice of an object that is gone or did not get the user.
func (s *successors) forget(uid types.UID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.chosen, uid)
}
