// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package connection

import (
	"fmt"

	"k8s.io/apimachinery/pkg/types"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// InstanceLabel returns the value of the label clerk_instance for the Clerk instance that InstanceID returns. It is "" if there is no
// Clerk instance, and if the recorded id is not one: it may be any text, of any length, that somebody wrote into a status.
func (p *Pool) InstanceLabel(name types.NamespacedName, recorded string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if h := p.joined(name); h != nil {
		return h.label
	}
	if _, known := p.states[name]; known || !clerk.IsInstanceID(recorded) {
		return ""
	}
	return recorded
}

// newLabel returns the label of a Clerk instance that is about to be shared: its id, or a number if the key may not ask for the id.
// What stands in for that id is a digest of the key, which no metric has, and another one for each new key. The caller holds the lock.
func (p *Pool) newLabel(instanceID string) string {
	if clerk.IsInstanceID(instanceID) {
		return instanceID
	}
	for n := 1; ; n++ {
		if label := fmt.Sprint("unpinned-", n); !p.labelled(label) {
			return label
		}
	}
}

func (p *Pool) labelled(label string) bool {
	for _, h := range p.shared {
		if h.label == label {
			return true
		}
	}
	return false
}
