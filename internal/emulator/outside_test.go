// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

func TestSeededUsersAreComplete(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	u := c.instance.Seed(emulator.User{
		EmailAddresses: []emulator.EmailAddress{emulator.ReservedEmail("A@Example.com"), {EmailAddress: "b@example.com", Verification: &emulator.Verification{}}},
		PhoneNumbers:   []emulator.PhoneNumber{emulator.ReservedPhone("+15555550100"), {PhoneNumber: "+15555550101", Verification: &emulator.Verification{Status: "unverified"}}},
		PublicMetadata: map[string]any{"n": 7, "list": []int{1}}, Locked: true,
		ExternalAccounts: []emulator.ExternalAccount{{Provider: "oauth_google"}},
	})
	// The answer is validated against Clerk's document like every other.
	read := c.send("GET", "/users/"+u.ID, nil).user()
	read.LockedUntil = u.LockedUntil
	if diff := cmp.Diff(u, read); diff != "" {
		t.Errorf("what Seed returns and what is read differ:\n%s", diff)
	}
	if text(u.PrimaryEmailAddressID) != u.EmailAddresses[0].ID || u.EmailAddresses[0].EmailAddress != "a@example.com" {
		t.Errorf("addresses %+v", u.EmailAddresses)
	}
	if u.EmailAddresses[1].Verification.Status != "verified" || u.PhoneNumbers[1].Verification.Object != "verification_otp" {
		t.Errorf("verifications %+v %+v", u.EmailAddresses[1].Verification, u.PhoneNumbers[1].Verification)
	}
	if !u.LockedUntil.Equal(noon.Add(time.Hour)) || u.PrivateMetadata == nil {
		t.Errorf("locked until %s, private %v", u.LockedUntil, u.PrivateMetadata)
	}
	kept := c.instance.Seed(emulator.User{ID: "user_mine", CreatedAt: 1, UpdatedAt: 2, PublicMetadata: map[string]any{"bad": func() {}}})
	if kept.ID != "user_mine" || kept.CreatedAt != 1 || kept.UpdatedAt != 2 || len(kept.PublicMetadata) != 0 {
		t.Errorf("seeded %+v", kept)
	}
}

func TestEditActsFromOutside(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{Settings: emulator.Settings{BanUnsupported: true, InstanceRateLimit: 1}})
	u := c.instance.Seed(emulator.User{Username: new("somebody")})
	c.server.InjectFault(emulator.Fault{Status: 500, Times: -1})
	edited, err := c.instance.Edit(u.ID, func(u *emulator.User) {
		u.Banned, u.Locked, u.PrivateMetadata, u.ID = true, true, nil, "user_other"
		u.EmailAddresses = append(u.EmailAddresses, emulator.VerifiedEmail("a@example.com"))
	})
	if err != nil || !edited.Banned || edited.ID != u.ID || edited.UpdatedAt <= u.UpdatedAt || *edited.LockoutExpiresInSeconds != 3600 {
		t.Fatalf("edited %+v, %v", edited, err)
	}
	if len(c.server.Journal()) != 0 {
		t.Error("an edit is in the journal")
	}
	c.server.ClearFaults()
	if got := c.send("GET", "/users?email_address=a@example.com", nil).users(); len(got) != 1 || !got[0].Banned {
		t.Errorf("found %d users by the new address", len(got))
	}
	c.server.Clock().Advance(2 * time.Hour)
	again, _ := c.instance.Edit(u.ID, func(u *emulator.User) {
		if u.Locked {
			t.Error("a lapsed lock reads as one")
		}
		u.Locked, u.UpdatedAt = true, 5
	})
	if !again.Locked || *again.LockoutExpiresInSeconds != 3600 || again.UpdatedAt != 5 {
		t.Errorf("locked again %+v", again)
	}
	until := noon.Add(3 * time.Hour)
	if set, _ := c.instance.Edit(u.ID, func(u *emulator.User) { u.LockedUntil = until }); !set.LockedUntil.Equal(until) {
		t.Errorf("locked until %s", set.LockedUntil)
	}
	if _, err := c.instance.Edit("user_x", func(*emulator.User) {}); !errors.Is(err, emulator.ErrNoUser) {
		t.Errorf("editing nobody: %v", err)
	}
	if err := c.instance.Delete("user_x"); !errors.Is(err, emulator.ErrNoUser) {
		t.Errorf("deleting nobody: %v", err)
	}
	if err := c.instance.Delete(u.ID); err != nil || c.instance.User(u.ID) != nil || len(c.instance.Users()) != 0 {
		t.Errorf("deleting: %v", err)
	}
}

func TestCopiesAreDeep(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	list := []any{"c"}
	inner := map[string]any{"b": list}
	u := c.instance.Seed(emulator.User{
		Username: new("somebody"), PublicMetadata: map[string]any{"a": inner}, OrganizationIDs: []string{"org_1"},
		EmailAddresses: []emulator.EmailAddress{emulator.VerifiedEmail("a@example.com")}, Directory: &emulator.Directory{Attributes: []string{"x"}},
		PhoneNumbers: []emulator.PhoneNumber{emulator.VerifiedPhone("+15555550100")}, Web3Wallets: []emulator.Web3Wallet{{Web3Wallet: wallet}},
		ExternalAccounts: []emulator.ExternalAccount{{PublicMetadata: map[string]any{"a": "b"}}}, Passkeys: []emulator.Passkey{{Name: "a"}},
		CreateOrganizationsLimit: new(3), LastSignInAt: new(int64(7)), Credentials: emulator.Credentials{BackupCodes: []string{"a"}},
	})
	stored := func() string {
		raw, err := json.Marshal(c.instance.User(u.ID))
		if err != nil {
			t.Fatal(err)
		}
		return string(raw) + fmt.Sprint(c.instance.User(u.ID).OrganizationIDs, *c.instance.User(u.ID).Directory, c.instance.User(u.ID).Credentials.BackupCodes)
	}
	before := stored()
	*u.Username, u.OrganizationIDs[0], u.Directory.Attributes[0], *u.CreateOrganizationsLimit, *u.LastSignInAt = "x", "x", "y", 4, 8
	list[0], inner["d"] = "x", "x"
	if shown, isObject := u.PublicMetadata["a"].(map[string]any); isObject {
		shown["b"] = "x"
	}
	u.EmailAddresses[0].Verification.Status, u.PhoneNumbers[0].PhoneNumber, u.Web3Wallets[0].Web3Wallet = "x", "x", "x"
	u.ExternalAccounts[0].PublicMetadata["a"], u.Passkeys[0].Name, u.Credentials.BackupCodes[0] = "x", "x", "x"
	if diff := cmp.Diff(before, stored()); diff != "" {
		t.Errorf("changing a copy changed the user:\n%s", diff)
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	c.instance.Seed(emulator.User{Username: new("one"), Banned: true})
	c.instance.Seed(emulator.User{Username: new("two"), Banned: true})
	if got := c.instance.Find(func(u *emulator.User) bool { return text(u.Username) == "two" }); text(got.Username) != "two" {
		t.Errorf("found %+v", got)
	}
	if c.instance.Find(func(u *emulator.User) bool { return u.Banned }) != nil || c.instance.Find(func(*emulator.User) bool { return false }) != nil {
		t.Error("found one of several, or none")
	}
}

func TestReset(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{Settings: emulator.Settings{InstanceRateLimit: 2}})
	c.create(m{"username": "somebody"})
	c.send("GET", "/users", nil).ok()
	c.server.InjectFault(emulator.Fault{Status: 500, Times: -1})
	c.server.Reset()
	if len(c.instance.Users()) != 0 || len(c.server.Journal()) != 0 || len(c.server.Faults()) != 0 {
		t.Error("something is left")
	}
	c.create(m{"username": "somebody"})
	if c.instance.Settings().InstanceRateLimit != 2 {
		t.Error("the settings are gone")
	}
}

func TestClock(t *testing.T) {
	t.Parallel()
	clock := emulator.New(emulator.Config{}).Clock()
	if d := time.Until(clock.Now()); d > time.Second || d < -time.Second {
		t.Errorf("the clock is %s off", d)
	}
	clock.Set(noon)
	clock.Advance(time.Hour)
	if d := clock.Now().Sub(noon); d < time.Hour || d > time.Hour+time.Minute {
		t.Errorf("the clock is %s past noon", d)
	}
}

func TestNewestUsers(t *testing.T) {
	t.Parallel()
	i := emulator.New(emulator.Config{}).AddInstance(emulator.InstanceConfig{})
	for n, name := range []string{"ada", "grace", "alan", "anita"} {
		i.Seed(emulator.User{Username: new(name), CreatedAt: int64(n + 1)})
	}
	users, total := i.NewestUsers(2, func(u *emulator.User) bool { return strings.HasPrefix(*u.Username, "a") })
	if len(users) != 2 || total != 3 || *users[0].Username != "anita" || *users[1].Username != "alan" {
		t.Errorf("%d users of %d", len(users), total)
	}
	*users[0].Username = "changed"
	if i.Find(func(u *emulator.User) bool { return *u.Username == "anita" }) == nil {
		t.Error("a returned user is not a copy")
	}
}
