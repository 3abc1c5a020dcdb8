// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// inclusion is what is remembered of one list that status includes.
type inclusion struct {
	// userID is whose list was read.
	userID string
	// generation is the one of the spec for which the list was read last; 0 is none.
	generation int64
	// compared is when the last full comparison before that read began; zero if there was none, or if nothing was read.
	compared time.Time
	// asked is true while somebody asks for a fresh look that this list has not had yet.
	asked bool
	// pages are the entries read so far of a list whose next page waits for a token. Nil is none.
	pages any
}

// inclusion returns what is remembered of a list, and whether it has to be read: status does not show it and it was not read
// for this generation, it is another user's, there was a full comparison since it was read, or somebody asks for a fresh
// look. A list that an earlier process read is good until the next comparison.
func (m *memory) inclusion(uid types.UID, what v1alpha1.StatusInclude, now inclusion, shown, asked bool) (known inclusion, due bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	known = m.of(uid).inclusions[what]
	if known.userID != "" && known.userID != now.userID {
		return inclusion{userID: now.userID}, true
	}
	if shown && known.compared.IsZero() {
		known.generation, known.compared = now.generation, now.compared
	}
	known.userID, known.asked = now.userID, known.asked || asked
	m.keep(uid, what, known)
	return known, known.asked || known.generation != now.generation && !shown || now.compared.After(known.compared)
}

// included records what is known of a list now.
func (m *memory) included(uid types.UID, what v1alpha1.StatusInclude, known inclusion) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.keep(uid, what, known)
}

// keep records an inclusion; the caller holds the lock.
func (m *memory) keep(uid types.UID, what v1alpha1.StatusInclude, known inclusion) {
	o := m.of(uid)
	if o.inclusions == nil {
		o.inclusions = map[v1alpha1.StatusInclude]inclusion{}
	}
	o.inclusions[what] = known
}
