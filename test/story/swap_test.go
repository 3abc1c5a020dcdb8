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

func (w *world) wantAddress(name, of string) {
	w.t.Helper()
	if user := w.atClerk(name); len(user.EmailAddresses) != 1 || user.EmailAddresses[0].EmailAddress != address(of) {
		w.t.Errorf("ClerkUser %s has %+v, want %s alone", name, user.EmailAddresses, address(of))
	}
}

// The clock does not move in these stories: whoever waits for a retry waits for ever.

func TestSwappedAddressesSettle(t *testing.T) {
	w := newLiveWorld(t)
	w.create(w.user("ann", withUsername("ann_lee")))
	w.create(w.user("bob", withUsername("bob_ray")))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.becomes("bob", v1alpha1.ReasonInSync)
	w.edit("ann", only("bob"))
	w.edit("bob", only("ann"))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.becomes("bob", v1alpha1.ReasonInSync)
	w.wantAddress("ann", "bob")
	w.wantAddress("bob", "ann")
	w.wantNoDrift("ann")
	w.wantNoDrift("bob")
	w.rests()
}

func TestSwapOfTheOnlyWaysInSaysWhatToDo(t *testing.T) {
	w := newLiveWorld(t)
	w.create(w.user("ann"))
	w.create(w.user("bob"))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.becomes("bob", v1alpha1.ReasonInSync)
	w.edit("ann", only("bob"))
	w.edit("bob", only("ann"))
	w.says(w.becomes("ann", v1alpha1.ReasonRejectedByClerk), "spec.emailAddresses[0]", "another way to sign in")
	w.says(w.becomes("bob", v1alpha1.ReasonRejectedByClerk), "spec.emailAddresses[0]", "another way to sign in")
	w.rests()
	w.edit("ann", withUsername("ann_lee"))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.becomes("bob", v1alpha1.ReasonInSync)
	w.wantAddress("ann", "bob")
	w.wantAddress("bob", "ann")
	w.rests()
}

func TestSwappedUsernamesSayWhatToDo(t *testing.T) {
	w := newLiveWorld(t)
	w.create(w.user("ann", withUsername("ann_lee")))
	w.create(w.user("bob", withUsername("bob_ray")))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.becomes("bob", v1alpha1.ReasonInSync)
	w.edit("ann", withUsername("bob_ray"))
	w.edit("bob", withUsername("ann_lee"))
	w.says(w.becomes("ann", v1alpha1.ReasonRejectedByClerk), "spec.username", "two commits")
	w.says(w.becomes("bob", v1alpha1.ReasonRejectedByClerk), "spec.username", "two commits")
	if name := w.atClerk("ann").Username; name == nil || *name != "ann_lee" {
		t.Error("a username went although its successor was refused")
	}
	w.rests()
	w.edit("ann", withUsername("ann_other"))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.becomes("bob", v1alpha1.ReasonInSync)
	w.edit("ann", withUsername("bob_ray"))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.rests()
}

func TestIdentifierIsTakenOverAtOnce(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		declare func(*spec)
		drop    func(*world)
	}{
		"AnAddressThatLeavesASpec": {also("shared"), func(w *world) { w.edit("ann", only("ann")) }},
		"AUsernameThatIsCleared":   {withUsername("shared"), func(w *world) { w.edit("ann", withUsername("")) }},
		"AnExternalIDThatChanges": {
			func(s *spec) { s.ExternalID = ptr.To("shared") }, func(w *world) { w.edit("ann", func(s *spec) { s.ExternalID = ptr.To("own") }) },
		},
		"ANumberOfADeletedUser": {
			func(s *spec) { s.PhoneNumbers = []v1alpha1.PhoneNumber{{Number: "+15555550177"}} },
			func(w *world) { w.delete(w.read("ann")) },
		},
	} {
		t.Run(name+"ByABoundUser", func(t *testing.T) {
			w := newLiveWorld(t)
			w.create(w.user("ann", tc.declare))
			w.create(w.user("bob"))
			w.becomes("ann", v1alpha1.ReasonInSync)
			w.becomes("bob", v1alpha1.ReasonInSync)
			w.edit("bob", tc.declare)
			w.becomes("bob", v1alpha1.ReasonRejectedByClerk)
			tc.drop(w)
			w.becomes("bob", v1alpha1.ReasonInSync)
			w.wantNoDrift("bob")
			w.rests()
		})
		t.Run(name+"ByANewUser", func(t *testing.T) {
			w := newLiveWorld(t)
			w.create(w.user("ann", tc.declare))
			w.becomes("ann", v1alpha1.ReasonInSync)
			w.create(w.user("bob", tc.declare))
			w.becomes("bob", v1alpha1.ReasonConflict)
			tc.drop(w)
			w.becomes("bob", v1alpha1.ReasonInSync)
			w.rests()
		})
	}
}

func TestAddressPassesFromOneUserToAnotherInOneCommit(t *testing.T) {
	w := newLiveWorld(t)
	w.create(w.user("ann", also("shared")))
	w.create(w.user("bob"))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.becomes("bob", v1alpha1.ReasonInSync)
	w.edit("bob", also("shared"))
	w.edit("ann", only("ann"))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.becomes("bob", v1alpha1.ReasonInSync)
	w.rests()
}
