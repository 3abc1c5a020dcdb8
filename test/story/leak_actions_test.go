// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// withCode returns a secret for an authenticator, and the code that it shows now. The code begins with 0, by which it differs
// from numbers in the output.
func withCode(t *testing.T, now time.Time) (secret, code string) {
	t.Helper()
	for {
		secret = random(base32, 32)
		var err error
		if code, err = totp.GenerateCode(secret, now); err != nil {
			t.Fatal(err)
		}
		if code[0] == '0' {
			return secret, code
		}
	}
}

// equipUser gives the user of ClerkUser ann credentials and accounts that must not leak.
func (env *leakEnvironment) equipUser() (password, code, backupCode string) {
	env.t.Helper()
	secret, code := withCode(env.t, env.server.Clock().Now())
	env.addMarker("the authenticator's secret", secret)
	password = env.addMarker("the password", random(marks+foreign, 4)+" "+random(letters+digits, 16))
	backupCode = env.addMarker("a backup code", random(letters+digits, 16))
	token := func(provider string) *emulator.OAuthToken {
		return &emulator.OAuthToken{
			Token:       env.addMarker("the token of "+provider, random(letters+capitals+digits, 40)),
			TokenSecret: env.addMarker("the token secret of "+provider, random(letters+capitals+digits, 24)),
			IDToken:     env.addMarker("the ID token of "+provider, random(letters+capitals, 16)+"."+random(letters+capitals, 16)),
		}
	}
	env.editAtClerk("ann", func(u *emulator.User) {
		u.Credentials = emulator.Credentials{Password: password, TOTPSecret: secret, BackupCodes: []string{backupCode}}
		u.PasswordEnabled = true
		u.ExternalAccounts = []emulator.ExternalAccount{
			{Provider: "oauth_google", EmailAddress: address("ann"), Token: token("oauth_google")},
			{Provider: "oauth_x", Token: token("oauth_x")},
		}
	})
	return password, env.addMarker("a code", code), backupCode
}

// Actions that reveal or create a secret. What they compare is in entries of Secret input.
func checksPassword(entry string) func(*actionSpec) {
	return func(s *actionSpec) { s.VerifyPassword = &v1alpha1.SecretValue{SecretKeyRef: at("input", entry)} }
}

func checksCode(entry string) func(*actionSpec) {
	return func(s *actionSpec) { s.VerifyTOTP = &v1alpha1.SecretValue{SecretKeyRef: at("input", entry)} }
}

func makesTOTP(secretName string) func(*actionSpec) {
	return func(s *actionSpec) { s.CreateTOTP = &v1alpha1.OutputSecret{SecretName: secretName} }
}

func gets(provider, secretName string) func(*actionSpec) {
	return func(s *actionSpec) {
		s.GetOAuthAccessToken = &v1alpha1.AccessTokenRequest{Provider: provider, OutputSecret: v1alpha1.OutputSecret{SecretName: secretName}}
	}
}

// injectFaultsInTurn has the next calls with the method and path meet these faults, one after the other.
func (env *leakEnvironment) injectFaultsInTurn(method, path string, faults ...emulator.Fault) {
	for _, fault := range faults {
		fault.Method, fault.Path = method, path
		env.clerk.InjectFault(fault)
	}
}

func TestSecretsOfActionsDoNotLeak(t *testing.T) {
	env := newLeakEnvironment(t, allowsAll)
	env.start()
	env.create(env.user("ann"))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	password, code, backupCode := env.equipUser()
	env.create(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: env.namespace, Name: "input"},
		StringData: map[string]string{
			"password": password, "code": " " + code + "\n", "backup-code": backupCode,
			"wrong-password": env.addMarker("a wrong password", random(foreign+letters, 24)),
			"wrong-code":     env.addMarker("a wrong code", "0"+random(digits, 5)),
			"lost-code":      env.addMarker("a lost code", random(capitals+digits, 16)),
			"refused-code":   env.addMarker("a refused code", random(letters, 16)),
		},
	})

	env.injectFaultsInTurn("POST", "/users/*/verify_totp", passingFaults()[3])
	env.runAction("right-code", "ann", checksCode("code"))
	env.expectComplete("right-code")
	env.runAction("right-backup-code", "ann", checksCode("backup-code"))
	env.expectComplete("right-backup-code")
	env.runAction("wrong-code", "ann", checksCode("wrong-code"))
	env.expectComplete("wrong-code")
	for i, fault := range append(passingFaults()[:3], emulator.Fault{Cut: true, AfterApplying: true}) {
		env.injectFaultsInTurn("POST", "/users/*/verify_totp", fault)
		name := "lost-code-" + digits[i:i+1]
		env.runAction(name, "ann", checksCode("lost-code"))
		env.expectFailed(name, v1alpha1.ReasonOutcomeUnknown)
	}
	env.injectFaultsInTurn("POST", "/users/*/verify_password", passingFaults()...)
	env.runAction("right-password", "ann", checksPassword("password"))
	env.expectComplete("right-password")
	env.runAction("wrong-password", "ann", checksPassword("wrong-password"))
	env.expectComplete("wrong-password")
	for i, refusal := range refusals() {
		number := digits[i : i+1]
		env.injectFaultsInTurn("POST", "/users/*/verify_totp", refusal)
		env.runAction("refused-code-"+number, "ann", checksCode("refused-code"))
		env.expectFailed("refused-code-"+number, v1alpha1.ReasonRejectedByClerk)
		env.injectFaultsInTurn("POST", "/users/*/verify_password", refusal)
		env.runAction("refused-password-"+number, "ann", checksPassword("wrong-password"))
		env.expectFailed("refused-password-"+number, v1alpha1.ReasonRejectedByClerk)
	}
	env.createAuthenticators()
	env.getTokens()
	env.expectNoLeaks()
	env.expectEchoed()
}

// createAuthenticators creates one whose call meets each fault, and some that are refused.
func (env *leakEnvironment) createAuthenticators() {
	env.t.Helper()
	env.injectFaultsInTurn("PATCH", "/users/*", append(passingFaults(), emulator.Fault{Cut: true, AfterApplying: true})...)
	env.runAction("totp", "ann", makesTOTP("totp"))
	env.expectComplete("totp")
	env.addAuthenticatorMarker("totp")
	for i, refusal := range refusals() {
		env.injectFaultsInTurn("PATCH", "/users/*", refusal)
		name := "refused-totp-" + digits[i:i+1]
		env.runAction(name, "ann", makesTOTP(name))
		env.expectFailed(name, v1alpha1.ReasonRejectedByClerk)
		env.addAuthenticatorMarker(name)
	}
	env.runAction("not-ours", "ann", makesTOTP("input"))
	env.expectFailed("not-ours", v1alpha1.ReasonSecretExists)
}

// addAuthenticatorMarker makes the secret a leak marker that the operator has put into a Secret.
func (env *leakEnvironment) addAuthenticatorMarker(secretName string) {
	env.t.Helper()
	kept := &corev1.Secret{}
	env.get(kept, secretName)
	if len(kept.Data["secret"]) == 0 {
		env.t.Fatalf("Secret %s holds no secret", secretName)
	}
	env.addMarker("the secret in Secret "+secretName, string(kept.Data["secret"]))
}

// getTokens gets tokens from a Clerk that repeats them in errors and in answers that cannot be used.
func (env *leakEnvironment) getTokens() {
	env.t.Helper()
	var tokens []map[string]any
	var all string
	for _, account := range env.atClerk("ann").ExternalAccounts {
		token := account.Token
		tokens = append(tokens, map[string]any{
			"object": "oauth_access_token", "token": token.Token, "token_secret": token.TokenSecret, "id_token": token.IDToken,
		})
		all += " " + token.Token + " " + token.TokenSecret + " " + token.IDToken
	}
	page := map[string]any{"data": tokens, "total_count": len(tokens)}
	refusal := map[string]any{"errors": []any{map[string]any{
		"code": "oauth_token_retrieval_error", "message": all, "long_message": all, "meta": map[string]any{"param_name": tokens[0]["token"]},
	}}}
	tokens[0]["scopes"] = "not a list"
	const path = "/users/*/oauth_access_tokens/*"
	env.injectFaultsInTurn("GET", path,
		emulator.Fault{Status: 200, Body: text(env.t, page) + "}"}, emulator.Fault{Status: 200, Body: text(env.t, page)},
		emulator.Fault{Status: 500, Body: text(env.t, refusal)}, emulator.Fault{Status: 502, Body: all},
	)
	env.runAction("google", "ann", gets("oauth_google", "google"))
	env.expectComplete("google")
	env.runAction("x", "ann", gets("oauth_x", "x"))
	env.expectComplete("x")
	env.injectFaultsInTurn("GET", path, emulator.Fault{Status: 422, Body: text(env.t, refusal)})
	env.runAction("refused", "ann", gets("oauth_google", "refused"))
	env.expectFailed("refused", v1alpha1.ReasonRejectedByClerk)
	env.runAction("elsewhere", "ann", gets("oauth_google", "input"))
	env.expectFailed("elsewhere", v1alpha1.ReasonSecretExists)
}

func text(t *testing.T, value any) string {
	t.Helper()
	out, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
