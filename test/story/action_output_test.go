// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// TestSecretOfAnotherIsNeverWritten has the Secret exist that an action is to write, alone and as another action's.
func TestSecretOfAnotherIsNeverWritten(t *testing.T) {
	t.Parallel()
	for name, set := range map[string]func(*actionSpec){"TOTP": createsTOTP, "Token": getsTokenFor("google")} {
		t.Run(name, func(t *testing.T) {
			env := newActionEnvironment(t)
			env.putSecret("ann-totp", "mine", "precious")
			env.putSecret("ann-token", "mine", "precious")
			env.waitForEquippedUser()
			env.runAction("action", "ann", set)
			env.expectFailed("action", v1alpha1.ReasonSecretExists, "Secret ann-to")
			env.expectNoWritingCall()
			for _, kept := range []string{"ann-totp", "ann-token"} {
				secret := &corev1.Secret{}
				env.get(secret, kept)
				if len(secret.Data) != 1 || string(secret.Data["mine"]) != "precious" || len(secret.OwnerReferences) > 0 || len(secret.Labels) > 0 {
					t.Errorf("Secret %s was touched", kept)
				}
			}
			env.expectNoWrites()
		})
	}
	t.Run("OfAnotherAction", func(t *testing.T) {
		env := newActionEnvironment(t)
		env.runAction("first", "ann", createsTOTP)
		env.expectComplete("first")
		before := &corev1.Secret{}
		env.get(before, "ann-totp")
		env.runAction("second", "ann", createsTOTP)
		env.expectFailed("second", v1alpha1.ReasonSecretExists, "ann-totp")
		after := &corev1.Secret{}
		env.get(after, "ann-totp")
		if after.ResourceVersion != before.ResourceVersion {
			t.Error("the other action's Secret was written")
		}
		env.expectCalls(1, "PATCH", "/users/*")
		env.expectNoWrites()
	})
}

func TestSecretsThatActionsWriteBelongToThem(t *testing.T) {
	env := newActionEnvironment(t)
	env.runAction("token", "ann", getsTokenFor("google"))
	env.expectComplete("token")
	secret := &corev1.Secret{}
	env.get(secret, "ann-token")
	want := map[string]string{
		"token": annsToken, "provider": "oauth_google", "scopes": "email openid", "id-token": "id-token-of-ann", "expires-at": "3015-09-24T10:40:00Z",
	}
	got := map[string]string{}
	for name, value := range secret.Data {
		got[name] = string(value)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the entries (-want +got):\n%s", diff)
	}
	if owner := metav1.GetControllerOf(secret); owner == nil || owner.UID != env.readAction("token").UID || owner.Kind != "ClerkUserAction" {
		t.Errorf("the owner is %+v", owner)
	}
	if secret.Labels["app.kubernetes.io/managed-by"] != "clerk-operator" {
		t.Errorf("the labels are %v", secret.Labels)
	}
	env.expectNoWrites()
}

func TestProviderThatIsNotConnectedIsNamed(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		provider string
		prepare  func(*emulator.User)
	}{
		"NobodyUses":       {"oauth_github", func(*emulator.User) {}},
		"WithoutAToken":    {"oauth_google", func(u *emulator.User) { u.ExternalAccounts[0].Token = nil }},
		"WithoutAnAccount": {"oauth_google", func(u *emulator.User) { u.ExternalAccounts = nil }},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			env := newActionEnvironment(t)
			env.clerk.Configure(func(s *emulator.Settings) { s.OAuthProviders = []string{"oauth_google"} })
			env.editAtClerk("ann", tc.prepare)
			env.runAction("action", "ann", getsTokenFor(tc.provider))
			env.expectFailed("action", v1alpha1.ReasonProviderNotConnected, tc.provider)
			secrets := &corev1.SecretList{}
			if err := env.client.List(t.Context(), secrets); err != nil {
				t.Fatal(err)
			}
			for _, secret := range secrets.Items {
				if secret.Namespace == env.namespace && secret.Name == "ann-token" {
					t.Error("a Secret was written")
				}
			}
			env.expectCalls(1, "GET", "/users/*/oauth_access_tokens/*")
			env.expectNoWrites()
		})
	}
}
