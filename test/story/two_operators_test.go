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
	env := newEnvironment(t)
	env.tune = func(c *controller.Config) { c.CountInterval = interval }
	env.clerk.InjectFault(emulator.Fault{Method: "GET", Path: "/users/count", Skip: 1, Body: `{"object":"total_count","total_count":9}`})
	env.start()
	env.create(env.user("ann"))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	second := *env
	second.start()
	counted := func(n int64) error {
		instance := &v1alpha1.ClerkInstance{}
		env.get(instance, "default")
		if users := instance.Status.Users; users == nil || *users != n {
			return errNotYet
		}
		return nil
	}
	env.eventually("the second operator's count", func() error { return counted(9) })
	list := &v1alpha1.ClerkInstanceList{}
	watch, err := env.client.Watch(t.Context(), list, client.InNamespace(env.namespace))
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
