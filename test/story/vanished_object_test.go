// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// letGo removes an object at once, finalizer or not, as a hasty administrator does.
func (w *world) letGo(name string) error {
	user := &v1alpha1.ClerkUser{}
	if err := w.client.Get(w.t.Context(), client.ObjectKey{Namespace: w.namespace, Name: name}, user); err != nil {
		return fmt.Errorf("reading ClerkUser %s: %w", name, err)
	}
	if err := w.client.Delete(w.t.Context(), user); err != nil {
		return fmt.Errorf("deleting ClerkUser %s: %w", name, err)
	}
	patch := client.RawPatch("application/merge-patch+json", []byte(`{"metadata":{"finalizers":null}}`))
	if err := w.client.Patch(w.t.Context(), user, patch); err != nil {
		return fmt.Errorf("removing the finalizers of ClerkUser %s: %w", name, err)
	}
	return nil
}

// whileCreating runs a func while the next creating call is under way.
func (w *world) whileCreating(f func() error) {
	w.clerk.InjectFault(emulator.Fault{Method: "POST", Path: "/users", Delay: time.Millisecond, Match: func(emulator.Entry) bool {
		if err := f(); err != nil {
			w.t.Error(err)
		}
		return true
	}})
}

// TestUserOfAVanishedObjectIsDeletedAgain has an object vanish while its user is created.
func TestUserOfAVanishedObjectIsDeletedAgain(t *testing.T) {
	w := newLiveWorld(t)
	w.whileCreating(func() error { return w.letGo("ann") })
	w.create(w.user("ann"))
	w.vanishes("ann")
	w.eventually("the user to be deleted again", func() error {
		if users := w.clerk.Users(); len(users) > 0 || w.calls("POST", "/users") == 0 {
			return fmt.Errorf("%d users are at Clerk", len(users))
		}
		return nil
	})
	w.tells("ann", v1alpha1.EventDeleted)
	w.rests()
}

// TestUserOfAVanishedObjectIsNotItsSuccessors has another object of the same name take the place of one whose user is being
// created.
func TestUserOfAVanishedObjectIsNotItsSuccessors(t *testing.T) {
	w := newLiveWorld(t)
	replaced := make(chan struct{})
	w.whileCreating(func() error {
		defer close(replaced)
		if err := w.letGo("ann"); err != nil {
			return err
		}
		return w.client.Create(t.Context(), w.user("ann"))
	})
	w.create(w.user("ann"))
	<-replaced
	uid := string(w.becomes("ann", v1alpha1.ReasonInSync).UID)
	w.eventually("the only user at Clerk to be the present object's", func() error {
		users := w.clerk.Users()
		if len(users) != 1 {
			return fmt.Errorf("%d users are at Clerk", len(users))
		}
		if mark := fmt.Sprint(users[0].PrivateMetadata[v1alpha1.OwnerKey]); !strings.Contains(mark, uid) {
			return fmt.Errorf("the mark is %s, and the object's uid %s", mark, uid)
		}
		return nil
	})
	w.rests()
}
