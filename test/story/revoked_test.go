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
func (env *environment) anotherKey(name string) string {
	return "sk_live_" + name + env.namespace[len(env.namespace)-5:]
}

// anotherInstance makes a second Clerk instance, and a Secret after its name with its key.
func (env *environment) anotherInstance(name string) *emulator.Instance {
	env.t.Helper()
	other := env.server.AddInstance(emulator.InstanceConfig{
		Keys:     []string{env.anotherKey(name)},
		Settings: emulator.Settings{InstanceRateLimit: -1, UserRateLimit: -1},
	})
	env.createSecret(name, other.Key())
	return other
}

func (env *environment) createSecret(name, key string) {
	env.t.Helper()
	env.create(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: env.namespace, Name: name},
		StringData: map[string]string{v1alpha1.DefaultSecretKey: key},
	})
}

// expectLiftedBanRestored checks that drift of a ClerkUser's ban is still put right.
func (env *environment) expectLiftedBanRestored(name string) {
	env.t.Helper()
	id := env.read(name).Status.UserID
	if _, err := env.clerk.Edit(id, func(u *emulator.User) { u.Banned = false }); err != nil {
		env.t.Fatal(err)
	}
	env.eventually("the ban to be put back", func() error {
		if !env.clerk.User(id).Banned {
			return errNotYet
		}
		return nil
	})
}

func banned(s *spec) { s.Banned = ptr.To(true) }

// TestSingle401IsSurvived lets Clerk refuse a key that is good a moment later, and be slow to say so.
func TestSingle401IsSurvived(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("ann", banned))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.clerk.InjectFault(emulator.Fault{Method: "GET", Path: "/instance", Delay: 300 * time.Millisecond, Times: -1})
	env.clerk.InjectFault(emulator.Fault{Method: "GET", Path: "/users", Status: 401, Code: "authentication_invalid"})
	env.eventually("the key to be checked again", func() error {
		if env.calls("GET", "/instance") < 2 {
			return errNotYet
		}
		return nil
	})
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectLiftedBanRestored("ann")
	env.expectNoWrites()
}

// TestKeyIsRevokedBeforeItsSuccessorWasRead lets the operator meet the old key's end before it would read the Secret again.
func TestKeyIsRevokedBeforeItsSuccessorWasRead(t *testing.T) {
	env := newEnvironment(t)
	env.tune = func(c *controller.Config) { c.SecretInterval = time.Hour }
	env.start()
	env.create(env.user("ann", banned))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.settle()
	next := env.anotherKey("next")
	env.clerk.AddKey(next)
	env.setKey(next)
	env.clerk.InjectFault(emulator.Fault{Method: "GET", Path: "/instance", Delay: 400 * time.Millisecond, Times: -1})
	env.clerk.RevokeKey(env.clerk.Key())
	env.edit("ann", func(s *spec) { s.FirstName = ptr.To("Ann") })
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectLiftedBanRestored("ann")
	env.expectInstanceReason(v1alpha1.ReasonKeyAccepted)
	env.expectNoWrites()
}

// TestKeyThatMayNotSayWhoseItIs is of another instance than the one on record.
func TestKeyThatMayNotSayWhoseItIs(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("ann", cannotLeave))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.server.Clock().Advance(2 * lagTime)
	other := env.anotherInstance("wrong")
	other.InjectFault(emulator.Fault{Method: "GET", Path: "/instance", Status: 403, Code: "authorization_invalid", Times: -1})
	env.setKey(other.Key())
	env.expectInstanceReason(v1alpha1.ReasonInstanceChanged)
	env.edit("ann", func(s *spec) { s.FirstName = ptr.To("Ann") })
	env.expectReason("ann", v1alpha1.ReasonInstanceNotReady)
	env.create(env.user("bob"))
	env.expectReason("bob", v1alpha1.ReasonInstanceNotReady)
	env.expectNoWrites()
	if calls := other.Journal().Matching("", "/users/**"); len(calls) != 0 || len(other.Users()) != 0 {
		t.Errorf("the wrong instance was called: %+v", calls)
	}
	env.setKey(env.clerk.Key())
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectReason("bob", v1alpha1.ReasonInSync)
	env.expectUsers(2)
	env.expectNoWrites()
}

// TestUsersDoNotWaitForTheirCount lets counting fail, which serves only to be shown.
func TestUsersDoNotWaitForTheirCount(t *testing.T) {
	env := newEnvironment(t)
	env.clerk.InjectFault(emulator.Fault{Method: "GET", Path: "/users/count", Status: 500, Times: -1})
	env.start()
	env.create(env.user("ann"))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectInstanceReason(v1alpha1.ReasonKeyAccepted)
}

// TestNeighboursRevokedKeyDoesNotStopOthers has two ClerkInstances with keys of one Clerk instance.
func TestNeighboursRevokedKeyDoesNotStopOthers(t *testing.T) {
	env := newEnvironment(t)
	bad := env.anotherKey("bad")
	env.clerk.AddKey(bad)
	env.createSecret("bad", bad)
	other := env.instance()
	other.Name, other.Spec.SecretKeyRef.Name = "other", "bad"
	env.create(other)
	env.start()
	mine := []string{"ann", "bob", "eve"}
	for _, name := range mine {
		env.create(env.user(name, banned))
	}
	env.create(env.user("theirs", func(s *spec) { s.InstanceRef = &v1alpha1.InstanceReference{Name: "other"} }))
	for _, name := range append(mine, "theirs") {
		env.expectReason(name, v1alpha1.ReasonInSync)
	}
	env.clerk.InjectFault(emulator.Fault{Method: "GET", Path: "/instance", Delay: 400 * time.Millisecond, Times: -1})
	env.clerk.RevokeKey(bad)
	env.edit("theirs", func(s *spec) { s.FirstName = ptr.To("Theirs") })
	env.expectReason("theirs", v1alpha1.ReasonInstanceNotReady)
	env.elapse(5)
	for _, name := range mine {
		env.expectLiftedBanRestored(name)
		env.expectReason(name, v1alpha1.ReasonInSync)
	}
}
