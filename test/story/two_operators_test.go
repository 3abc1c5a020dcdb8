// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// TestTwoOperatorsCountInTurns runs two operators that know of no lease, and of which one counts other users.
func TestTwoOperatorsCountInTurns(t *testing.T) {
	const interval, watched = time.Second, 5 * time.Second
	w := newWorld(t)
	w.tune = func(c *controller.Config) { c.CountInterval = interval }
	w.clerk.InjectFault(emulator.Fault{Method: "GET", Path: "/users/count", Skip: 1, Body: `{"object":"total_count","total_count":9}`})
	w.start()
	w.create(w.user("ann"))
	w.becomes("ann", v1alpha1.ReasonInSync)
	second := *w
	second.start()
	counted := func(n int64) error {
		instance := &v1alpha1.ClerkInstance{}
		w.get(instance, "default")
		if users := instance.Status.Users; users == nil || *users != n {
			return errNotYet
		}
		return nil
	}
	w.eventually("the second operator's count", func() error { return counted(9) })
	list := &v1alpha1.ClerkInstanceList{}
	watch, err := w.client.Watch(t.Context(), list, client.InNamespace(w.namespace))
	if err != nil {
		t.Fatal(err)
	}
	defer watch.Stop()
	writes := 0
	for end := time.After(watched); ; {
		select {
		case <-watch.ResultChan():
			writes++
			continue
		case <-end:
		}
		break
	}
	// Each operator once per interval, and the object as it is when the watch begins.
	if most := 2*int(watched/interval) + 3; writes > most {
		t.Errorf("two operators wrote %d times in %s, want at most %d", writes, watched, most)
	}
}
