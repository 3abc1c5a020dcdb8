// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"
	"fmt"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// takenRefusal is a creating call that Clerk refused because an identifier is taken, under one generation of the spec.
type takenRefusal struct {
	generation int64
	kind       clerk.IdentifierKind
	err        error
	// asked is when the call was made.
	asked time.Time
}

// lookUp is the answer to a look-up, and when it was asked for.
type lookUp struct {
	hits  []*clerk.User
	asked time.Time
}

// waitedFor is how long an answer serves the passes that follow: longer than a ticket may have to be waited for.
const waitedFor = 15 * time.Minute

// usersBy looks users up by values of one kind. A pass that runs out of tickets begins anew when it has one again, so
// answers are remembered until a pass comes to its end: or one that needs two would for ever spend its ticket on the
// first. An object that only observes, and has no user of its own, looks again at full comparisons, which wake it.
func (p *pass) usersBy(ctx context.Context, kind clerk.IdentifierKind, values ...string) ([]*clerk.User, error) {
	question := clerk.Identifier{Kind: kind, Value: strings.Join(values, "\x00")}
	if known, found := p.memory.lookUp(p.user.UID, question); found && p.now.Sub(known.asked) < p.lookUpLife() {
		return known.hits, nil
	}
	asked := p.now
	hits, err := p.in.client.UsersBy(ctx, kind, values...)
	if err != nil {
		return nil, fmt.Errorf("looking up users by %s: %w", kind, err)
	}
	p.memory.rememberLookUp(p.user.UID, question, lookUp{hits: hits, asked: asked})
	return hits, nil
}

func (p *pass) lookUpLife() time.Duration {
	if p.user.Spec.Observes() {
		return p.in.instance.Spec.FullInterval() / 2
	}
	return waitedFor
}

// lookUp returns the answer to a look-up of an earlier pass.
func (m *memory) lookUp(uid types.UID, question clerk.Identifier) (lookUp, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	known, found := m.of(uid).lookUps[question]
	return known, found
}

func (m *memory) rememberLookUp(uid types.UID, question clerk.Identifier, answer lookUp) {
	m.mu.Lock()
	defer m.mu.Unlock()
	o := m.of(uid)
	if o.lookUps == nil {
		o.lookUps = map[clerk.Identifier]lookUp{}
	}
	o.lookUps[question] = answer
}

// finish forgets what helped a pass over a wait for tickets: it came to its end.
func (m *memory) finish(p *pass) {
	if _, waiting := clerk.Waiting(p.err); waiting {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	o := m.of(p.user.UID)
	o.taken = nil
	if !p.user.Spec.Observes() {
		o.lookUps = nil
	}
}

// forgetLookUp forgets the answer to one question.
func (m *memory) forgetLookUp(uid types.UID, question clerk.Identifier) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.of(uid).lookUps, question)
}

// forgetLookUps forgets the answers about users that are no longer as they were.
func (m *memory) forgetLookUps(uid types.UID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.of(uid).lookUps = nil
}

// refuse records a refusal whose look-up is due.
func (m *memory) refuse(uid types.UID, r *takenRefusal) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.of(uid).taken = r
}

// lastRefusal returns the refusal whose look-up is due under this generation, if any.
func (m *memory) lastRefusal(uid types.UID, generation int64) *takenRefusal {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r := m.of(uid).taken; r != nil && r.generation == generation {
		return r
	}
	return nil
}
