// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/test/leak"
)

func TestWhatMustNotBePrintedIsNot(t *testing.T) {
	t.Parallel()
	packed := (&clerk.User{FirstName: leak.Marker, PrivateMetadata: clerk.Metadata{"a": leak.Marker}}).Pack()
	user := &clerk.User{}
	leak.Fill(user)
	user.ID = "user_1"
	leak.Check(t, []any{
		clerk.CreateUserParams{}, clerk.UpdateUserParams{}, clerk.MetadataParams{}, clerk.NewIdentifier{},
		clerk.CreateEmailAddressParams{}, clerk.UpdateEmailAddressParams{}, clerk.CreatePhoneNumberParams{}, clerk.UpdatePhoneNumberParams{},
		clerk.Config{}, clerk.OAuthAccessToken{}, clerk.ProfileImage{}, clerk.Secret{}, clerk.UserMatch{}, &packed, user,
	}, map[string]string{
		"AnswerLostError":         "has texts that were made for people",
		"Client":                  "holds the key as a Secret",
		"EmailAddress":            "is an identifier; users and params that hold it are hidden",
		"Error":                   "has texts that are free of values",
		"ExternalAccount":         "has ids only",
		"Identifier":              "is one",
		"Instance":                "is no person",
		"KeyRefusedError":         "has times only",
		"OrganizationInvitation":  "is shown in status",
		"OrganizationInvitations": "is shown in status",
		"OrganizationMembership":  "is shown in status",
		"OrganizationMemberships": "is shown in status",
		"PhoneNumber":             "is an identifier; users and params that hold it are hidden",
		"RateLimiter":             "holds digests of keys only",
		"RateLimiterConfig":       "holds numbers",
		"RequestInfo":             "has no values of parameters or answers",
		"TOTPVerification":        "says whether, not what",
		"Unprintable":             "holds nothing",
		"UserPage":                "holds users, which are hidden",
		"WaitError":               "has times only",
		"Web3Wallet":              "is an identifier; users and params that hold it are hidden",
	})
	if shown := leak.Shown(&clerk.UserPage{Users: []*clerk.User{user}}); len(shown) > 0 {
		t.Errorf("a page of users shows them in %v", shown)
	}
}

func TestSecretIsHiddenWhereItsMethodsAreNotAsked(t *testing.T) {
	t.Parallel()
	type holder struct {
		secret  clerk.Secret
		secrets []clerk.Secret
		byName  map[string]clerk.Secret
	}
	secret := clerk.NewSecret(leak.Marker)
	if shown := leak.Shown(&holder{secret, []clerk.Secret{secret}, map[string]clerk.Secret{"a": secret}}); len(shown) > 0 {
		t.Errorf("it is shown in %v", shown)
	}
}

func TestMetadataIsNotPrinted(t *testing.T) {
	t.Parallel()
	// As JSON it is what Clerk is sent.
	if diff := cmp.Diff([]string{"JSON", "a log"}, leak.Shown(&clerk.Metadata{"a": leak.Marker})); diff != "" {
		t.Errorf("it is shown in (-want +got):\n%s", diff)
	}
}

func TestSecretRevealsAndCompares(t *testing.T) {
	t.Parallel()
	a, none := clerk.NewSecret("a"), clerk.Secret{}
	if a.Reveal() != "a" || none.Reveal() != "" || clerk.NewSecret([]byte("b")).Reveal() != "b" {
		t.Error("a Secret reveals another text")
	}
	if a.IsEmpty() || !none.IsEmpty() || !clerk.NewSecret("").IsEmpty() {
		t.Error("it is not told which is empty")
	}
	if !a.Equal(clerk.NewSecret("a")) || a.Equal(none) || !none.Equal(clerk.NewSecret("")) {
		t.Error("equal texts differ, or others do not")
	}
}
