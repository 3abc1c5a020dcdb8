// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package statemetrics

import (
	"sync"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/index"
)

// actions counts ClerkUserActions that are not finished, by the time of their creation. It is safe for concurrent use.
type actions struct {
	mu         sync.Mutex
	unfinished times
	number     int
}

func newActions() *actions { return &actions{unfinished: times{}} }

func (a *actions) add(action *v1alpha1.ClerkUserAction)    { a.count(action, 1) }
func (a *actions) remove(action *v1alpha1.ClerkUserAction) { a.count(action, -1) }

func (a *actions) count(action *v1alpha1.ClerkUserAction, by int) {
	if index.Finished(action) {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.unfinished.change(action.CreationTimestamp.Unix(), by)
	a.number += by
}

// totals returns how many actions are not finished, and when the oldest of them was created; 0 is none.
func (a *actions) totals() (number int, oldest int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.number, earliest(a.unfinished)
}
