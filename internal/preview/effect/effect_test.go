// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package effect_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/png"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
	"github.com/clerk-operator/clerk-operator/internal/plan"
	"github.com/clerk-operator/clerk-operator/internal/preview/effect"
)

// shown is a user that cmp may look into.
type shown clerk.User

// canonical is a user without times, and with ids that name what they are of.
func canonical(u *clerk.User) *shown {
	if u == nil {
		return nil
	}
	u = effect.Copy(u)
	ids := map[string]string{"": ""}
	for i := range u.EmailAddresses {
		e := &u.EmailAddresses[i]
		ids[e.ID] = "id of " + e.Address
		e.ID = ids[e.ID]
	}
	for i := range u.PhoneNumbers {
		n := &u.PhoneNumbers[i]
		ids[n.ID] = "id of " + n.Number
		n.ID = ids[n.ID]
	}
	for i := range u.Web3Wallets {
		u.Web3Wallets[i].ID = "id of " + u.Web3Wallets[i].Address
	}
	u.ID, u.PrimaryEmailAddressID, u.PrimaryPhoneNumberID = "", ids[u.PrimaryEmailAddressID], ids[u.PrimaryPhoneNumberID]
	u.CreatedAt, u.UpdatedAt, u.PasswordUpdatedAt, u.LockedUntil = time.Time{}, time.Time{}, time.Time{}, time.Time{}
	// Whether a second factor is enabled decides nothing.
	u.TwoFactorEnabled, u.TOTPEnabled, u.BackupCodeEnabled = false, false, false
	return (*shown)(u)
}

// environment is a Clerk that the model is compared with.
type environment struct {
	clerk  *emulator.Instance
	client *clerk.Client
}

func newEnvironment(t *testing.T) environment {
	t.Helper()
	server := emulator.New(emulator.Config{})
	listener := httptest.NewServer(server)
	t.Cleanup(func() { server.Close(); listener.Close() })
	instance := server.AddInstance(emulator.InstanceConfig{
		Keys: []string{"sk_live_effect"}, Settings: emulator.Settings{InstanceRateLimit: -1, UserRateLimit: -1},
	})
	client, err := clerk.New(clerk.Config{
		APIURL: listener.URL + "/v1", Key: clerk.NewSecret("sk_live_effect"),
		RateLimiter: clerk.NewRateLimiter(clerk.RateLimiterConfig{RequestsPer10s: 100_000}),
	})
	if err != nil {
		t.Fatal(err)
	}
	return environment{instance, client}
}

// carryOut makes the call for a change.
func (e environment) carryOut(ctx context.Context, id string, change plan.Change) (err error) {
	switch c := change.(type) {
	case plan.Create:
		_, err = e.client.CreateUser(ctx, c.Params)
	case plan.Update:
		_, err = e.client.UpdateUser(ctx, id, c.Params)
	case plan.MergeMetadata:
		_, err = e.client.MergeMetadata(ctx, id, c.Params)
	case plan.ReplaceMetadata:
		_, err = e.client.ReplaceMetadata(ctx, id, c.Params)
	case plan.SetProfileImage:
		_, err = e.client.SetProfileImage(ctx, id, c.Image)
	case plan.DeleteProfileImage:
		_, err = e.client.DeleteProfileImage(ctx, id)
	case plan.Ban:
		_, err = e.client.BanUser(ctx, id)
	case plan.Unban:
		_, err = e.client.UnbanUser(ctx, id)
	case plan.Lock:
		_, err = e.client.LockUser(ctx, id)
	case plan.Unlock:
		_, err = e.client.UnlockUser(ctx, id)
	case plan.Delete:
		err = e.client.DeleteUser(ctx, id)
	default:
		err = e.carryOutOnContact(ctx, change)
	}
	return err
}

func (e environment) carryOutOnContact(ctx context.Context, change plan.Change) (err error) {
	switch c := change.(type) {
	case plan.AddEmailAddress:
		_, err = e.client.CreateEmailAddress(ctx, c.Params)
	case plan.UpdateEmailAddress:
		_, err = e.client.UpdateEmailAddress(ctx, c.Contact.ID, c.Params)
	case plan.DeleteEmailAddress:
		err = e.client.DeleteEmailAddress(ctx, c.Contact.ID)
	case plan.AddPhoneNumber:
		_, err = e.client.CreatePhoneNumber(ctx, c.Params)
	case plan.UpdatePhoneNumber:
		_, err = e.client.UpdatePhoneNumber(ctx, c.Contact.ID, c.Params)
	case plan.DeletePhoneNumber:
		err = e.client.DeletePhoneNumber(ctx, c.Contact.ID)
	default:
		err = errors.New("there is no such call")
	}
	return err
}

// person has one of everything.
func person() emulator.User {
	return emulator.User{
		Username: new("person"), FirstName: new("Ann"),
		EmailAddresses: []emulator.EmailAddress{
			emulator.VerifiedEmail("a@example.com"), emulator.ReservedEmail("b@example.com"), emulator.VerifiedEmail("c@example.com"),
			emulator.UnverifiedEmail("d@example.com"),
		},
		PhoneNumbers:    []emulator.PhoneNumber{emulator.VerifiedPhone("+15555550100"), emulator.UnverifiedPhone("+15555550101")},
		PublicMetadata:  map[string]any{"a": map[string]any{"b": "c", "d": "e"}, "f": "g"},
		PrivateMetadata: map[string]any{"h": "i"}, UnsafeMetadata: map[string]any{},
		DeleteSelfEnabled: true, CreateOrganizationEnabled: true,
	}
}

// onlyNumber can sign in with a number alone.
func onlyNumber() emulator.User {
	return emulator.User{
		PhoneNumbers:    []emulator.PhoneNumber{emulator.VerifiedPhone("+15555550100")},
		PrivateMetadata: map[string]any{}, DeleteSelfEnabled: true, CreateOrganizationEnabled: true,
	}
}

func directoryUser() emulator.User {
	u := person()
	u.EmailAddresses[0] = emulator.DirectoryEmail("a@example.com")
	u.Directory = &emulator.Directory{}
	return u
}

func email(u *clerk.User, at int) plan.Contact {
	return plan.Contact{ID: u.EmailAddresses[at].ID, Value: u.EmailAddresses[at].Address}
}

func phone(u *clerk.User, at int) plan.Contact {
	return plan.Contact{ID: u.PhoneNumbers[at].ID, Value: u.PhoneNumbers[at].Number}
}

// TestModelAgreesWithTheEmulator makes each call at the emulator, which was written from Clerk's documentation without this model.
func TestModelAgreesWithTheEmulator(t *testing.T) {
	t.Parallel()
	large := clerk.Metadata{"large": strings.Repeat("x", 8200)}
	var pixel bytes.Buffer
	if err := png.Encode(&pixel, image.NewGray(image.Rect(0, 0, 1, 1))); err != nil {
		t.Fatal(err)
	}
	picture := clerk.ProfileImage{ContentType: "image/png", Content: clerk.NewSecret(pixel.Bytes())}
	tests := map[string]struct {
		user   func() emulator.User
		change func(u *clerk.User) plan.Change
	}{
		"Ban":                {person, func(*clerk.User) plan.Change { return plan.Ban{} }},
		"Unban":              {person, func(*clerk.User) plan.Change { return plan.Unban{} }},
		"Lock":               {person, func(*clerk.User) plan.Change { return plan.Lock{} }},
		"Unlock":             {person, func(*clerk.User) plan.Change { return plan.Unlock{} }},
		"Delete":             {person, func(*clerk.User) plan.Change { return plan.Delete{} }},
		"DeleteInADirectory": {directoryUser, func(*clerk.User) plan.Change { return plan.Delete{} }},
		"Update": {person, func(u *clerk.User) plan.Change {
			return plan.Update{Params: clerk.UpdateUserParams{
				FirstName: new(""), LastName: new("Bright"), Locale: new("de"), ExternalID: new("x"), Username: new("Person-B"),
				DeleteSelfEnabled: new(false), CreateOrganizationsLimit: new(int64(5)), BypassClientTrust: new(true),
				Password: new(clerk.NewSecret("correct-horse")), PrimaryEmailAddressID: &u.EmailAddresses[2].ID,
			}}
		}},
		"UpdateUnverifiedPrimary": {person, func(u *clerk.User) plan.Change {
			return plan.Update{Params: clerk.UpdateUserParams{PrimaryEmailAddressID: &u.EmailAddresses[3].ID}}
		}},
		"UpdateUnverifiedPrimaryNumber": {person, func(u *clerk.User) plan.Change {
			return plan.Update{Params: clerk.UpdateUserParams{PrimaryPhoneNumberID: &u.PhoneNumbers[1].ID}}
		}},
		"UpdateInADirectory": {directoryUser, func(*clerk.User) plan.Change {
			return plan.Update{Params: clerk.UpdateUserParams{LastName: new("Bright"), Username: new("another")}}
		}},
		"UpdateUsernameInADirectory": {directoryUser, func(*clerk.User) plan.Change {
			return plan.Update{Params: clerk.UpdateUserParams{Username: new("another")}}
		}},
		"UpdateFirstNameInADirectory": {directoryUser, func(*clerk.User) plan.Change {
			return plan.Update{Params: clerk.UpdateUserParams{FirstName: new("Bob")}}
		}},
		"UpdatePrimaryInADirectory": {directoryUser, func(u *clerk.User) plan.Change {
			return plan.Update{Params: clerk.UpdateUserParams{PrimaryEmailAddressID: &u.EmailAddresses[2].ID}}
		}},
		"UpdateLocaleInADirectory": {directoryUser, func(*clerk.User) plan.Change {
			return plan.Update{Params: clerk.UpdateUserParams{Locale: new("de")}}
		}},
		"RemoveUsername": {person, func(*clerk.User) plan.Change {
			return plan.Update{Params: clerk.UpdateUserParams{Username: new("")}}
		}},
		"RemoveLastUsername": {func() emulator.User {
			return emulator.User{Username: new("person"), PrivateMetadata: map[string]any{}}
		}, func(*clerk.User) plan.Change { return plan.Update{Params: clerk.UpdateUserParams{Username: new("")}} }},
		"MergeMetadata": {person, func(*clerk.User) plan.Change {
			return plan.MergeMetadata{Params: clerk.MetadataParams{
				Public:  clerk.Metadata{"a": map[string]any{"b": nil, "x": map[string]any{"y": nil, "z": []any{"1"}}}, "f": map[string]any{"n": "o"}},
				Private: clerk.Metadata{"h": nil},
			}}
		}},
		"MergeLargeMetadata": {person, func(*clerk.User) plan.Change {
			return plan.MergeMetadata{Params: clerk.MetadataParams{Unsafe: large}}
		}},
		"ReplaceMetadata": {person, func(*clerk.User) plan.Change {
			return plan.ReplaceMetadata{Params: clerk.MetadataParams{Public: clerk.Metadata{"p": "q"}, Unsafe: clerk.Metadata{}}}
		}},
		"SetProfileImage":    {person, func(*clerk.User) plan.Change { return plan.SetProfileImage{Image: picture} }},
		"DeleteProfileImage": {person, func(*clerk.User) plan.Change { return plan.DeleteProfileImage{} }},
		"AddEmail": {person, func(u *clerk.User) plan.Change {
			return plan.AddEmailAddress{Params: clerk.CreateEmailAddressParams{UserID: u.ID, Address: "E@example.com", Verified: true, Primary: true}}
		}},
		"AddUnverifiedEmail": {person, func(u *clerk.User) plan.Change {
			return plan.AddEmailAddress{Params: clerk.CreateEmailAddressParams{UserID: u.ID, Address: "e@example.com"}}
		}},
		"AddUnverifiedPrimaryEmail": {person, func(u *clerk.User) plan.Change {
			return plan.AddEmailAddress{Params: clerk.CreateEmailAddressParams{UserID: u.ID, Address: "e@example.com", Primary: true}}
		}},
		"AddFirstEmail": {onlyNumber, func(u *clerk.User) plan.Change {
			return plan.AddEmailAddress{Params: clerk.CreateEmailAddressParams{UserID: u.ID, Address: "e@example.com"}}
		}},
		"AddOwnEmail": {person, func(u *clerk.User) plan.Change {
			return plan.AddEmailAddress{Params: clerk.CreateEmailAddressParams{UserID: u.ID, Address: "d@example.com", Verified: true}}
		}},
		"AddEmailInADirectory": {directoryUser, func(u *clerk.User) plan.Change {
			return plan.AddEmailAddress{Params: clerk.CreateEmailAddressParams{UserID: u.ID, Address: "e@example.com", Verified: true}}
		}},
		"VerifyEmail": {person, func(u *clerk.User) plan.Change {
			return plan.UpdateEmailAddress{Contact: email(u, 3), Params: clerk.UpdateEmailAddressParams{Verified: new(true), Primary: new(true)}}
		}},
		"MakeReservedEmailPrimary": {person, func(u *clerk.User) plan.Change {
			return plan.UpdateEmailAddress{Contact: email(u, 1), Params: clerk.UpdateEmailAddressParams{Primary: new(true)}}
		}},
		"UpdateAbsentEmail": {person, func(*clerk.User) plan.Change {
			return plan.UpdateEmailAddress{Contact: plan.Contact{ID: "idn_none"}, Params: clerk.UpdateEmailAddressParams{Verified: new(true)}}
		}},
		"DeleteEmail":        {person, func(u *clerk.User) plan.Change { return plan.DeleteEmailAddress{Contact: email(u, 1)} }},
		"DeletePrimaryEmail": {person, func(u *clerk.User) plan.Change { return plan.DeleteEmailAddress{Contact: email(u, 0)} }},
		"DeleteAbsentEmail": {person, func(*clerk.User) plan.Change {
			return plan.DeleteEmailAddress{Contact: plan.Contact{ID: "idn_none"}}
		}},
		"DeleteLastEmail": {func() emulator.User {
			return emulator.User{EmailAddresses: []emulator.EmailAddress{emulator.VerifiedEmail("a@example.com")}, PrivateMetadata: map[string]any{}}
		}, func(u *clerk.User) plan.Change { return plan.DeleteEmailAddress{Contact: email(u, 0)} }},
		"AddPhone": {person, func(u *clerk.User) plan.Change {
			return plan.AddPhoneNumber{Params: clerk.CreatePhoneNumberParams{
				UserID: u.ID, Number: "+15555550102", Verified: true, Primary: true, ReservedForSecondFactor: true,
			}}
		}},
		"AddUnverifiedFactor": {person, func(u *clerk.User) plan.Change {
			return plan.AddPhoneNumber{Params: clerk.CreatePhoneNumberParams{UserID: u.ID, Number: "+15555550102", ReservedForSecondFactor: true}}
		}},
		"AddUnverifiedPrimaryPhone": {person, func(u *clerk.User) plan.Change {
			return plan.AddPhoneNumber{Params: clerk.CreatePhoneNumberParams{UserID: u.ID, Number: "+15555550102", Primary: true}}
		}},
		"AddOwnPhone": {person, func(u *clerk.User) plan.Change {
			return plan.AddPhoneNumber{Params: clerk.CreatePhoneNumberParams{UserID: u.ID, Number: "+15555550101", Verified: true}}
		}},
		"VerifyPhone": {person, func(u *clerk.User) plan.Change {
			return plan.UpdatePhoneNumber{Contact: phone(u, 1), Params: clerk.UpdatePhoneNumberParams{
				Verified: new(true), Primary: new(true), ReservedForSecondFactor: new(true),
			}}
		}},
		"MakeUnverifiedPhonePrimary": {person, func(u *clerk.User) plan.Change {
			return plan.UpdatePhoneNumber{Contact: phone(u, 1), Params: clerk.UpdatePhoneNumberParams{Primary: new(true)}}
		}},
		"MakeUnverifiedPhoneAFactor": {person, func(u *clerk.User) plan.Change {
			return plan.UpdatePhoneNumber{Contact: phone(u, 1), Params: clerk.UpdatePhoneNumberParams{ReservedForSecondFactor: new(true)}}
		}},
		"MakeLastPhoneAFactor": {onlyNumber, func(u *clerk.User) plan.Change {
			return plan.UpdatePhoneNumber{Contact: phone(u, 0), Params: clerk.UpdatePhoneNumberParams{ReservedForSecondFactor: new(true)}}
		}},
		"UpdateAbsentPhone": {person, func(*clerk.User) plan.Change {
			return plan.UpdatePhoneNumber{Contact: plan.Contact{ID: "idn_none"}, Params: clerk.UpdatePhoneNumberParams{Verified: new(true)}}
		}},
		"DeletePhone":        {person, func(u *clerk.User) plan.Change { return plan.DeletePhoneNumber{Contact: phone(u, 1)} }},
		"DeletePrimaryPhone": {person, func(u *clerk.User) plan.Change { return plan.DeletePhoneNumber{Contact: phone(u, 0)} }},
		"DeleteLastPhone":    {onlyNumber, func(u *clerk.User) plan.Change { return plan.DeletePhoneNumber{Contact: phone(u, 0)} }},
		"DeleteAbsentPhone": {person, func(*clerk.User) plan.Change {
			return plan.DeletePhoneNumber{Contact: plan.Contact{ID: "idn_none"}}
		}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := newEnvironment(t)
			seeded := env.clerk.Seed(tc.user())
			before, err := env.client.User(t.Context(), seeded.ID)
			if err != nil {
				t.Fatal(err)
			}
			change := tc.change(before)
			modelled, refused := effect.Of(before, change, newID)
			err = env.carryOut(t.Context(), seeded.ID, change)
			if codeOf(refused) != codeOf(err) {
				t.Fatalf("the model answers %v, the emulator %v", refused, err)
			}
			if err != nil {
				return
			}
			after, err := env.client.User(t.Context(), seeded.ID)
			if clerk.IsNotFound(err) {
				after, err = nil, nil
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(canonical(after), canonical(modelled)); diff != "" {
				t.Errorf("the emulator (-) and the model (+):\n%s", diff)
			}
		})
	}
}

func newID(prefix, value string) string { return prefix + value }

// codeOf is Clerk's code in a refusal; "" if there is none.
func codeOf(err error) string {
	if answer, is := errors.AsType[*clerk.Error](err); is {
		return answer.Code
	}
	return ""
}

func TestModelOfACreation(t *testing.T) {
	t.Parallel()
	env := newEnvironment(t)
	create := plan.Create{Params: clerk.CreateUserParams{
		Username: new("Person"), FirstName: new("Ann"), ExternalID: new("x"), Banned: new(true), Locked: new(true),
		EmailAddresses: []clerk.NewIdentifier{{Value: "A@example.com"}, {Value: "b@example.com", Status: clerk.Reserved}},
		PhoneNumbers:   []clerk.NewIdentifier{{Value: "+15555550100"}},
		Web3Wallets:    []string{"0x" + strings.Repeat("Ab", 20)},
		PublicMetadata: clerk.Metadata{"a": "b"}, Password: new(clerk.NewSecret("correct-horse")),
		DeleteSelfEnabled: new(false), CreateOrganizationsLimit: new(int64(3)),
	}}
	modelled, err := effect.Of(nil, create, newID)
	if err != nil {
		t.Fatal(err)
	}
	created, err := env.client.CreateUser(t.Context(), create.Params)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(canonical(created), canonical(modelled)); diff != "" {
		t.Errorf("the emulator (-) and the model (+):\n%s", diff)
	}
	if _, err := effect.Of(nil, plan.Ban{}, newID); !clerk.IsNotFound(err) {
		t.Errorf("a ban of nobody: %v", err)
	}
}
