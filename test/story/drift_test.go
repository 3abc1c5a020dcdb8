// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"testing"
	"time"

	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

func TestDriftIsPutRight(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		drift func(*emulator.User)
		right func(*emulator.User) bool
	}{
		"Profile":    {func(u *emulator.User) { u.FirstName = ptr.To("Eve") }, func(u *emulator.User) bool { return *u.FirstName == "Ann" }},
		"Username":   {func(u *emulator.User) { u.Username = ptr.To("eve_1") }, func(u *emulator.User) bool { return *u.Username == "ann_lee" }},
		"ExternalID": {func(u *emulator.User) { u.ExternalID = nil }, func(u *emulator.User) bool { return u.ExternalID != nil && *u.ExternalID == "hr-17" }},
		"Permissions": {
			func(u *emulator.User) {
				u.DeleteSelfEnabled, u.CreateOrganizationEnabled, u.BypassClientTrust = true, true, false
			},
			func(u *emulator.User) bool {
				return !u.DeleteSelfEnabled && !u.CreateOrganizationEnabled && u.BypassClientTrust
			},
		},
		"Metadata": {
			func(u *emulator.User) { u.PublicMetadata = map[string]any{"role": "god"} },
			func(u *emulator.User) bool {
				return u.PublicMetadata["role"] == "admin" && u.PublicMetadata["limits"] != nil
			},
		},
		"Email": {func(u *emulator.User) { u.EmailAddresses = nil }, func(u *emulator.User) bool { return len(u.EmailAddresses) == 1 }},
		"Phone": {func(u *emulator.User) { u.PhoneNumbers = nil }, func(u *emulator.User) bool { return len(u.PhoneNumbers) == 1 }},
		"Private": {
			func(u *emulator.User) { u.PrivateMetadata["cost"] = "R9" },
			func(u *emulator.User) bool { return u.PrivateMetadata["cost"] == "R1" },
		},
		"Unsafe": {
			func(u *emulator.User) { u.UnsafeMetadata = nil },
			func(u *emulator.User) bool { return u.UnsafeMetadata["theme"] == "dark" },
		},
		"Lock": {func(u *emulator.User) { u.Locked = false }, func(u *emulator.User) bool { return u.Locked }},
		"Primary": {
			func(u *emulator.User) {
				u.EmailAddresses = append(u.EmailAddresses, emulator.VerifiedEmail("own@example.com"))
				u.EmailAddresses[1].ID = "idn_own"
				u.PrimaryEmailAddressID = ptr.To("idn_own")
			},
			func(u *emulator.User) bool { return *u.PrimaryEmailAddressID == u.EmailAddresses[0].ID },
		},
		"SecondFactor": {
			func(u *emulator.User) { u.PhoneNumbers[0].ReservedForSecondFactor = false },
			func(u *emulator.User) bool { return u.PhoneNumbers[0].ReservedForSecondFactor },
		},
		"Ban": {func(u *emulator.User) { u.Banned = true }, func(u *emulator.User) bool { return !u.Banned }},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			env := newRunningEnvironment(t)
			env.create(env.user("ann", full, func(s *spec) {
				s.Banned, s.Locked = ptr.To(false), ptr.To(true)
				s.EmailAddresses[0].Primary, s.PhoneNumbers[0].ReservedForSecondFactor = ptr.To(true), ptr.To(true)
			}))
			id := env.expectReason("ann", v1alpha1.ReasonInSync).Status.UserID
			if _, err := env.clerk.Edit(id, tc.drift); err != nil {
				t.Fatal(err)
			}
			env.eventually("the drift to be put right", func() error {
				if !tc.right(env.clerk.User(id)) {
					return errNotYet
				}
				return nil
			})
			env.expectReason("ann", v1alpha1.ReasonInSync)
			env.expectNoWrites()
		})
	}
}

func TestUndeclaredChangesAreLeftAlone(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("ann"))
	id := env.expectReason("ann", v1alpha1.ReasonInSync).Status.UserID
	if _, err := env.clerk.Edit(id, func(u *emulator.User) {
		u.FirstName, u.Banned = ptr.To("Ann"), true
		u.PublicMetadata = map[string]any{"app": "wrote this"}
		u.EmailAddresses = append(u.EmailAddresses, emulator.VerifiedEmail("own@example.com"))
	}); err != nil {
		t.Fatal(err)
	}
	env.eventually("status to show the ban", func() error {
		if banned := env.read("ann").Status.Banned; banned == nil || !*banned {
			return errNotYet
		}
		return nil
	})
	u := env.clerk.User(id)
	if *u.FirstName != "Ann" || !u.Banned || len(u.EmailAddresses) != 2 || u.PublicMetadata["app"] == nil {
		t.Errorf("something was undone: %+v", u)
	}
	env.expectNoWrites()
}

func TestApplicationReplacesPrivateMetadata(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("ann", func(s *spec) { s.PrivateMetadata = object(`{"cost":"R1"}`) }))
	id := env.expectReason("ann", v1alpha1.ReasonInSync).Status.UserID
	if _, err := env.clerk.Edit(id, func(u *emulator.User) { u.PrivateMetadata = map[string]any{"app": "only this"} }); err != nil {
		t.Fatal(err)
	}
	env.expectEvent("ann", v1alpha1.EventMarkRestored)
	env.expectReason("ann", v1alpha1.ReasonInSync)
	there := env.clerk.User(id).PrivateMetadata
	if there["app"] != "only this" || there["cost"] != "R1" || there[v1alpha1.OwnerKey] == nil {
		t.Errorf("private metadata is %v", there)
	}
	env.expectNoWrites()
}

func TestLockLapsesAndIsSetAgain(t *testing.T) {
	env := newRunningEnvironment(t)
	env.clerk.Configure(func(s *emulator.Settings) { s.LockoutDuration = time.Hour })
	env.create(env.user("ann", func(s *spec) { s.Locked = ptr.To(true) }))
	user := env.expectReason("ann", v1alpha1.ReasonInSync)
	if user.Status.Locked == nil || !*user.Status.Locked || user.Status.LockExpiresAt == nil {
		t.Fatalf("status does not show the lock: %+v", user.Status)
	}
	env.server.Clock().Advance(2 * time.Hour)
	env.eventually("the lock to be set again", func() error {
		if !env.clerk.User(user.Status.UserID).Locked {
			return errNotYet
		}
		return nil
	})
	env.eventually("status to show the new end", func() error {
		if !env.read("ann").Status.LockExpiresAt.After(user.Status.LockExpiresAt.Add(time.Hour)) {
			return errNotYet
		}
		return nil
	})
	env.edit("ann", func(s *spec) { s.Locked = ptr.To(false) })
	env.expectReason("ann", v1alpha1.ReasonInSync)
	if env.atClerk("ann").Locked {
		t.Error("locked: false did not lift the lock")
	}
	if _, err := env.clerk.Edit(user.Status.UserID, func(u *emulator.User) { u.Locked = true }); err != nil {
		t.Fatal(err)
	}
	env.eventually("status to show Clerk's own lock", func() error {
		if locked := env.read("ann").Status.Locked; locked == nil || !*locked {
			return errNotYet
		}
		return nil
	})
	env.expectNoWrites()
	if !env.atClerk("ann").Locked {
		t.Error("a lock that Clerk set against guessing was lifted")
	}
}

func TestRevertedBanIsLifted(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("ann"))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.edit("ann", func(s *spec) { s.Banned = ptr.To(true) })
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectEvent("ann", v1alpha1.EventBanned)
	env.restart()
	env.edit("ann", func(s *spec) { s.Banned = nil })
	env.expectReason("ann", v1alpha1.ReasonInSync)
	if env.atClerk("ann").Banned {
		t.Error("the ban outlived the commit that was reverted")
	}
	env.expectEvent("ann", v1alpha1.EventUnbanned)
	env.expectNoWrites()
}

func TestContendedFieldIsLeftUntilTheFullComparison(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("ann", func(s *spec) { s.FirstName = ptr.To("Ann") }))
	id := env.expectReason("ann", v1alpha1.ReasonInSync).Status.UserID
	env.eventually("the field to count as contended", func() error {
		if _, err := env.clerk.Edit(id, func(u *emulator.User) { u.FirstName = ptr.To("Eve") }); err != nil {
			return err
		}
		time.Sleep(driftInterval / 4)
		if ready := env.read("ann").Status.Conditions[0]; ready.Reason != v1alpha1.ReasonContended {
			return errNotYet
		}
		return nil
	})
	env.expectCalls(3, "PATCH", "/users/*")
	if pending := env.read("ann").Status.PendingChanges; len(pending) != 1 || pending[0] != "firstName" {
		t.Errorf("pendingChanges is %v", pending)
	}
	env.expectNoWrites()
	env.server.Clock().Advance(v1alpha1.DefaultFullInterval)
	env.eventually("the field to be put right", func() error {
		if *env.clerk.User(id).FirstName != "Ann" {
			return errNotYet
		}
		return nil
	})
	env.expectNoWrites()
}

func TestReconcileRequestedAtReadsAgain(t *testing.T) {
	env := newRunningEnvironment(t, slow)
	env.create(env.user("ann", func(s *spec) { s.FirstName = ptr.To("Ann") }))
	id := env.expectReason("ann", v1alpha1.ReasonInSync).Status.UserID
	if _, err := env.clerk.Edit(id, func(u *emulator.User) { u.FirstName = ptr.To("Eve") }); err != nil {
		t.Fatal(err)
	}
	env.clerk.ResetJournal()
	env.annotate("ann", v1alpha1.AnnotationReconcileRequestedAt, "now")
	env.eventually("the annotation to be served", func() error {
		if env.read("ann").Status.LastHandledReconcileAt != "now" {
			return errNotYet
		}
		return nil
	})
	if name := *env.clerk.User(id).FirstName; name != "Ann" {
		t.Errorf("the name at Clerk is %s", name)
	}
	env.expectCalls(1, "GET", "/users/*")
	env.expectNoWrites()
}
