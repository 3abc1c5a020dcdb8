// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// operation is one of the operations of Clerk's Users API, as the journal shows it.
type operation struct {
	// path names a user as {user}.
	method, path string
	// holds is a text that the body has; "" is any.
	holds string
}

// seen reports whether the journal has the operation, carried out, on the user with the id.
func (o operation) seen(journal emulator.Entries, id string) bool {
	return slices.ContainsFunc(journal.Matching(o.method, strings.ReplaceAll(o.path, "{user}", id)), func(e emulator.Entry) bool {
		return e.Status == http.StatusOK && containsText(e.Body, o.holds)
	})
}

// usersAPI are the operations of the Users API by the names that Clerk's SDK has for them.
func usersAPI() map[string]operation {
	return map[string]operation{
		"list":                       {method: "GET", path: "/users"},
		"create":                     {method: "POST", path: "/users"},
		"count":                      {method: "GET", path: "/users/count"},
		"get":                        {method: "GET", path: "/users/{user}"},
		"update":                     {method: "PATCH", path: "/users/{user}", holds: `"first_name"`},
		"delete":                     {method: "DELETE", path: "/users/{user}"},
		"ban":                        {method: "POST", path: "/users/{user}/ban"},
		"unban":                      {method: "POST", path: "/users/{user}/unban"},
		"lock":                       {method: "POST", path: "/users/{user}/lock"},
		"unlock":                     {method: "POST", path: "/users/{user}/unlock"},
		"setProfileImage":            {method: "POST", path: "/users/{user}/profile_image"},
		"deleteProfileImage":         {method: "DELETE", path: "/users/{user}/profile_image"},
		"updateMetadata":             {method: "PATCH", path: "/users/{user}/metadata"},
		"getOAuthAccessToken":        {method: "GET", path: "/users/{user}/oauth_access_tokens/*"},
		"getOrganizationMemberships": {method: "GET", path: "/users/{user}/organization_memberships"},
		"getOrganizationInvitations": {method: "GET", path: "/users/{user}/organization_invitations"},
		"verifyPassword":             {method: "POST", path: "/users/{user}/verify_password"},
		"verifyTOTP":                 {method: "POST", path: "/users/{user}/verify_totp"},
		"disableMFA":                 {method: "DELETE", path: "/users/{user}/mfa"},
		"deleteBackupCodes":          {method: "DELETE", path: "/users/{user}/backup_code"},
		"deletePasskey":              {method: "DELETE", path: "/users/{user}/passkeys/*"},
		"deleteWeb3Wallet":           {method: "DELETE", path: "/users/{user}/web3_wallets/*"},
		// Clerk has no call of its own for it any more.
		"createTOTP":            {method: "PATCH", path: "/users/{user}", holds: `"totp_secret"`},
		"deleteTOTP":            {method: "DELETE", path: "/users/{user}/totp"},
		"deleteExternalAccount": {method: "DELETE", path: "/users/{user}/external_accounts/*"},
	}
}

// userManifests are manifests of one ClerkUser, each in place of the one before.
func userManifests() []string {
	return []string{`
emailAddresses: [{address: ann@example.com}]
profileImage: {configMapKeyRef: {name: portraits, key: ann.png}}
statusIncludes: [OrganizationMemberships, OrganizationInvitations]
`, `
emailAddresses: [{address: ann@example.com}]
firstName: Ann
publicMetadata: {role: admin}
banned: true
locked: true
`, `
emailAddresses: [{address: ann@example.com}]
banned: false
locked: false
profileImage: {none: true}
`}
}

// actionManifests are manifests of ClerkUserActions, in this order: the last ones take away what the others need.
func actionManifests() []string {
	return []string{
		"verifyPassword: {secretKeyRef: {name: input, key: password}}",
		"verifyTOTP: {secretKeyRef: {name: input, key: code}}",
		"getOAuthAccessToken: {provider: oauth_google, secretName: ann-token}",
		"deleteExternalAccount: {provider: oauth_google}",
		"deletePasskey: {id: " + annsPasskey + "}",
		"deleteWeb3Wallet: {id: " + annsWallet + "}",
		"createTOTP: {secretName: ann-totp}",
		"deleteBackupCodes: {}",
		"deleteTOTP: {}",
		"disableMFA: {}",
	}
}

// TestEveryOperationOfTheUsersAPIIsReachedByAManifest applies everything that manifests can declare to one user, and looks for
// all operations in the journal.
func TestEveryOperationOfTheUsersAPIIsReachedByAManifest(t *testing.T) {
	const known = 25
	operations := usersAPI()
	if len(operations) != known {
		t.Errorf("%d operations are looked for, want %d", len(operations), known)
	}
	env := newRunningEnvironment(t, allowsAll)
	env.create(env.portraits(portrait(t, 1)))
	env.putInputSecret()
	for i, manifest := range userManifests() {
		var declared spec
		if err := yaml.UnmarshalStrict([]byte(manifest), &declared); err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			env.create(env.user("ann", func(s *spec) { *s = declared }))
		} else {
			env.edit("ann", func(s *spec) { *s = declared })
		}
		env.expectReason("ann", v1alpha1.ReasonInSync)
	}
	env.editAtClerk("ann", equipped)
	user := env.read("ann")
	for i, manifest := range actionManifests() {
		name := fmt.Sprintf("action-%d", i)
		env.runAction(name, "ann", func(s *actionSpec) {
			if err := yaml.UnmarshalStrict([]byte(manifest), s); err != nil {
				t.Fatal(err)
			}
		})
		env.expectComplete(name)
	}
	env.delete(user)
	env.expectGone("ann")
	env.eventually("the journal to have every operation", func() error {
		var missing []string
		for name, operation := range operations {
			if !operation.seen(env.clerk.Journal(), user.Status.UserID) {
				missing = append(missing, name)
			}
		}
		if len(missing) > 0 {
			return fmt.Errorf("it lacks %v", missing)
		}
		return nil
	})
}
