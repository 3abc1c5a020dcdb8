// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// recordedSpec declares a metadata key, a ban and a second address.
func recordedSpec(t *testing.T) *Desired {
	t.Helper()
	desired, err := FromSpec(&v1alpha1.ClerkUserSpec{
		EmailAddresses: []v1alpha1.EmailAddress{{Address: "a@x.io"}},
		PublicMetadata: &runtime.RawExtension{Raw: []byte(`{"role":"admin"}`)},
		Banned:         ptr.To(true),
		Password:       &v1alpha1.Password{},
	}, Inputs{Password: clerk.NewSecret("p"), PasswordDigest: "d1"})
	if err != nil {
		t.Fatal(err)
	}
	return desired
}

func roleChange() Change {
	return MergeMetadata{Params: clerk.MetadataParams{Public: clerk.Metadata{"role": "admin"}}}
}

func TestRecordBeginsWithWhatStatusHolds(t *testing.T) {
	t.Parallel()
	if r := NewRecord(nil); !r.Empty() {
		t.Errorf("without a status the record is %+v", r.Value())
	}
	applied := &v1alpha1.Applied{Metadata: []string{"/publicMetadata/role"}, PasswordDigest: "d0"}
	r := NewRecord(applied)
	if diff := cmp.Diff(*applied, r.Value()); diff != "" || r.Empty() {
		t.Errorf("record (-want +got):\n%s", diff)
	}
	applied.Metadata[0] = "/changed"
	if r.Value().Metadata[0] != "/publicMetadata/role" {
		t.Error("the record changes with the status that it was read from")
	}
	r.Clear()
	if !r.Empty() {
		t.Errorf("after its end the record is %+v", r.Value())
	}
}

// What is about to be sent is on record first, and leaves it again if nothing was sent.
func TestRecordOfChangesThatAreSent(t *testing.T) {
	t.Parallel()
	d, role := recordedSpec(t), roleChange()
	var r Record
	pointers, changed := r.Begin(d, []Change{role, Ban{}})
	if diff := cmp.Diff([]string{"/publicMetadata/role"}, pointers); diff != "" || !changed || !r.Value().Banned {
		t.Errorf("new pointers (-want +got):\n%s changed %t, %+v", diff, changed, r.Value())
	}
	if pointers, changed := r.Begin(d, []Change{role}); changed || pointers != nil {
		t.Errorf("what is on record counts as new: %v", pointers)
	}
	r.Clear()
	r.Begin(d, []Change{role})
	r.Cancel()
	if !r.Empty() {
		t.Errorf("what was not sent is on record: %+v", r.Value())
	}
	r.Commit(d, Update{Params: clerk.UpdateUserParams{Password: ptr.To(clerk.NewSecret("p"))}})
	if got := r.Digests(); got.Password != "d1" {
		t.Errorf("the digest of what was sent is %q", got.Password)
	}
}

// Of a plan that was not carried out as a whole, what was done or may have been done stays on record.
func TestRecordOfAPlanThatWasNotCarriedOut(t *testing.T) {
	t.Parallel()
	d, role := recordedSpec(t), roleChange()
	add := AddEmailAddress{Params: clerk.CreateEmailAddressParams{Address: "b@x.io"}}
	r := NewRecord(&v1alpha1.Applied{PhoneNumbers: []string{"+15555550100"}})
	r.Begin(d, []Change{role, add, Ban{}})
	r.Rollback(d, []Change{role}, []Change{add})
	want := v1alpha1.Applied{
		Metadata: []string{"/publicMetadata/role"}, EmailAddresses: []string{"b@x.io"}, PhoneNumbers: []string{"+15555550100"},
	}
	if diff := cmp.Diff(want, r.Value()); diff != "" {
		t.Errorf("record (-want +got):\n%s", diff)
	}
}

func TestRecordForgetsWhatIsGone(t *testing.T) {
	t.Parallel()
	d := recordedSpec(t)
	r := NewRecord(&v1alpha1.Applied{Metadata: []string{"/publicMetadata/former", "/publicMetadata/role"}, Locked: true})
	user := &clerk.User{PublicMetadata: clerk.Metadata{"former": "x"}, Locked: true}
	if r.Forgets(d, user) {
		t.Error("what is still at Clerk is forgotten")
	}
	user = &clerk.User{PublicMetadata: clerk.Metadata{}}
	if !r.Forgets(d, user) {
		t.Error("what is gone is not forgotten")
	}
	r.Prune(d, user)
	if diff := cmp.Diff(v1alpha1.Applied{Metadata: []string{"/publicMetadata/role"}}, r.Value()); diff != "" {
		t.Errorf("record (-want +got):\n%s", diff)
	}
}

// A metadata key stays on record unless it is certain that the operator never wrote it.
func TestRecordDisownsWhatClerkRefused(t *testing.T) {
	t.Parallel()
	all := v1alpha1.Applied{Metadata: []string{"/publicMetadata/new", "/publicMetadata/old", "/unsafeMetadata/new"}, Banned: true}
	unsent := map[string]bool{"/publicMetadata/new": true, "/unsafeMetadata/new": true}
	refused := []Part{{Field: FieldPublicMetadata}, {Field: FieldBanned}}
	r := NewRecord(&all)
	r.Disown(&clerk.User{}, refused, unsent)
	want := v1alpha1.Applied{Metadata: []string{"/publicMetadata/old", "/unsafeMetadata/new"}}
	if diff := cmp.Diff(want, r.Value()); diff != "" {
		t.Errorf("record (-want +got):\n%s", diff)
	}
}

// Every entry of both records is in the merged one, so that a new field of the record cannot be forgotten.
func TestRecordMergesEveryEntry(t *testing.T) {
	t.Parallel()
	other := v1alpha1.Applied{
		Metadata: []string{"/publicMetadata/b", "/publicMetadata/a"}, EmailAddresses: []string{"b@x.io"}, PhoneNumbers: []string{"+15555550101"},
		Banned: true, Locked: true, ProfileImage: true, PasswordDigest: "p", ProfileImageDigest: "i",
	}
	var empty Record
	empty.Merge(other)
	if Forgets(other, empty.Value()) {
		t.Errorf("the merged record is %+v", empty.Value())
	}
	r := NewRecord(&v1alpha1.Applied{Metadata: []string{"/publicMetadata/a"}, EmailAddresses: []string{"a@x.io"}, PasswordDigest: "own"})
	r.Merge(other)
	want := other
	want.Metadata, want.EmailAddresses = []string{"/publicMetadata/a", "/publicMetadata/b"}, []string{"a@x.io", "b@x.io"}
	want.PasswordDigest, want.ProfileImageDigest = "own", ""
	if diff := cmp.Diff(want, r.Value()); diff != "" {
		t.Errorf("record (-want +got):\n%s", diff)
	}
	for field := range reflect.ValueOf(&other).Elem().Fields() {
		if field.Type.Kind() != reflect.String && reflect.ValueOf(other).FieldByIndex(field.Index).IsZero() {
			t.Errorf("the test has no entry in %s", field.Name)
		}
	}
}

func TestRecordOfAnEarlierObject(t *testing.T) {
	t.Parallel()
	earlier := v1alpha1.Applied{Metadata: []string{"/publicMetadata/role"}}
	var r Record
	r.Inherit(earlier)
	earlier.Metadata[0] = "/changed"
	r.InheritBan()
	r.SetDigests(Digests{Password: "p", ProfileImage: "i"})
	want := v1alpha1.Applied{Metadata: []string{"/publicMetadata/role"}, Banned: true, PasswordDigest: "p", ProfileImageDigest: "i"}
	if diff := cmp.Diff(want, r.Value()); diff != "" {
		t.Errorf("record (-want +got):\n%s", diff)
	}
	if got := r.Digests(); got != (Digests{Password: "p", ProfileImage: "i"}) {
		t.Errorf("digests are %+v", got)
	}
}
