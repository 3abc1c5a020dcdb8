// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// anotherKey returns a key that no other story uses.
func (w *world) anotherKey(name string) string {
	return "sk_live_" + name + w.namespace[len(w.namespace)-5:]
}

// anotherInstance makes a second Clerk instance, and a Secret after its name with its key.
func (w *world) anotherInstance(name string) *emulator.Instance {
	w.t.Helper()
	other := w.server.AddInstance(emulator.InstanceConfig{
		Keys:     []string{w.anotherKey(name)},
		Settings: emulator.Settings{InstanceRateLimit: -1, UserRateLimit: -1},
	})
	w.createSecret(name, other.Key())
	return other
}

func (w *world) createSecret(name, key string) {
	w.t.Helper()
	w.create(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: name},
		StringData: map[string]string{v1alpha1.DefaultSecretKey: key},
	})
}

// liftedBanIsPutBack checks that drift of a ClerkUser's ban is still put right.
func (w *world) liftedBanIsPutBack(name string) {
	w.t.Helper()
	id := w.read(name).Status.UserID
	if _, err := w.clerk.Edit(id, func(u *emulator.User) { u.Banned = false }); err != nil {
		w.t.Fatal(err)
	}
	w.eventually("the ban to be put back", func() error {
		if !w.clerk.User(id).Banned {
			return errNotYet
		}
		return nil
	})
}

func banned(s *spec) { s.Banned = ptr.To(true) }

// TestSingle401IsSurvived lets Clerk refuse a key that is good a moment later, and be slow to say so.
func TestSingle401IsSurvived(t *testing.T) {
	w := newLiveWorld(t)
	w.create(w.user("ann", banned))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.clerk.InjectFault(emulator.Fault{Method: "GET", Path: "/instance", Delay: 300 * time.Millisecond, Times: -1})
	w.clerk.InjectFault(emulator.Fault{Method: "GET", Path: "/users", Status: 401, Code: "authentication_invalid"})
	w.eventually("the key to be checked again", func() error {
		if w.calls("GET", "/instance") < 2 {
			return errNotYet
		}
		return nil
	})
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.liftedBanIsPutBack("ann")
	w.rests()
}

// TestKeyIsRevokedBeforeItsSuccessorWasRead lets the operator meet the old key's end before it would read the Secret again.
func TestKeyIsRevokedBeforeItsSuccessorWasRead(t *testing.T) {
	w := newWorld(t)
	w.tune = func(c *controller.Config) { c.SecretInterval = time.Hour }
	w.start()
	w.create(w.user("ann", banned))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.settle()
	next := w.anotherKey("next")
	w.clerk.AddKey(next)
	w.setKey(next)
	w.clerk.InjectFault(emulator.Fault{Method: "GET", Path: "/instance", Delay: 400 * time.Millisecond, Times: -1})
	w.clerk.RevokeKey(w.clerk.Key())
	w.edit("ann", func(s *spec) { s.FirstName = ptr.To("Ann") })
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.liftedBanIsPutBack("ann")
	w.instanceBecomes(v1alpha1.ReasonKeyAccepted)
	w.rests()
}

// TestKeyThatMayNotSayWhoseItIs is of another instance than the one on record.
func TestKeyThatMayNotSayWhoseItIs(t *testing.T) {
	w := newLiveWorld(t)
	w.create(w.user("ann", cannotLeave))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.server.Clock().Advance(2 * lagTime)
	other := w.anotherInstance("wrong")
	other.InjectFault(emulator.Fault{Method: "GET", Path: "/instance", Status: 403, Code: "authorization_invalid", Times: -1})
	w.setKey(other.Key())
	w.instanceBecomes(v1alpha1.ReasonInstanceChanged)
	w.edit("ann", func(s *spec) { s.FirstName = ptr.To("Ann") })
	w.becomes("ann", v1alpha1.ReasonInstanceNotReady)
	w.create(w.user("bob"))
	w.becomes("bob", v1alpha1.ReasonInstanceNotReady)
	w.rests()
	if calls := other.Journal().Matching("", "/users/**"); len(calls) != 0 || len(other.Users()) != 0 {
		t.Errorf("the wrong instance was called: %+v", calls)
	}
	w.setKey(w.clerk.Key())
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.becomes("bob", v1alpha1.ReasonInSync)
	w.wantUsers(2)
	w.rests()
}

// TestUsersDoNotWaitForTheirCount lets counting fail, which serves only to be shown.
func TestUsersDoNotWaitForTheirCount(t *testing.T) {
	w := newWorld(t)
	w.clerk.InjectFault(emulator.Fault{Method: "GET", Path: "/users/count", Status: 500, Times: -1})
	w.start()
	w.create(w.user("ann"))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.instanceBecomes(v1alpha1.ReasonKeyAccepted)
}

// TestNeighboursRevokedKeyDoesNotStopOthers has two ClerkInstances with keys of one Clerk instance.
func TestNeighboursRevokedKeyDoesNotStopOthers(t *testing.T) {
	w := newWorld(t)
	bad := w.anotherKey("bad")
	w.clerk.AddKey(bad)
	w.createSecret("bad", bad)
	other := w.instance()
	other.Name, other.Spec.SecretKeyRef.Name = "other", "bad"
	w.create(other)
	w.start()
	mine := []string{"ann", "bob", "eve"}
	for _, name := range mine {
		w.create(w.user(name, banned))
	}
	w.create(w.user("theirs", func(s *spec) { s.InstanceRef = &v1alpha1.InstanceReference{Name: "other"} }))
	for _, name := range append(mine, "theirs") {
		w.becomes(name, v1alpha1.ReasonInSync)
	}
	w.clerk.InjectFault(emulator.Fault{Method: "GET", Path: "/instance", Delay: 400 * time.Millisecond, Times: -1})
	w.clerk.RevokeKey(bad)
	w.edit("theirs", func(s *spec) { s.FirstName = ptr.To("Theirs") })
	w.becomes("theirs", v1alpha1.ReasonInstanceNotReady)
	w.elapse(5)
	for _, name := range mine {
		w.liftedBanIsPutBack(name)
		w.becomes(name, v1alpha1.ReasonInSync)
	}
}
