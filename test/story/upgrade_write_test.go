// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"flag"
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/binding"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
	"github.com/clerk-operator/clerk-operator/test/controlplane"
)

var upgradeVersion = flag.String("write-upgrade-fixture", "", "version of the operator whose fixture TestWriteUpgradeFixture writes")

// TestWriteUpgradeFixture has this version's operator bring objects of every kind into the state in which they stay, and writes
// them to testdata/upgrade:
//
//	go run ./hack/withcontrolplane go test ./test/story -run TestWriteUpgradeFixture -write-upgrade-fixture v1.2.3
func TestWriteUpgradeFixture(t *testing.T) {
	version := *upgradeVersion
	if version == "" {
		t.Skip("writes a fixture only if -write-upgrade-fixture names the version")
	}
	home := "upgrade-" + version
	for _, name := range []string{home, home + "-guest"} {
		createNamespace(t, name)
	}
	env := newEnvironmentIn(t, controlplane.Config(t), home, allowsAll, func(i *v1alpha1.ClerkInstance) {
		i.Spec.DeletionBrake = &v1alpha1.DeletionBrake{MaxCount: ptr.To[int32](1), Window: &metav1.Duration{Duration: 100 * time.Hour}}
	})
	key, err := binding.ParseKey([]byte(madeUp))
	if err != nil {
		t.Fatal(err)
	}
	env.key = key
	env.clerk.AddKey(upgradeKey)
	env.setKey(upgradeKey)
	guest := *env
	guest.namespace = home + "-guest"
	env.watched = append(env.watched, guest.namespace)
	env.start()

	env.declareInSync()
	env.declareRefused()
	guest.create(guest.user("not-allowed", guest.refersTo(env)))
	guest.expectReason("not-allowed", v1alpha1.ReasonNotAllowed)
	env.declareInstances()
	env.declareActions()
	env.declareDeleted()
	env.settle()
	f := env.capture(env.watched...)
	f.Clerk.Key = upgradeKey
	env.halt()
	env.clerk.ResetJournal()
	before := env.versions()
	env.start()
	env.settle()
	f.Restart = env.writtenSince(before)
	f.write(t, version, env.url)
}

func createNamespace(t *testing.T, name string) {
	t.Helper()
	c, err := client.New(controlplane.Config(t), client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}); err != nil {
		t.Fatal(err)
	}
}

// declareInSync declares users with every sort of field, and waits until they are as declared.
func (env *environment) declareInSync() {
	env.putSecret("ann", "password", annsPassword)
	env.putSecret("start", "password", "first-Of-All-77")
	env.putSecret("digest", "bcrypt", "$2y$10$C6UzMDM.H6dfI/f/IKcEeO5Wn8O0p0mBCkbs3cLqBJd5H6kU1Y8Zi")
	env.putSecret("factor", "totp", annsSecret)
	env.putSecret("codes", "list", "code-number-1\ncode-number-2\n")
	env.putSecret("billing", "token", "billing-token")
	env.create(env.portraits(portrait(env.t, 1)))
	byID := env.clerk.Seed(verified("by-id"))
	env.clerk.Seed(verified("by-address"))
	seen := env.clerk.Seed(emulator.User{FirstName: ptr.To("Oz"), EmailAddresses: verified("observed").EmailAddresses})
	users := map[string]func(*spec){
		"created": func(s *spec) {
			full(s)
			addEmail(s)
			withPassword(s)
			fromPortraits(s)
			s.StatusIncludes = []v1alpha1.StatusInclude{v1alpha1.IncludeOrganizationMemberships}
		},
		"initial": func(s *spec) {
			s.Initial = &v1alpha1.InitialValues{
				Password:      &v1alpha1.InitialPassword{SecretKeyRef: at("start", "password")},
				TOTPSecretRef: ptr.To(at("factor", "totp")), BackupCodesSecretRef: ptr.To(at("codes", "list")),
				CreatedAt: ptr.To(metav1.Date(2024, 2, 29, 12, 0, 0, 0, time.UTC)),
			}
		},
		"digest": func(s *spec) {
			s.Initial = &v1alpha1.InitialValues{PasswordDigest: &v1alpha1.PasswordDigest{SecretKeyRef: at("digest", "bcrypt"), Hasher: "bcrypt"}}
		},
		"by-id":      func(s *spec) { s.UserID, s.EmailAddresses = &byID.ID, nil },
		"by-address": ifUnmanaged,
		"banned":     func(s *spec) { s.Banned, s.DeletionPolicy = ptr.To(true), ptr.To(v1alpha1.DeletionBan) },
		"locked":     func(s *spec) { s.Locked = ptr.To(true) },
		"replaced": func(s *spec) {
			s.MetadataPolicy, s.IdentifiersPolicy = ptr.To(v1alpha1.PolicyReplace), ptr.To(v1alpha1.PolicyReplace)
			s.PublicMetadata, s.UnsafeMetadata = object(`{"role":"viewer"}`), object(`{}`)
		},
		"private": func(s *spec) {
			s.PrivateMetadata = object(`{"cost":"R1"}`)
			s.PrivateMetadataFrom = []v1alpha1.PrivateMetadataSource{{Path: "/billing/token", SecretKeyRef: at("billing", "token")}}
		},
		"reverted": func(s *spec) { s.Banned, s.PublicMetadata = ptr.To(true), object(`{"a":1,"b":{"c":2}}`) },
		"stopped":  func(s *spec) { s.FirstName = ptr.To("Ann") },
	}
	for name, set := range users {
		env.create(env.user(name, set))
	}
	for name := range users {
		env.expectReason(name, v1alpha1.ReasonInSync)
	}
	env.edit("reverted", func(s *spec) { s.Banned, s.PublicMetadata = nil, object(`{"b":{}}`) })
	env.expectReason("reverted", v1alpha1.ReasonInSync)
	env.edit("stopped", func(s *spec) { s.Suspend, s.FirstName = ptr.To(true), ptr.To("Anna") })
	env.create(env.user("never-began", func(s *spec) { s.Suspend = ptr.To(true) }))
	env.create(env.user("observed", observes, func(s *spec) { s.UserID, s.FirstName = &seen.ID, ptr.To("Ann") }))
	env.expectReason("observed", v1alpha1.ReasonObserved)
}

// declareRefused declares users that are not as declared, each for another reason.
func (env *environment) declareRefused() {
	env.clerk.Seed(verified("exists"))
	env.clerk.Seed(verified("ambiguous"))
	second := verified("ambiguous-too")
	second.Username = ptr.To("ambiguous_2")
	env.clerk.Seed(second)
	created := env.read("created").Status.UserID
	refused := map[string]struct {
		reason string
		set    func(*spec)
	}{
		"rejected":  {v1alpha1.ReasonRejectedByClerk, func(s *spec) { s.Username = ptr.To("?") }},
		"exists":    {v1alpha1.ReasonAlreadyExists, func(*spec) {}},
		"conflict":  {v1alpha1.ReasonConflict, func(s *spec) { s.UserID, s.EmailAddresses = &created, nil }},
		"no-secret": {v1alpha1.ReasonSecretNotFound, func(s *spec) { s.Password = &v1alpha1.Password{SecretKeyRef: at("nowhere", "password")} }},
		"ambiguous": {v1alpha1.ReasonAmbiguous, func(s *spec) {
			ifUnmanaged(s)
			s.EmailAddresses = append(s.EmailAddresses, v1alpha1.EmailAddress{Address: address("ambiguous-too")})
		}},
		"no-instance": {v1alpha1.ReasonInstanceNotFound, func(s *spec) { s.InstanceRef = &v1alpha1.InstanceReference{Name: "nowhere"} }},
	}
	for name, r := range refused {
		env.create(env.user(name, r.set))
	}
	for name, r := range refused {
		if r.reason == v1alpha1.ReasonConflict {
			env.expectConflict(name)
		} else {
			env.expectReason(name, r.reason)
		}
	}
	env.create(env.user("removed"))
	env.removeAtClerk(env.expectReason("removed", v1alpha1.ReasonInSync).Status.UserID)
	env.expectReason("removed", v1alpha1.ReasonMissing)
}

// declareInstances declares ClerkInstances that are not ready, each for another reason.
func (env *environment) declareInstances() {
	env.putSecret("no-key", v1alpha1.DefaultSecretKey, "none")
	env.putSecret("unknown-key", v1alpha1.DefaultSecretKey, "sk_test_unknown")
	reasons := map[string]string{
		"no-secret": v1alpha1.ReasonSecretNotFound, "no-key": v1alpha1.ReasonInvalidKey, "unknown-key": v1alpha1.ReasonKeyRejected,
	}
	for name := range reasons {
		i := env.instance()
		i.Name, i.Spec.SecretKeyRef.Name = name, name
		env.create(i)
	}
	for name, reason := range reasons {
		env.eventually("ClerkInstance "+name+" to become "+reason, func() error {
			i := &v1alpha1.ClerkInstance{}
			env.get(i, name)
			if len(i.Status.Conditions) == 0 || !slices.ContainsFunc(i.Status.Conditions, func(c metav1.Condition) bool { return c.Reason == reason }) {
				return errNotYet
			}
			return nil
		})
	}
}

// declareActions runs actions, some of which cannot finish.
func (env *environment) declareActions() {
	env.create(env.user("ann"))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.editAtClerk("ann", equipped)
	env.server.Clock().Advance(2 * lagTime)
	env.putInputSecret()
	env.runAction("done", "ann", func(s *actionSpec) {
		getsTokenFor("google")(s)
		s.TTLSecondsAfterFinished = ptr.To[int32](31_536_000)
	})
	env.runAction("verified", "ann", verifiesCode)
	env.runAction("failed", "ann", func(s *actionSpec) {
		getsTokenFor("github")(s)
		s.GetOAuthAccessToken.SecretName = "ann-github"
	})
	env.runAction("waits-for-user", "nobody", disablesMFA)
	env.runAction("waits-for-secret", "ann", func(s *actionSpec) {
		s.VerifyPassword = &v1alpha1.SecretValue{SecretKeyRef: at("nowhere", "password")}
	})
	env.expectComplete("done")
	env.expectComplete("verified")
	env.expectCondition("failed", v1alpha1.ConditionFailed, v1alpha1.ReasonProviderNotConnected)
	env.expectWaiting("waits-for-user", v1alpha1.ReasonUserNotFound)
	env.expectWaiting("waits-for-secret", v1alpha1.ReasonSecretNotFound)
}

// declareDeleted deletes more users than the brake allows, and one that Clerk does not let go.
func (env *environment) declareDeleted() {
	for _, name := range []string{"gone", "held", "kept"} {
		env.create(env.user(name))
		env.expectReason(name, v1alpha1.ReasonInSync)
	}
	env.server.Clock().Advance(2 * lagTime)
	env.delete(env.read("gone"))
	env.expectGone("gone")
	env.delete(env.read("held"))
	env.expectReason("held", v1alpha1.ReasonDeletionHeld)
	env.edit("kept", func(s *spec) { s.DeletionPolicy = ptr.To(v1alpha1.DeletionBan) })
}
