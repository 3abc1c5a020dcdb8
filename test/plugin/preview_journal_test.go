// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plugin_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// What happens to a person in the test below.
const (
	isNew = iota
	isNewToo
	isAdoptedByID
	isAdoptedByAddress
	isChanged
	isChangedToo
	isDeleted
	isObserved
	isRefused
	isGone
	fates
)

// TestPreviewForeseesTheCallsOfTheOperator previews 200 random objects, applies them, and compares the calls that were foreseen with
// the calls in Clerk's journal.
func TestPreviewForeseesTheCallsOfTheOperator(t *testing.T) {
	people := 200
	if testing.Short() {
		people = 40
	}
	f := newForecast(t, func(i *v1alpha1.ClerkInstance) {
		// Which of many deletions the brake pauses is decided by which comes first.
		i.Spec.DeletionBrake = &v1alpha1.DeletionBrake{MaxCount: new(int32(0))}
	})
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	secret, images := previewSources(f.namespace)
	f.create(secret)
	f.create(images)
	random := rand.New(rand.NewPCG(seed, 0))
	known := f.begin(random, people)
	for person := range people {
		f.foresee(draws{random, person}, known)
	}
	reads := len(f.clerk.Journal())
	result := f.preview()
	if reads = len(f.clerk.Journal()) - reads; reads > people/10+20 {
		t.Errorf("the preview of %d objects made %d calls", people, reads)
	}
	f.clerk.ResetJournal()
	f.carryOut()
	f.start()
	f.compare(result)
}

func nameOf(person int) string { return fmt.Sprintf("person-%d", person) }

// begin has the operator create the users of those who have one before, and returns their specs.
func (f *forecast) begin(random *rand.Rand, people int) map[int]v1alpha1.ClerkUserSpec {
	f.t.Helper()
	stop, known := f.start(), map[int]v1alpha1.ClerkUserSpec{}
	for person := range people {
		d := draws{random, person}
		switch person % fates {
		case isChanged, isChangedToo, isDeleted, isGone:
			spec := d.spec()
			if d.yes(20) && spec.Password == nil {
				d.initial(&spec)
			}
			if person%fates == isGone {
				spec.DeleteSelfEnabled = maybeOne(d, 70, true, false)
			}
			user := f.user(nameOf(person))
			user.Spec, known[person] = spec, spec
			f.create(user)
		}
	}
	for person := range known {
		f.eventually(nameOf(person), func() error {
			if user := f.read(nameOf(person)); !isReady(user) {
				return fmt.Errorf("its conditions are %+v", user.Status.Conditions)
			}
			return nil
		})
	}
	stop()
	// What was written before does not lag any more.
	f.server.Clock().Advance(2 * time.Minute)
	return known
}

// foresee prepares what is applied or deleted for one person, and what others do at Clerk before that.
func (f *forecast) foresee(d draws, known map[int]v1alpha1.ClerkUserSpec) {
	f.t.Helper()
	user := f.user(nameOf(d.person))
	user.Spec = d.spec()
	if before, has := known[d.person]; has {
		user.Spec.Initial = before.Initial
	}
	switch d.person % fates {
	case isNew, isNewToo:
		if d.yes(40) && user.Spec.Password == nil {
			d.initial(&user.Spec)
		}
		f.apply(user)
	case isAdoptedByID:
		user.Spec.UserID = &f.clerk.Seed(d.user()).ID
		f.apply(user)
	case isAdoptedByAddress:
		f.clerk.Seed(d.user())
		user.Spec.AdoptionPolicy = new(v1alpha1.AdoptIfUnmanaged)
		f.apply(user)
	case isChanged, isChangedToo:
		f.editAtClerk(d)
		if user.Spec.Initial != nil && d.yes(50) {
			user.Spec.Initial = nil
		}
		f.apply(user)
	case isDeleted:
		f.editAtClerk(d)
		f.deleteWith(d)
	case isObserved:
		if d.yes(70) {
			user.Spec.UserID = &f.clerk.Seed(d.user()).ID
		}
		user.Spec.Mode = new(v1alpha1.ModeObserve)
		if d.yes(30) {
			user.Spec.Mode, user.Spec.Suspend = nil, new(true)
		}
		f.apply(user)
	case isRefused:
		f.refuse(d, user)
	case isGone:
		// If too many were gone, the operator would suspect a fault. That cannot be told from some of the users.
		if d.person%(2*fates) == isGone {
			f.apply(user)
			return
		}
		if err := f.clerk.Delete(f.read(nameOf(d.person)).Status.UserID); err != nil {
			f.t.Fatal(err)
		}
		if d.yes(50) {
			user.Spec = known[d.person]
			user.Spec.FirstName = new("Zoe")
		}
		f.apply(user)
	}
}

func (f *forecast) editAtClerk(d draws) {
	f.t.Helper()
	if _, err := f.clerk.Edit(f.read(nameOf(d.person)).Status.UserID, d.edit); err != nil {
		f.t.Fatal(err)
	}
}

// deleteWith deletes an object after its deletion policy was drawn.
func (f *forecast) deleteWith(d draws) {
	f.t.Helper()
	user := f.read(nameOf(d.person))
	user.Spec.DeletionPolicy = maybeOne(d, 75, v1alpha1.DeletionDelete, v1alpha1.DeletionBan, v1alpha1.DeletionRetain)
	if err := f.client.Update(f.t.Context(), user); err != nil {
		f.t.Fatal(err)
	}
	f.deleted = append(f.deleted, user)
}

// refuse draws what the operator or Clerk refuses.
func (f *forecast) refuse(d draws, user *v1alpha1.ClerkUser) {
	switch d.IntN(3) {
	case 0: // Somebody else has the address.
		f.clerk.Seed(emulator.User{EmailAddresses: []emulator.EmailAddress{emulator.ReservedEmail(d.address("a")), emulator.ReservedEmail(d.address("b")), emulator.ReservedEmail(d.address("c"))}})
	case 1: // A Secret is missing.
		user.Spec.Password = &v1alpha1.Password{SecretKeyRef: v1alpha1.SecretKeySelector{Name: "missing", Key: "password"}}
		user.Spec.Initial = nil
	case 2: // A directory manages the user.
		seed := d.user()
		seed.EmailAddresses = []emulator.EmailAddress{emulator.DirectoryEmail(d.address("a"))}
		seed.Directory = &emulator.Directory{}
		user.Spec.UserID = &f.clerk.Seed(seed).ID
	}
	f.apply(user)
}
