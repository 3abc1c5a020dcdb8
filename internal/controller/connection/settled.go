// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package connection

import "k8s.io/apimachinery/pkg/types"

// Settle records that the pending deletion of a ClerkUser's user was carried out or is not needed any more. The controller of the
// ClerkInstance removes it from its status with its next numbers.
func (p *Pool) Settle(instance types.NamespacedName, uid string) {
	p.mu.Lock()
	p.settled[uid] = struct{}{}
	p.mu.Unlock()
	p.reported.Add(instance)
}

// Settled reports whether a pending deletion was settled.
func (p *Pool) Settled(uid string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, found := p.settled[uid]
	return found
}

// ForgetSettled forgets a pending deletion that the status no longer has.
func (p *Pool) ForgetSettled(uid string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.settled, uid)
}
