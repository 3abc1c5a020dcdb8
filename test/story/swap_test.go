// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"testing"

	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// only declares one address and no other.
func only(name string) func(*spec) {
	return func(s *spec) { s.EmailAddresses = []v1alpha1.EmailAddress{{Address: address(name)}} }
}

func (env *environment) expectAddress(name, of string) {
	env.t.Helper()
	if user := env.atClerk(name); len(user.EmailAddresses) != 1 || user.EmailAddresses[0].EmailAddress != address(of) {
		env.t.Errorf("ClerkUser %s has %+v, want %s alone", name, user.EmailAddresses, address(of))
	}
}

// The clock does not move in these stories: whoever waits for a retry waits for ever.

func TestSwappedAddressesSettle(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("ann", withUsername("ann_lee")))
	env.create(env.user("bob", withUsername("bob_ray")))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectReason("bob", v1alpha1.ReasonInSync)
	env.edit("ann", only("bob"))
	env.edit("bob", only("ann"))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectReason("bob", v1alpha1.ReasonInSync)
	env.expectAddress("ann", "bob")
	env.expectAddress("bob", "ann")
	env.expectNoDriftEvent("ann")
	env.expectNoDriftEvent("bob")
	env.expectNoWrites()
}

func TestSwapOfTheOnlyWaysInSaysWhatToDo(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("ann"))
	env.create(env.user("bob"))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectReason("bob", v1alpha1.ReasonInSync)
	env.edit("ann", only("bob"))
	env.edit("bob", only("ann"))
	env.expectMessage(env.expectReason("ann", v1alpha1.ReasonRejectedByClerk), "spec.emailAddresses[0]", "another way to sign in")
	env.expectMessage(env.expectReason("bob", v1alpha1.ReasonRejectedByClerk), "spec.emailAddresses[0]", "another way to sign in")
	env.expectNoWrites()
	env.edit("ann", withUsername("ann_lee"))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectReason("bob", v1alpha1.ReasonInSync)
	env.expectAddress("ann", "bob")
	env.expectAddress("bob", "ann")
	env.expectNoWrites()
}

func TestSwappedUsernamesSayWhatToDo(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("ann", withUsername("ann_lee")))
	env.create(env.user("bob", withUsername("bob_ray")))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectReason("bob", v1alpha1.ReasonInSync)
	env.edit("ann", withUsername("bob_ray"))
	env.edit("bob", withUsername("ann_lee"))
	env.expectMessage(env.expectReason("ann", v1alpha1.ReasonRejectedByClerk), "spec.username", "two commits")
	env.expectMessage(env.expectReason("bob", v1alpha1.ReasonRejectedByClerk), "spec.username", "two commits")
	if name := env.atClerk("ann").Username; name == nil || *name != "ann_lee" {
		t.Error("a username went although its successor was refused")
	}
	env.expectNoWrites()
	env.edit("ann", withUsername("ann_other"))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectReason("bob", v1alpha1.ReasonInSync)
	env.edit("ann", withUsername("bob_ray"))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectNoWrites()
}

func TestIdentifierIsTakenOverAtOnce(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		declare func(*spec)
		drop    func(*environment)
	}{
		"AnAddressThatLeavesASpec": {also("shared"), func(env *environment) { env.edit("ann", only("ann")) }},
		"AUsernameThatIsCleared":   {withUsername("shared"), func(env *environment) { env.edit("ann", withUsername("")) }},
		"AnExternalIDThatChanges": {
			func(s *spec) { s.ExternalID = ptr.To("shared") }, func(env *environment) { env.edit("ann", func(s *spec) { s.ExternalID = ptr.To("own") }) },
		},
		"ANumberOfADeletedUser": {
			func(s *spec) { s.PhoneNumbers = []v1alpha1.PhoneNumber{{Number: "+15555550177"}} },
			func(env *environment) { env.delete(env.read("ann")) },
		},
	} {
		t.Run(name+"ByABoundUser", func(t *testing.T) {
			env := newRunningEnvironment(t)
			env.create(env.user("ann", tc.declare))
			env.create(env.user("bob"))
			env.expectReason("ann", v1alpha1.ReasonInSync)
			env.expectReason("bob", v1alpha1.ReasonInSync)
			env.edit("bob", tc.declare)
			env.expectReason("bob", v1alpha1.ReasonRejectedByClerk)
			tc.drop(env)
			env.expectReason("bob", v1alpha1.ReasonInSync)
			env.expectNoDriftEvent("bob")
			env.expectNoWrites()
		})
		t.Run(name+"ByANewUser", func(t *testing.T) {
			env := newRunningEnvironment(t)
			env.create(env.user("ann", tc.declare))
			env.expectReason("ann", v1alpha1.ReasonInSync)
			env.create(env.user("bob", tc.declare))
			env.expectReason("bob", v1alpha1.ReasonWaitingForDeletion)
			tc.drop(env)
			env.expectReason("bob", v1alpha1.ReasonInSync)
			env.expectNoWrites()
		})
	}
}

func TestAddressPassesFromOneUserToAnotherInOneCommit(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("ann", also("shared")))
	env.create(env.user("bob"))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectReason("bob", v1alpha1.ReasonInSync)
	env.edit("bob", also("shared"))
	env.edit("ann", only("ann"))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectReason("bob", v1alpha1.ReasonInSync)
	env.expectNoWrites()
}
