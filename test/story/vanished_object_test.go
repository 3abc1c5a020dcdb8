// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// deleteAtOnce removes an object at once, finalizer or not, as a hasty administrator does.
func (env *environment) deleteAtOnce(name string) error {
	user := &v1alpha1.ClerkUser{}
	if err := env.client.Get(env.t.Context(), client.ObjectKey{Namespace: env.namespace, Name: name}, user); err != nil {
		return fmt.Errorf("reading ClerkUser %s: %w", name, err)
	}
	if err := env.client.Delete(env.t.Context(), user); err != nil {
		return fmt.Errorf("deleting ClerkUser %s: %w", name, err)
	}
	patch := client.RawPatch("application/merge-patch+json", []byte(`{"metadata":{"finalizers":null}}`))
	if err := env.client.Patch(env.t.Context(), user, patch); err != nil {
		return fmt.Errorf("removing the finalizers of ClerkUser %s: %w", name, err)
	}
	return nil
}

// whileCreating runs a func while the next creating call is under way.
func (env *environment) whileCreating(f func() error) {
	env.clerk.InjectFault(emulator.Fault{Method: "POST", Path: "/users", Delay: time.Millisecond, Match: func(emulator.Entry) bool {
		if err := f(); err != nil {
			env.t.Error(err)
		}
		return true
	}})
}

// TestUserOfAVanishedObjectIsDeletedAgain removes an object while its user is created.
func TestUserOfAVanishedObjectIsDeletedAgain(t *testing.T) {
	env := newRunningEnvironment(t)
	env.whileCreating(func() error { return env.deleteAtOnce("ann") })
	env.create(env.user("ann"))
	env.expectGone("ann")
	env.eventually("the user to be deleted again", func() error {
		if users := env.clerk.Users(); len(users) > 0 || env.calls("POST", "/users") == 0 {
			return fmt.Errorf("%d users are at Clerk", len(users))
		}
		return nil
	})
	env.expectEvent("ann", v1alpha1.EventDeleted)
	env.expectNoWrites()
	lines := env.auditLines()
	if why := causesOf(lines); !slices.Equal(why, []string{"create spec", "delete undo"}) {
		t.Errorf("the audit lines tell of %q", why)
	}
	env.expectJournal(lines)
}

// TestUserOfAVanishedObjectIsNotItsSuccessors has another object of the same name take the place of one whose user is being
// created.
func TestUserOfAVanishedObjectIsNotItsSuccessors(t *testing.T) {
	env := newRunningEnvironment(t)
	replaced := make(chan struct{})
	env.whileCreating(func() error {
		defer close(replaced)
		if err := env.deleteAtOnce("ann"); err != nil {
			return err
		}
		return env.client.Create(t.Context(), env.user("ann"))
	})
	env.create(env.user("ann"))
	<-replaced
	uid := string(env.expectReason("ann", v1alpha1.ReasonInSync).UID)
	env.eventually("the only user at Clerk to be the present object's", func() error {
		users := env.clerk.Users()
		if len(users) != 1 {
			return fmt.Errorf("%d users are at Clerk", len(users))
		}
		if mark := fmt.Sprint(users[0].PrivateMetadata[v1alpha1.OwnerKey]); !strings.Contains(mark, uid) {
			return fmt.Errorf("the mark is %s, and the object's uid %s", mark, uid)
		}
		return nil
	})
	env.expectNoWrites()
}
