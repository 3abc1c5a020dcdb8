// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"sync"
	"testing"

	"github.com/clerk-operator/clerk-operator/test/controlplane"
)

// lanes is how many pages have a cluster at the same time.
const lanes = 2

// lane is a control plane that pages use one after the other.
type lane struct {
	start  func() (*controlplane.ControlPlane, error)
	plane  *controlplane.ControlPlane
	store  store
	before map[string]bool
}

// newLanes returns lanes whose control planes start when they are used first, and end with the test.
func newLanes(t *testing.T) chan *lane {
	t.Helper()
	free := make(chan *lane, lanes)
	for range lanes {
		l := &lane{}
		l.start = sync.OnceValues(controlplane.StartWithCRDs)
		t.Cleanup(func() {
			if l.plane == nil {
				return
			}
			if err := l.plane.Stop(); err != nil {
				t.Error(err)
			}
		})
		free <- l
	}
	return free
}

// take waits for a lane, and has nothing on its API server but the CustomResourceDefinitions. The lane is free again after the test.
func take(t *testing.T, free chan *lane) *lane {
	t.Helper()
	l := <-free
	t.Cleanup(func() { free <- l })
	plane, err := l.start()
	if err != nil {
		t.Fatal(err)
	}
	l.plane, l.store = plane, store{plane.Etcd()}
	if l.before == nil {
		l.before, err = l.store.keys(t.Context())
	} else {
		err = l.store.restore(t.Context(), l.before)
	}
	if err != nil {
		t.Fatal(err)
	}
	return l
}
