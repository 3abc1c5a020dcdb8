// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuseraction

import (
	"cmp"
	"context"
	"errors"

	"github.com/pquerna/otp/totp"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// Entries of the Secret for an authenticator.
const (
	entrySecret = "secret"
	entryURI    = "uri"
)

const (
	// totpBytes is how long a secret is: as long as the digest of the HMAC that Clerk's codes are made with.
	totpBytes = 20
	// totpIssuer is what authenticators show beside the name of the account. The name of the application is not known here.
	totpIssuer = "Clerk"
)

var errMakingSecret = errors.New("generating an authenticator secret failed")

// ensureTOTPSecret makes a secret for an authenticator and keeps it in the Secret, unless one is there already.
func ensureTOTPSecret(ctx context.Context, output *outputSecret, user *clerk.User) error {
	if len(output.entry(entrySecret)) > 0 {
		return nil
	}
	key, err := totp.Generate(totp.GenerateOpts{Issuer: totpIssuer, AccountName: accountName(user), SecretSize: totpBytes})
	if err != nil {
		return errMakingSecret
	}
	return output.write(ctx, map[string][]byte{entrySecret: []byte(key.Secret()), entryURI: []byte(key.URL())})
}

// accountName is the name under which a user signs in, as far as there is one.
func accountName(user *clerk.User) string {
	name := user.Username
	for _, address := range user.EmailAddresses {
		if address.ID == user.PrimaryEmailAddressID {
			name = address.Address
		}
	}
	return cmp.Or(name, user.ID)
}

// createTOTP gives the user the secret that is in the Secret.
func (s call) createTOTP(ctx context.Context, r request) (answer, error) {
	secret := clerk.NewSecret(s.secret.entry(entrySecret))
	user, err := s.clerk.UpdateUser(ctx, r.about, r.user.ID, clerk.UpdateUserParams{TOTPSecret: &secret})
	return answer{
		user:    user,
		result:  &v1alpha1.ActionResult{SecretName: s.secret.name()},
		message: "the user has the authenticator whose secret is in Secret " + s.secret.name(),
	}, err
}
