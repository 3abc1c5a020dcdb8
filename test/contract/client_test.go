// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
	"github.com/clerk-operator/clerk-operator/internal/ratelimit"
	"github.com/clerk-operator/clerk-operator/test/contract"
)

// environment has an emulated Clerk with a user that has one of everything, and the operator's client.
type environment struct {
	*clerk.Client

	t        *testing.T
	instance *emulator.Instance
	// ann is the user.
	ann *emulator.User
	// operation is the one of the last call.
	operation clerk.Operation
}

func newEnvironment(t *testing.T, c *contract.Contract) *environment {
	t.Helper()
	server := emulator.New(emulator.Config{})
	w := &environment{t: t, instance: server.AddInstance(emulator.InstanceConfig{})}
	w.ann = w.instance.Seed(everything())
	served := httptest.NewServer(c.Wrap(server))
	t.Cleanup(served.Close)
	client, err := clerk.New(clerk.Config{
		APIURL: served.URL + emulator.BasePath, Key: clerk.NewSecret(w.instance.Key()),
		Observe: func(_ context.Context, r clerk.RequestInfo) { w.operation = r.Operation },
	})
	if err != nil {
		t.Fatal(err)
	}
	w.Client = client.For(ratelimit.Caller{ID: t.Name(), Level: ratelimit.Interactive})
	return w
}

// backupCode is a backup code of the seeded user, and also the password.
const backupCode = "abcdefgh"

func everything() emulator.User {
	verified := &emulator.Verification{Object: "verification_admin", Status: "verified", Strategy: "admin"}
	return emulator.User{
		Username: new("ann"), ExternalID: new("e-1"),
		EmailAddresses: []emulator.EmailAddress{
			{EmailAddress: "ann@example.com", Verification: verified}, {EmailAddress: "second@example.com", Verification: verified},
		},
		PhoneNumbers: []emulator.PhoneNumber{
			{PhoneNumber: "+15555550100", Verification: verified}, {PhoneNumber: "+15555550101", Verification: verified},
		},
		Web3Wallets:             []emulator.Web3Wallet{{Web3Wallet: "0x00000000219ab540356cbb839cbe05303d7705fa", Verification: verified}},
		Passkeys:                []emulator.Passkey{{Name: "laptop"}},
		ExternalAccounts:        []emulator.ExternalAccount{{Provider: "oauth_google", Token: &emulator.OAuthToken{Token: "t"}}},
		TrustedDevices:          []emulator.TrustedDevice{{}},
		OrganizationMemberships: []emulator.OrganizationMembership{{}},
		OrganizationInvitations: []emulator.OrganizationInvitation{{}},
		PasswordEnabled:         true, TOTPEnabled: true, BackupCodeEnabled: true, TwoFactorEnabled: true,
		Credentials: emulator.Credentials{
			Password: backupCode, TOTPSecret: "JBSWY3DPEHPK3PXP", BackupCodes: []string{backupCode},
		},
	}
}

// full returns params, in which every field except the named ones must be set. Clerk must know each field that the
// client can send.
func full[P any](t *testing.T, params P, but ...string) P {
	t.Helper()
	fields := reflect.ValueOf(params)
	for i := range fields.NumField() {
		name := fields.Type().Field(i).Name
		if fields.Type().Field(i).Type == reflect.TypeFor[clerk.Unprintable]() {
			continue
		}
		if fields.Field(i).IsZero() != slices.Contains(but, name) {
			t.Errorf("%T: %s is to be set here, or else to be named as left out", params, name)
		}
	}
	return params
}

// only drops what a call returns.
func only[T any](_ T, err error) error { return err }

// attempts are all calls of the client, by its methods' names, each with everything that it can send.
func attempts() map[string]func(context.Context, *environment) error {
	return map[string]func(context.Context, *environment) error{
		"Instance":   func(ctx context.Context, w *environment) error { return only(w.Instance(ctx)) },
		"ProbeKey":   probeKey,
		"CountUsers": func(ctx context.Context, w *environment) error { return only(w.CountUsers(ctx)) },
		"User":       func(ctx context.Context, w *environment) error { return only(w.User(ctx, w.ann.ID)) },
		"UsersByID":  func(ctx context.Context, w *environment) error { return only(w.UsersByID(ctx, w.ann.ID, "user_2")) },
		"UsersBy":    readUsers,
		"Listed":     func(ctx context.Context, w *environment) error { return only(w.Listed(ctx, w.ann.ID)) },
		"LastUpdated": func(ctx context.Context, w *environment) error {
			return only(w.LastUpdated(ctx, 1, 100))
		},
		"UsersAfter": func(ctx context.Context, w *environment) error {
			query, email := clerk.UserMatch{Query: "ann"}, clerk.UserMatch{EmailAddress: "@example.com"}
			return errors.Join(
				only(w.UsersAfter(ctx, w.ann.ID, 500)),
				only(w.Matching(query).UsersAfter(ctx, w.ann.ID, 500)),
				only(w.Matching(email).UsersAfter(ctx, "", 500)),
				only(w.Matching(clerk.UserMatch{Banned: true}).UsersAfter(ctx, "", 1)),
			)
		},

		"CreateUser": create,
		"UpdateUser": update,
		"BanUser":    func(ctx context.Context, w *environment) error { return only(w.BanUser(ctx, w.ann.ID)) },
		"UnbanUser":  func(ctx context.Context, w *environment) error { return only(w.UnbanUser(ctx, w.ann.ID)) },
		"LockUser":   func(ctx context.Context, w *environment) error { return only(w.LockUser(ctx, w.ann.ID)) },
		"UnlockUser": func(ctx context.Context, w *environment) error { return only(w.UnlockUser(ctx, w.ann.ID)) },
		"DeleteUser": func(ctx context.Context, w *environment) error { return w.DeleteUser(ctx, w.ann.ID) },
		"MergeMetadata": func(ctx context.Context, w *environment) error {
			return only(w.MergeMetadata(ctx, w.ann.ID, metadata(w.t)))
		},
		"ReplaceMetadata": func(ctx context.Context, w *environment) error {
			return only(w.ReplaceMetadata(ctx, w.ann.ID, metadata(w.t)))
		},

		"CreateEmailAddress": func(ctx context.Context, w *environment) error {
			return only(w.CreateEmailAddress(ctx, full(w.t, clerk.CreateEmailAddressParams{
				UserID: w.ann.ID, Address: "third@example.com", Verified: true, Primary: true,
			})))
		},
		"UpdateEmailAddress": func(ctx context.Context, w *environment) error {
			return only(w.UpdateEmailAddress(ctx, w.ann.EmailAddresses[1].ID, full(w.t, clerk.UpdateEmailAddressParams{
				Verified: new(true), Primary: new(true),
			})))
		},
		"DeleteEmailAddress": func(ctx context.Context, w *environment) error {
			return w.DeleteEmailAddress(ctx, w.ann.EmailAddresses[1].ID)
		},
		"CreatePhoneNumber": func(ctx context.Context, w *environment) error {
			return only(w.CreatePhoneNumber(ctx, full(w.t, clerk.CreatePhoneNumberParams{
				UserID: w.ann.ID, Number: "+15555550102", Verified: true, Primary: true, ReservedForSecondFactor: true,
			})))
		},
		"UpdatePhoneNumber": func(ctx context.Context, w *environment) error {
			return only(w.UpdatePhoneNumber(ctx, w.ann.PhoneNumbers[1].ID, full(w.t, clerk.UpdatePhoneNumberParams{
				Verified: new(true), Primary: new(true), ReservedForSecondFactor: new(true),
			})))
		},
		"DeletePhoneNumber": func(ctx context.Context, w *environment) error {
			return w.DeletePhoneNumber(ctx, w.ann.PhoneNumbers[1].ID)
		},

		"SetProfileImage": setImage,
		"DeleteProfileImage": func(ctx context.Context, w *environment) error {
			if err := setImage(ctx, w); err != nil {
				return err
			}
			return only(w.DeleteProfileImage(ctx, w.ann.ID))
		},

		"VerifyPassword": func(ctx context.Context, w *environment) error {
			if err := only(w.VerifyPassword(ctx, w.ann.ID, "wrong")); err != nil {
				return err
			}
			return only(w.VerifyPassword(ctx, w.ann.ID, backupCode))
		},
		"VerifyTOTP": func(ctx context.Context, w *environment) error {
			if err := only(w.VerifyTOTP(ctx, w.ann.ID, "000000")); err != nil {
				return err
			}
			return only(w.VerifyTOTP(ctx, w.ann.ID, backupCode))
		},
		"RemovePassword": func(ctx context.Context, w *environment) error { return only(w.RemovePassword(ctx, w.ann.ID, true)) },
		"SetPasswordCompromised": func(ctx context.Context, w *environment) error {
			return only(w.SetPasswordCompromised(ctx, w.ann.ID, true))
		},
		"UnsetPasswordCompromised": func(ctx context.Context, w *environment) error {
			return only(w.UnsetPasswordCompromised(ctx, w.ann.ID))
		},

		"DisableMFA":        func(ctx context.Context, w *environment) error { return w.DisableMFA(ctx, w.ann.ID) },
		"DeleteBackupCodes": func(ctx context.Context, w *environment) error { return w.DeleteBackupCodes(ctx, w.ann.ID) },
		"DeleteTOTP":        func(ctx context.Context, w *environment) error { return w.DeleteTOTP(ctx, w.ann.ID) },
		"DeletePasskey": func(ctx context.Context, w *environment) error {
			return w.DeletePasskey(ctx, w.ann.ID, w.ann.Passkeys[0].ID)
		},
		"DeleteWeb3Wallet": func(ctx context.Context, w *environment) error {
			return w.DeleteWeb3Wallet(ctx, w.ann.ID, w.ann.Web3Wallets[0].ID)
		},
		"DeleteExternalAccount": func(ctx context.Context, w *environment) error {
			read, err := w.User(ctx, w.ann.ID)
			if err != nil {
				return err
			}
			return w.DeleteExternalAccount(ctx, w.ann.ID, read.ExternalAccounts[0].ID)
		},
		"RevokeTrustedDevice": func(ctx context.Context, w *environment) error {
			return w.RevokeTrustedDevice(ctx, w.ann.ID, w.ann.TrustedDevices[0].ID)
		},

		"OAuthAccessTokens": func(ctx context.Context, w *environment) error {
			return only(w.OAuthAccessTokens(ctx, w.ann.ID, "oauth_google"))
		},
		"OrganizationMemberships": func(ctx context.Context, w *environment) error {
			return only(w.OrganizationMemberships(ctx, w.ann.ID, 500, 0))
		},
		"OrganizationInvitations": func(ctx context.Context, w *environment) error {
			return only(w.OrganizationInvitations(ctx, w.ann.ID, 500, 0))
		},
	}
}

func readUsers(ctx context.Context, w *environment) error {
	for kind, value := range map[clerk.IdentifierKind]string{
		clerk.KindExternalID: "e-1", clerk.KindEmailAddress: "ann@example.com", clerk.KindPhoneNumber: "+15555550100",
		clerk.KindUsername: "ann", clerk.KindWeb3Wallet: w.ann.Web3Wallets[0].Web3Wallet,
	} {
		found, err := w.UsersBy(ctx, kind, value, "nobody")
		if err != nil {
			return err
		}
		if len(found) != 1 {
			w.t.Errorf("%d users were found by %s", len(found), kind)
		}
	}
	return nil
}

func create(ctx context.Context, w *environment) error {
	then := time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)
	params := clerk.CreateUserParams{
		ExternalID: new("e-2"), Username: new("bobby"), FirstName: new("f"), LastName: new("l"), Locale: new("en-GB"),
		EmailAddresses: []clerk.NewIdentifier{{Value: "bob@example.com"}, {Value: "reserved@example.com", Status: clerk.Reserved}},
		PhoneNumbers:   []clerk.NewIdentifier{{Value: "+15555550103"}, {Value: "+15555550104", Status: clerk.Reserved}},
		Web3Wallets:    []string{"0x00000000219ab540356cbb839cbe05303d7705fb"},
		PublicMetadata: clerk.Metadata{"a": 1}, PrivateMetadata: clerk.Metadata{"b": nil}, UnsafeMetadata: clerk.Metadata{},
		Password: new(clerk.NewSecret("correct horse battery staple")), SkipPasswordChecks: new(true),
		TOTPSecret: new(clerk.NewSecret("JBSWY3DPEHPK3PXP")), BackupCodes: []clerk.Secret{clerk.NewSecret("abcdefgh"), clerk.NewSecret("ijklmnop")},
		Banned: new(true), Locked: new(true),
		DeleteSelfEnabled: new(false), CreateOrganizationEnabled: new(true), BypassClientTrust: new(true),
		CreateOrganizationsLimit: new(int64(3)), CreatedAt: &then, LegalAcceptedAt: &then,
		SkipLegalChecks: new(true), SkipPasswordRequirement: new(true), SkipUserRequirement: new(true),
	}
	if err := only(w.CreateUser(ctx, full(w.t, params, "PasswordDigest", "PasswordHasher"))); err != nil {
		return err
	}
	return only(w.CreateUser(ctx, clerk.CreateUserParams{
		Username:       new("carol"),
		PasswordDigest: new(clerk.NewSecret("$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy")), PasswordHasher: new("bcrypt"),
	}))
}

// probeKey checks a key that was refused once.
func probeKey(ctx context.Context, w *environment) error {
	w.instance.InjectFault(emulator.Fault{Status: http.StatusUnauthorized, Code: "authentication_invalid"})
	if _, err := w.CountUsers(ctx); !clerk.Unauthorized(err) {
		return fmt.Errorf("the key is to be refused first: %w", err)
	}
	return w.ProbeKey(ctx)
}

func update(ctx context.Context, w *environment) error {
	params := clerk.UpdateUserParams{
		ExternalID: new("e-3"), Username: new("annabel"), FirstName: new("f"), LastName: new("l"), Locale: new("de"),
		PrimaryEmailAddressID: &w.ann.EmailAddresses[1].ID, PrimaryPhoneNumberID: &w.ann.PhoneNumbers[1].ID,
		Password: new(clerk.NewSecret("correct horse battery staple")), SkipPasswordChecks: new(true), SignOutOfOtherSessions: new(true),
		TOTPSecret:        new(clerk.NewSecret("JBSWY3DPEHPK3PXP")),
		DeleteSelfEnabled: new(false), CreateOrganizationEnabled: new(true), BypassClientTrust: new(true),
		CreateOrganizationsLimit: new(int64(3)),
	}
	if err := only(w.UpdateUser(ctx, w.ann.ID, full(w.t, params))); err != nil {
		return err
	}
	return only(w.UpdateUser(ctx, w.ann.ID, clerk.UpdateUserParams{
		ExternalID: new(""), FirstName: new(""), LastName: new(""), Locale: new(""),
	}))
}

func metadata(t *testing.T) clerk.MetadataParams {
	t.Helper()
	return full(t, clerk.MetadataParams{
		Public: clerk.Metadata{"a": map[string]any{"b": nil}}, Private: clerk.Metadata{"a": []any{1, "x"}}, Unsafe: clerk.Metadata{},
	})
}

func setImage(ctx context.Context, w *environment) error {
	// The smallest picture there is: one transparent pixel.
	pixel := "GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\x00\x00\x00" +
		"!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
	return only(w.SetProfileImage(ctx, w.ann.ID, full(w.t, clerk.ProfileImage{ContentType: "image/gif", Content: clerk.NewSecret(pixel)})))
}

func TestEveryCallFitsClerksDocument(t *testing.T) {
	t.Parallel()
	for name, attempt := range attempts() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := contract.Need(t)
			w := newEnvironment(t, c)
			if err := attempt(t.Context(), w); err != nil {
				t.Errorf("it was not answered as it should be: %v", err)
			}
			for _, v := range c.Violations() {
				t.Error(v)
			}
			if c.Exchanges() == 0 {
				t.Error("nothing was sent")
			}
		})
	}
}

// Metrics and logs tell calls apart by their operations.
func TestEveryCallHasAnOperationOfItsOwn(t *testing.T) {
	t.Parallel()
	methods := map[clerk.Operation]string{}
	for name, attempt := range attempts() {
		w := newEnvironment(t, contract.Need(t))
		if err := attempt(t.Context(), w); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if other, found := methods[w.operation]; found {
			t.Errorf("%s and %s have the same operation %q", name, other, w.operation)
		}
		methods[w.operation] = name
	}
	for _, op := range clerk.Operations() {
		if methods[op] == "" {
			t.Errorf("no call has the operation %q", op)
		}
		delete(methods, op)
	}
	for op, method := range methods {
		t.Errorf("%s has the operation %q, which clerk.Operations does not return", method, op)
	}
}

// A method that makes a call has a context; the client's other methods have none.
func TestEveryCallIsAttempted(t *testing.T) {
	t.Parallel()
	attempted := attempts()
	for method := range reflect.TypeFor[*clerk.Client]().Methods() {
		if method.Type.NumIn() < 2 || method.Type.In(1) != reflect.TypeFor[context.Context]() {
			continue
		}
		if attempted[method.Name] == nil {
			t.Errorf("clerk.Client.%s is not held to Clerk's document: attempt it", method.Name)
		}
		delete(attempted, method.Name)
	}
	for name := range attempted {
		t.Errorf("clerk.Client has no method %s that makes a call", name)
	}
}
