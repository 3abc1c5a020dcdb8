// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuseraction

import (
	"context"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

func getsToken(s *v1alpha1.ClerkUserActionSpec) {
	s.GetOAuthAccessToken = &v1alpha1.AccessTokenRequest{Provider: "oauth_google", OutputSecret: v1alpha1.OutputSecret{SecretName: "out"}}
}

func createsTOTP(s *v1alpha1.ClerkUserActionSpec) {
	s.CreateTOTP = &v1alpha1.OutputSecret{SecretName: "out"}
}

// connected gives the user a token.
func (s *fixture) connected() {
	s.t.Helper()
	if _, err := s.clerk.Edit(s.user.Status.UserID, func(u *emulator.User) {
		u.ExternalAccounts = []emulator.ExternalAccount{{ID: "eac_2One", Provider: "oauth_google", Token: &emulator.OAuthToken{Token: "t"}}}
	}); err != nil {
		s.t.Fatal(err)
	}
}

// TestOwnSecretThatCannotBeWritten has the Secret of the action's first call, to which something has happened since.
func TestOwnSecretThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	immutable := func(s *corev1.Secret) { s.Immutable = ptr.To(true) }
	dying := func(s *corev1.Secret) { s.Finalizers = []string{"example.com/hold"} }
	for name, tc := range map[string]struct {
		set          func(*v1alpha1.ClerkUserActionSpec)
		change       func(*corev1.Secret)
		deleted      bool
		kind, reason string
	}{
		"ImmutableToken":    {getsToken, immutable, false, v1alpha1.ConditionFailed, v1alpha1.ReasonSecretExists},
		"ImmutableTOTP":     {createsTOTP, immutable, false, v1alpha1.ConditionComplete, v1alpha1.ReasonCarriedOut},
		"TokenBeingDeleted": {getsToken, dying, true, v1alpha1.ConditionReconciling, v1alpha1.ReasonSecretExists},
		"TOTPBeingDeleted":  {createsTOTP, dying, true, v1alpha1.ConditionReconciling, v1alpha1.ReasonSecretExists},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newFixture(t)
			s.connected()
			output := &outputSecret{client: s.SecretClient, action: s.runAction(tc.set)}
			if err := output.create(t.Context(), map[string][]byte{entrySecret: []byte("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")}); err != nil {
				t.Fatal(err)
			}
			tc.change(output.found)
			if err := s.cluster.Update(t.Context(), output.found); err != nil {
				t.Fatal(err)
			}
			if tc.deleted {
				if err := s.cluster.Delete(t.Context(), output.found); err != nil {
					t.Fatal(err)
				}
			}
			s.turned(tc.kind, tc.reason)
			if tc.kind != v1alpha1.ConditionComplete {
				s.wantCalls(0, "GET", "/users/*/oauth_access_tokens/*")
				s.wantCalls(0, "PATCH", "/users/*")
			}
		})
	}
}

// TestForbiddenSecretIsNamed has a quota, or the lack of a right, keep the operator from writing the Secret.
func TestForbiddenSecretIsNamed(t *testing.T) {
	t.Parallel()
	forbidden := apierrors.NewForbidden(schema.GroupResource{Resource: "secrets"}, "out", nil)
	s := newFixture(t)
	s.connected()
	s.runAction(getsToken)
	s.SecretClient = interceptor.NewClient(s.cluster, interceptor.Funcs{
		Create: func(context.Context, client.WithWatch, client.Object, ...client.CreateOption) error { return forbidden },
		Patch: func(context.Context, client.WithWatch, client.Object, client.Patch, ...client.PatchOption) error {
			return forbidden
		},
	})
	want := secretForbidden("out", forbidden).Error()
	for range 2 {
		if result := s.turned(v1alpha1.ConditionReconciling, v1alpha1.ReasonRetrying); result.RequeueAfter != reconcile.RecheckInterval {
			t.Errorf("the next look is in %v", result.RequeueAfter)
		}
		if got := s.stored(); got.Status.Conditions[0].Message != want || got.Status.StartedAt != nil {
			t.Errorf("the status is %+v", got.Status)
		}
		if err := (&outputSecret{client: s.SecretClient, action: s.stored()}).create(t.Context(), nil); err == nil {
			t.Error("the Secret was written")
		}
		s.at = s.at.Add(reconcile.RecheckInterval - time.Second)
		if result := s.reconcile(); result.RequeueAfter != time.Second {
			t.Errorf("in between the next look is in %v", result.RequeueAfter)
		}
		s.at = s.at.Add(time.Second)
	}
	s.wantCalls(2, "GET", "/users/*/oauth_access_tokens/*")
	s.SecretClient = s.cluster
	s.turned(v1alpha1.ConditionComplete, v1alpha1.ReasonCarriedOut)
}

// TestObjectThatVanishedDuringTheCallIsForgotten deletes the object while the call is under way.
func TestObjectThatVanishedDuringTheCallIsForgotten(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	a := s.runAction(disablesMFA)
	s.Client = interceptor.NewClient(s.cluster, interceptor.Funcs{
		SubResourceUpdate: func(ctx context.Context, c client.Client, sub string, o client.Object, opts ...client.SubResourceUpdateOption) error {
			if err := c.SubResource(sub).Update(ctx, o, opts...); err != nil {
				return err
			}
			return s.cluster.Delete(ctx, &v1alpha1.ClerkUserAction{ObjectMeta: metav1.ObjectMeta{Namespace: a.Namespace, Name: a.Name}})
		},
	})
	if result, err := s.Reconcile(t.Context(), a); err != nil || result.RequeueAfter != 0 {
		t.Errorf("the reconciliation: %+v, %v", result, err)
	}
	s.wantCalls(1, "DELETE", "/users/*/mfa")
	if s.objects.Of(a.UID) != (objectState{}) || s.objects.Outdated(a) {
		t.Error("the object is remembered")
	}
}

// TestTokenOfAnAccountThatIsNotTheUsersIsNotKept has the call answered with the token of somebody else.
func TestTokenOfAnAccountThatIsNotTheUsersIsNotKept(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		accounts []clerk.ExternalAccount
		id       string
		want     bool
	}{
		"Own":           {[]clerk.ExternalAccount{{ID: "eac_1"}, {ID: "eac_2"}}, "eac_2", true},
		"Others":        {[]clerk.ExternalAccount{{ID: "eac_1"}}, "eac_2", false},
		"NoAccounts":    {nil, "eac_2", false},
		"OtherKindOfID": {[]clerk.ExternalAccount{{ID: "idn_1"}}, "eac_2", true},
		"NotSaid":       {nil, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := hasAccount(&clerk.User{ExternalAccounts: tc.accounts}, tc.id); got != tc.want {
				t.Errorf("the user has it: %t, want %t", got, tc.want)
			}
		})
	}
}
