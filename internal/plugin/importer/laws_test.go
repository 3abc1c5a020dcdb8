// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package importer

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/runtime"
	"pgregory.net/rapid"
	"sigs.k8s.io/yaml"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/plan"
	"github.com/clerk-operator/clerk-operator/internal/plugin/manifest"
	"github.com/clerk-operator/clerk-operator/test/people"
)

// imported returns the manifest of a user, decoded from its YAML as the API server would have it.
func imported(t *rapid.T, u *clerk.User, chosen map[Group]bool) *v1alpha1.ClerkUser {
	t.Helper()
	r := &run{chosen: chosen, declared: newDeclared("cluster"), namespace: "team-a", enforce: true}
	written, err := manifest.Of("team-a", "ada", r.specOf(u, "ada")).YAML()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(written), v1alpha1.ReservedPrefix+"o") {
		t.Fatalf("it declares a key of the operator:\n%s", written)
	}
	object := &v1alpha1.ClerkUser{}
	if err := yaml.UnmarshalStrict(written, object); err != nil {
		t.Fatalf("%v in:\n%s", err, written)
	}
	return object
}

// chosenGroups are some of the groups of fields.
func chosenGroups() *rapid.Generator[map[Group]bool] {
	return rapid.Custom(func(t *rapid.T) map[Group]bool {
		chosen := map[Group]bool{}
		for _, group := range Groups() {
			chosen[group] = rapid.Bool().Draw(t, string(group))
		}
		return chosen
	})
}

// Whatever the user has, an adoption by its manifest writes the owner mark and nothing else. What is declared is what the user has, and
// only what was chosen.
func TestManifestIsTheUserAndChangesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		u, chosen := people.Users().Draw(t, "user"), chosenGroups().Draw(t, "fields")
		s := imported(t, u, chosen).Spec
		expectNoChange(t, &s, u)
		expectValues(t, &s, u, chosen)
		expectMetadata(t, s.PublicMetadata, u.PublicMetadata, chosen[GroupPublicMetadata])
		expectMetadata(t, s.PrivateMetadata, u.PrivateMetadata, chosen[GroupPrivateMetadata])
		expectMetadata(t, s.UnsafeMetadata, u.UnsafeMetadata, chosen[GroupUnsafeMetadata])
		expectContacts(t, &s, u, chosen[GroupIdentifiers])
	})
}

func expectNoChange(t *rapid.T, s *v1alpha1.ClerkUserSpec, u *clerk.User) {
	t.Helper()
	mark := plan.Mark{Cluster: "cluster", Namespace: "team-a", Name: "ada", UID: likeUID, Origin: v1alpha1.OriginAdopted}
	desired, err := plan.FromSpec(s, plan.Inputs{Mark: mark, LiftLock: true})
	if err != nil {
		t.Fatalf("the planner refuses it: %v", err)
	}
	for _, change := range plan.For(desired, u) {
		if !slices.Equal(change.Fields(), []string{plan.FieldOwnerMark}) {
			t.Errorf("the operator would make the change %s", change)
		}
	}
}

func expectValues(t *rapid.T, s *v1alpha1.ClerkUserSpec, u *clerk.User, chosen map[Group]bool) {
	t.Helper()
	if s.UserID == nil || *s.UserID != u.ID {
		t.Errorf("userID is %v, want %s", s.UserID, u.ID)
	}
	same := func(group Group, field string, got *string, have string) {
		if got != nil && (*got != have || have == "" || !chosen[group]) {
			t.Errorf("%s is %q, and the user has %q (chosen: %t)", field, *got, have, chosen[group])
		}
	}
	same(GroupIdentifiers, "username", s.Username, u.Username)
	same(GroupIdentifiers, "externalID", s.ExternalID, u.ExternalID)
	same(GroupProfile, "firstName", s.FirstName, u.FirstName)
	same(GroupProfile, "lastName", s.LastName, u.LastName)
	same(GroupProfile, "locale", s.Locale, u.Locale)
	if s.Banned != nil != chosen[GroupAccess] || s.Banned != nil && *s.Banned != u.Banned {
		t.Errorf("banned is %v, and the user has %t", s.Banned, u.Banned)
	}
	if s.Locked != nil && (!*s.Locked || !u.Locked || !u.LockedUntil.IsZero()) {
		t.Error("a lock is declared that ends by itself, or that is lifted")
	}
	if s.Password != nil || s.Initial != nil || s.ProfileImage != nil || s.PrivateMetadataFrom != nil || s.DeletionPolicy != nil {
		t.Error("it declares what cannot be read")
	}
}

func expectMetadata(t *rapid.T, declared *runtime.RawExtension, have clerk.Metadata, chosen bool) {
	t.Helper()
	if declared == nil {
		return
	}
	var got map[string]any
	if err := json.Unmarshal(declared.Raw, &got); err != nil || len(got) == 0 || !chosen {
		t.Fatalf("metadata is declared as %s (%v)", declared.Raw, err)
	}
	for key, value := range got {
		if !reflect.DeepEqual(value, have[key]) {
			t.Errorf("key %q is declared as %#v, and the user has %#v", key, value, have[key])
		}
	}
}

func expectContacts(t *rapid.T, s *v1alpha1.ClerkUserSpec, u *clerk.User, chosen bool) {
	t.Helper()
	if !chosen && len(s.EmailAddresses)+len(s.PhoneNumbers) > 0 || len(s.EmailAddresses) > 20 {
		t.Error("too many identifiers are declared")
	}
	for i, email := range s.EmailAddresses {
		at := slices.IndexFunc(u.EmailAddresses, func(e clerk.EmailAddress) bool { return e.Address == email.Address && e.Status != clerk.Unverified })
		if at < 0 {
			t.Errorf("address %q is declared, and the user has none such that is verified or reserved", email.Address)
			continue
		}
		if reserved := email.Status != nil && *email.Status == v1alpha1.IdentifierReserved; reserved != (u.EmailAddresses[at].Status == clerk.Reserved) {
			t.Errorf("address %q is reserved: %t", email.Address, reserved)
		}
		if email.Primary != nil && (i > 0 || len(s.EmailAddresses) == 1) {
			t.Errorf("address %d of %d is marked as primary", i, len(s.EmailAddresses))
		}
	}
	for _, phone := range s.PhoneNumbers {
		if !slices.ContainsFunc(u.PhoneNumbers, func(p clerk.PhoneNumber) bool { return p.Number == phone.Number && p.Status != clerk.Unverified }) {
			t.Errorf("number %q is declared, and the user has none such that is verified or reserved", phone.Number)
		}
	}
}

// An ordinary user is declared as a whole: nothing is left out by mistake.
func TestOrdinaryUserIsDeclaredWhole(t *testing.T) {
	t.Parallel()
	u := ordinary()
	chosen := map[Group]bool{}
	for _, group := range Groups() {
		chosen[group] = true
	}
	r := &run{chosen: chosen, declared: newDeclared("cluster"), namespace: "team-a"}
	written, err := manifest.Of("team-a", "ada", r.specOf(u, "ada")).YAML()
	if err != nil {
		t.Fatal(err)
	}
	if got := string(written); got != ordinaryManifest {
		t.Errorf("the manifest is\n%s\nwant\n%s", got, ordinaryManifest)
	}
	if len(r.counts.LeftOut) > 0 || r.counts.NoRoom.Count > 0 {
		t.Errorf("left out: %+v", r.counts)
	}
}

// ordinary is a user with one of everything that can be declared.
func ordinary() *clerk.User {
	return &clerk.User{
		ID: "user_1", ExternalID: "hr-1", Username: "yes", FirstName: "Ada", LastName: "Lovelace", Locale: "en-GB",
		EmailAddresses: []clerk.EmailAddress{
			{ID: "idn_1", Address: "second@example.com", Status: clerk.Reserved}, {ID: "idn_2", Address: "ada@example.com", Status: clerk.Verified, Linked: true},
			{ID: "idn_3", Address: "claimed@example.com", Status: clerk.Unverified},
		},
		PrimaryEmailAddressID: "idn_2",
		PhoneNumbers:          []clerk.PhoneNumber{{ID: "idn_4", Number: "+15555550100", Status: clerk.Verified, ReservedForSecondFactor: true}},
		PrimaryPhoneNumberID:  "idn_4",
		PublicMetadata:        clerk.Metadata{"since": "2024-01-01", "level": 3.0, "roles": []any{"a", "b"}, "none": map[string]any{}},
		PrivateMetadata:       clerk.Metadata{"plan": "pro", v1alpha1.OwnerKey: "v1 other team-b/ada uid created"},
		UnsafeMetadata:        clerk.Metadata{"theme": "dark"},
		Banned:                true, Locked: true, DeleteSelfEnabled: true, CreateOrganizationsLimit: new(int64(5)),
	}
}

const ordinaryManifest = `apiVersion: clerk-operator.io/v1alpha1
kind: ClerkUser
metadata:
  name: ada
  namespace: team-a
spec:
  banned: true
  bypassClientTrust: false
  createOrganizationEnabled: false
  createOrganizationsLimit: 5
  deleteSelfEnabled: true
  emailAddresses:
  - address: ada@example.com
    primary: true
  - address: second@example.com
    status: Reserved
  externalID: hr-1
  firstName: Ada
  lastName: Lovelace
  locale: en-GB
  locked: true
  mode: Observe
  phoneNumbers:
  - number: "+15555550100"
    reservedForSecondFactor: true
  privateMetadata:
    plan: pro
  publicMetadata:
    level: 3
    none: {}
    roles:
    - a
    - b
    since: "2024-01-01"
  unsafeMetadata:
    theme: dark
  userID: user_1
  username: "yes"
`
