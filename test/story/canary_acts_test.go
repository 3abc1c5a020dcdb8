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
// from the numbers that are told.
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

// equips gives the user of ClerkUser ann credentials and accounts that nobody may be told.
func (w *canaryWorld) equips() (password, code, backupCode string) {
	w.t.Helper()
	secret, code := withCode(w.t, w.server.Clock().Now())
	w.hide("the authenticator's secret", secret)
	password = w.hide("the password", random(marks+foreign, 4)+" "+random(letters+digits, 16))
	backupCode = w.hide("a backup code", random(letters+digits, 16))
	token := func(provider string) *emulator.OAuthToken {
		return &emulator.OAuthToken{
			Token:       w.hide("the token of "+provider, random(letters+capitals+digits, 40)),
			TokenSecret: w.hide("the token secret of "+provider, random(letters+capitals+digits, 24)),
			IDToken:     w.hide("the ID token of "+provider, random(letters+capitals, 16)+"."+random(letters+capitals, 16)),
		}
	}
	w.edits("ann", func(u *emulator.User) {
		u.Credentials = emulator.Credentials{Password: password, TOTPSecret: secret, BackupCodes: []string{backupCode}}
		u.PasswordEnabled = true
		u.ExternalAccounts = []emulator.ExternalAccount{
			{Provider: "oauth_google", EmailAddress: address("ann"), Token: token("oauth_google")},
			{Provider: "oauth_x", Token: token("oauth_x")},
		}
	})
	return password, w.hide("a code", code), backupCode
}

// Actions that tell or make a secret. What they compare is in entries of Secret input.
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

// injects has the next calls with the method and path meet these troubles, one after the other.
func (w *canaryWorld) injects(method, path string, troubles ...emulator.Fault) {
	for _, trouble := range troubles {
		trouble.Method, trouble.Path = method, path
		w.clerk.InjectFault(trouble)
	}
}

func TestSecretsOfActionsAreNotTold(t *testing.T) {
	w := newCanaryWorld(t, allowsAll)
	w.start()
	w.create(w.user("ann"))
	w.becomes("ann", v1alpha1.ReasonInSync)
	password, code, backupCode := w.equips()
	w.create(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "input"},
		StringData: map[string]string{
			"password": password, "code": " " + code + "\n", "backup-code": backupCode,
			"wrong-password": w.hide("a wrong password", random(foreign+letters, 24)),
			"wrong-code":     w.hide("a wrong code", "0"+random(digits, 5)),
			"lost-code":      w.hide("a lost code", random(capitals+digits, 16)),
			"refused-code":   w.hide("a refused code", random(letters, 16)),
		},
	})

	w.injects("POST", "/users/*/verify_totp", passingFaults()[3])
	w.runAction("right-code", "ann", checksCode("code"))
	w.completes("right-code")
	w.runAction("right-backup-code", "ann", checksCode("backup-code"))
	w.completes("right-backup-code")
	w.runAction("wrong-code", "ann", checksCode("wrong-code"))
	w.completes("wrong-code")
	for i, trouble := range append(passingFaults()[:3], emulator.Fault{Cut: true, AfterApplying: true}) {
		w.injects("POST", "/users/*/verify_totp", trouble)
		name := "lost-code-" + digits[i:i+1]
		w.runAction(name, "ann", checksCode("lost-code"))
		w.fails(name, v1alpha1.ReasonOutcomeUnknown)
	}
	w.injects("POST", "/users/*/verify_password", passingFaults()...)
	w.runAction("right-password", "ann", checksPassword("password"))
	w.completes("right-password")
	w.runAction("wrong-password", "ann", checksPassword("wrong-password"))
	w.completes("wrong-password")
	for i, refusal := range refusals() {
		number := digits[i : i+1]
		w.injects("POST", "/users/*/verify_totp", refusal)
		w.runAction("refused-code-"+number, "ann", checksCode("refused-code"))
		w.fails("refused-code-"+number, v1alpha1.ReasonRejectedByClerk)
		w.injects("POST", "/users/*/verify_password", refusal)
		w.runAction("refused-password-"+number, "ann", checksPassword("wrong-password"))
		w.fails("refused-password-"+number, v1alpha1.ReasonRejectedByClerk)
	}
	w.makesAuthenticators()
	w.getsTokens()
	w.tellsNothing()
	w.wasEchoed()
}

// makesAuthenticators makes one whose call meets every trouble, and some that are refused.
func (w *canaryWorld) makesAuthenticators() {
	w.t.Helper()
	w.injects("PATCH", "/users/*", append(passingFaults(), emulator.Fault{Cut: true, AfterApplying: true})...)
	w.runAction("totp", "ann", makesTOTP("totp"))
	w.completes("totp")
	w.hidesAuthenticator("totp")
	for i, refusal := range refusals() {
		w.injects("PATCH", "/users/*", refusal)
		name := "refused-totp-" + digits[i:i+1]
		w.runAction(name, "ann", makesTOTP(name))
		w.fails(name, v1alpha1.ReasonRejectedByClerk)
		w.hidesAuthenticator(name)
	}
	w.runAction("not-ours", "ann", makesTOTP("input"))
	w.fails("not-ours", v1alpha1.ReasonSecretExists)
}

// hidesAuthenticator makes the secret a canary that the operator has put into a Secret.
func (w *canaryWorld) hidesAuthenticator(secretName string) {
	w.t.Helper()
	kept := &corev1.Secret{}
	w.get(kept, secretName)
	if len(kept.Data["secret"]) == 0 {
		w.t.Fatalf("Secret %s holds no secret", secretName)
	}
	w.hide("the secret in Secret "+secretName, string(kept.Data["secret"]))
}

// getsTokens gets tokens from a Clerk that tells them in errors and in answers that cannot be used.
func (w *canaryWorld) getsTokens() {
	w.t.Helper()
	var tokens []map[string]any
	var told string
	for _, account := range w.atClerk("ann").ExternalAccounts {
		token := account.Token
		tokens = append(tokens, map[string]any{
			"object": "oauth_access_token", "token": token.Token, "token_secret": token.TokenSecret, "id_token": token.IDToken,
		})
		told += " " + token.Token + " " + token.TokenSecret + " " + token.IDToken
	}
	page := map[string]any{"data": tokens, "total_count": len(tokens)}
	refusal := map[string]any{"errors": []any{map[string]any{
		"code": "oauth_token_retrieval_error", "message": told, "long_message": told, "meta": map[string]any{"param_name": tokens[0]["token"]},
	}}}
	tokens[0]["scopes"] = "not a list"
	const path = "/users/*/oauth_access_tokens/*"
	w.injects("GET", path,
		emulator.Fault{Status: 200, Body: text(w.t, page) + "}"}, emulator.Fault{Status: 200, Body: text(w.t, page)},
		emulator.Fault{Status: 500, Body: text(w.t, refusal)}, emulator.Fault{Status: 502, Body: told},
	)
	w.runAction("google", "ann", gets("oauth_google", "google"))
	w.completes("google")
	w.runAction("x", "ann", gets("oauth_x", "x"))
	w.completes("x")
	w.injects("GET", path, emulator.Fault{Status: 422, Body: text(w.t, refusal)})
	w.runAction("refused", "ann", gets("oauth_google", "refused"))
	w.fails("refused", v1alpha1.ReasonRejectedByClerk)
	w.runAction("elsewhere", "ann", gets("oauth_google", "input"))
	w.fails("elsewhere", v1alpha1.ReasonSecretExists)
}

func text(t *testing.T, value any) string {
	t.Helper()
	out, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
