// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuseraction

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pquerna/otp"
	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
)

func TestTargetIsResolved(t *testing.T) {
	t.Parallel()
	observed := &clerk.User{
		Web3Wallets: []clerk.Web3Wallet{
			{ID: "idn_hex", Address: "0x52908400098527886e0f7030069857d2e4169ee7"},
			{ID: "idn_sol", Address: "4Nd1mBQtrMJVYVfKf2PJy9NZUZdTAsp7D4xWLs4gDB4T"},
		},
		ExternalAccounts: []clerk.ExternalAccount{
			{ID: "eac_g", Provider: "oauth_google"}, {ID: "eac_1", Provider: "oauth_x"}, {ID: "eac_2", Provider: "oauth_x"},
		},
	}
	wallet := func(address string) v1alpha1.ClerkUserActionSpec {
		return v1alpha1.ClerkUserActionSpec{DeleteWeb3Wallet: &v1alpha1.WalletDeletion{Address: &address}}
	}
	account := func(provider string) v1alpha1.ClerkUserActionSpec {
		return v1alpha1.ClerkUserActionSpec{DeleteExternalAccount: &v1alpha1.ExternalAccountDeletion{Provider: &provider}}
	}
	several := severalThere(v1alpha1.ActionDeleteExternalAccount, []string{"eac_1", "eac_2"})
	for name, tc := range map[string]struct {
		spec v1alpha1.ClerkUserActionSpec
		want string
		err  error
	}{
		"ById":             {specOf(v1alpha1.ActionDeletePasskey), "idn_1", nil},
		"DeviceById":       {specOf(v1alpha1.ActionRevokeTrustedDevice), "idn_1", nil},
		"WalletById":       {specOf(v1alpha1.ActionDeleteWeb3Wallet), "idn_1", nil},
		"AccountById":      {specOf(v1alpha1.ActionDeleteExternalAccount), "idn_1", nil},
		"AsAWhole":         {specOf(v1alpha1.ActionDisableMFA), "", nil},
		"CaseOfHex":        {wallet("0x52908400098527886E0F7030069857D2E4169EE7"), "idn_hex", nil},
		"Base58":           {wallet("4Nd1mBQtrMJVYVfKf2PJy9NZUZdTAsp7D4xWLs4gDB4T"), "idn_sol", nil},
		"CaseOfBase58":     {wallet("4nd1mBQtrMJVYVfKf2PJy9NZUZdTAsp7D4xWLs4gDB4T"), "", errNothingThere},
		"Provider":         {account("oauth_google"), "eac_g", nil},
		"ProviderInShort":  {account("google"), "eac_g", nil},
		"ProviderNotThere": {account("oauth_y"), "", errNothingThere},
		"TwoOfAProvider":   {account("x"), "", several},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := resolveTarget(&tc.spec, observed)
			if got != tc.want || (err == nil) != (tc.err == nil) || err != nil && err.Error() != tc.err.Error() {
				t.Errorf("the target is %q (%v), want %q (%v)", got, err, tc.want, tc.err)
			}
		})
	}
}

func TestAccountName(t *testing.T) {
	t.Parallel()
	emails := []clerk.EmailAddress{{ID: "idn_1", Address: "a@b.c"}, {ID: "idn_2", Address: "d@e.f"}}
	for want, user := range map[string]*clerk.User{
		"d@e.f":  {ID: "user_1", Username: "ann", EmailAddresses: emails, PrimaryEmailAddressID: "idn_2"},
		"ann":    {ID: "user_1", Username: "ann", EmailAddresses: emails},
		"user_1": {ID: "user_1"},
	} {
		if got := accountName(user); got != want {
			t.Errorf("accountName() = %q, want %q", got, want)
		}
	}
}

func TestEntriesOfAToken(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		token clerk.OAuthAccessToken
		want  map[string][]byte
	}{
		"Plain": {
			clerk.OAuthAccessToken{Token: clerk.NewSecret("t"), Provider: "oauth_x"},
			map[string][]byte{"token": []byte("t"), "provider": []byte("oauth_x"), "scopes": {}},
		},
		"Full": {
			clerk.OAuthAccessToken{Token: clerk.NewSecret("t"), Provider: "oauth_x", Scopes: []string{"a", "b"}, TokenSecret: clerk.NewSecret("s"), IDToken: clerk.NewSecret("i"), ExpiresAt: start},
			map[string][]byte{
				"token": []byte("t"), "provider": []byte("oauth_x"), "scopes": []byte("a b"), "token-secret": []byte("s"),
				"id-token": []byte("i"), "expires-at": []byte("2026-03-04T05:06:07Z"),
			},
		},
	} {
		if diff := cmp.Diff(tc.want, entriesOf(tc.token)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestTokenIsPutInPlaceOfAnOlderOne has the Secret of an earlier call of the same action.
func TestTokenIsPutInPlaceOfAnOlderOne(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	a := s.runAction(func(spec *v1alpha1.ClerkUserActionSpec) {
		*spec = specOf(v1alpha1.ActionGetOAuthAccessToken)
		spec.GetOAuthAccessToken.SecretName = "out"
	})
	output := &outputSecret{client: s.SecretClient, action: a}
	for _, entries := range []map[string][]byte{{"token": []byte("old"), "id-token": []byte("old")}, {"token": []byte("new")}} {
		if err := (prepareOutput{output}).run(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		if err := output.write(t.Context(), entries); err != nil {
			t.Fatal(err)
		}
		secret := &corev1.Secret{}
		if err := s.cluster.Get(t.Context(), types.NamespacedName{Namespace: testNamespace, Name: "out"}, secret); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(entries, secret.Data); diff != "" {
			t.Errorf("the entries (-want +got):\n%s", diff)
		}
		owner := metav1.GetControllerOf(secret)
		if owner == nil || owner.UID != a.UID || owner.BlockOwnerDeletion == nil || *owner.BlockOwnerDeletion {
			t.Errorf("the owner is %+v", owner)
		}
	}
	output.found = nil
	if err := output.write(t.Context(), nil); !errors.Is(err, reconcile.ErrOutdated) {
		t.Errorf("somebody else was quicker: %v", err)
	}
}

func TestAuthenticatorSecret(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	a := s.runAction(func(spec *v1alpha1.ClerkUserActionSpec) { *spec = specOf(v1alpha1.ActionCreateTOTP) })
	ann := &clerk.User{ID: "user_1", Username: "ann"}
	output := &outputSecret{client: s.SecretClient, action: a}
	if err := (prepareOutput{output}).run(t.Context(), ann); err != nil {
		t.Fatal(err)
	}
	made := output.found.Data
	key, err := otp.NewKeyFromURL(string(made["uri"]))
	if err != nil {
		t.Fatal(err)
	}
	if key.Secret() != string(made["secret"]) || len(key.Secret()) != 32 || key.AccountName() != "ann" || key.Issuer() != "Clerk" || key.Digits() != 6 || key.Period() != 30 {
		t.Error("the URI does not say the same as the secret, or what Clerk's codes are like")
	}
	again := &outputSecret{client: s.SecretClient, action: a}
	if err := (prepareOutput{again}).run(t.Context(), ann); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(made, again.found.Data); diff != "" {
		t.Error("a repeat makes another secret")
	}
	again.found.Data = map[string][]byte{}
	if err := s.cluster.Update(t.Context(), again.found); err != nil {
		t.Fatal(err)
	}
	if err := (prepareOutput{again}).run(t.Context(), ann); err != nil || len(again.found.Data["secret"]) != 32 || string(again.found.Data["secret"]) == string(made["secret"]) {
		t.Errorf("a Secret that somebody emptied is not filled: %v", err)
	}
}

func TestInputThatIsNoTextIsNotSent(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	s.keepCode("\xff\xfe")
	s.runAction(verifiesCode)
	s.turned(v1alpha1.ConditionFailed, v1alpha1.ReasonInvalidSpec)
	s.wantCalls(0, "", "**")
}

func TestConnectionIsResolved(t *testing.T) {
	t.Parallel()
	name := types.NamespacedName{Namespace: testNamespace, Name: "default"}
	state := func(s *fixture, change func(*connection.State)) {
		known, _ := s.Pool.State(name)
		change(&known)
		s.Pool.Set(name, known)
	}
	for text, tc := range map[string]struct {
		prepare      func(*fixture)
		kind, reason string
		after        time.Duration
	}{
		"NoInstance": {func(s *fixture) {
			if err := s.cluster.Delete(s.t.Context(), s.instance.DeepCopy()); err != nil {
				s.t.Fatal(err)
			}
		}, v1alpha1.ConditionReconciling, v1alpha1.ReasonInstanceNotFound, reconcile.RecheckInterval},
		"NotLookedAt": {func(s *fixture) { s.Pool.Drop(name) }, v1alpha1.ConditionReconciling, v1alpha1.ReasonWaiting, unknownRetry},
		"LookedAtBefore": {func(s *fixture) { state(s, func(k *connection.State) { k.Generation = 0 }) },
			v1alpha1.ConditionReconciling, v1alpha1.ReasonWaiting, unknownRetry},
		"NotReady": {func(s *fixture) { state(s, func(k *connection.State) { k.Connection, k.Problem = nil, "no key" }) },
			v1alpha1.ConditionReconciling, v1alpha1.ReasonInstanceNotReady, reconcile.RecheckInterval},
		"Another": {func(s *fixture) {
			state(s, func(k *connection.State) { k.Connection = &connection.Connection{InstanceID: "ins_2Another"} })
		}, v1alpha1.ConditionFailed, v1alpha1.ReasonInstanceChanged, 0},
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			s := newFixture(t)
			tc.prepare(s)
			s.runAction(disablesMFA)
			if result := s.turned(tc.kind, tc.reason); result.RequeueAfter != tc.after {
				t.Errorf("the next look is in %v, want %v", result.RequeueAfter, tc.after)
			}
			s.wantCalls(0, "", "**")
		})
	}
}

// TestFitRemembersWhereTheUserLived has the ClerkUser be bound elsewhere while the action waits.
func TestFitRemembersWhereTheUserLived(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	a := &v1alpha1.ClerkUserAction{Spec: specOf(v1alpha1.ActionDisableMFA)}
	a.Status.UserID, a.Status.Instance = s.user.Status.UserID, s.user.Status.Instance.DeepCopy()
	if err := checkFit(a, s.user); err != nil {
		t.Error(err)
	}
	a.Status.Instance.ID = "ins_2Former"
	found, ok := errors.AsType[*reconcile.Problem](checkFit(a, s.user))
	if !ok || found.Reason != v1alpha1.ReasonInstanceChanged || !found.Stalled {
		t.Errorf("the problem is %+v", found)
	}
}

func TestTimeToLive(t *testing.T) {
	t.Parallel()
	ended := func(kind string, ttl *int32, ago time.Duration) *v1alpha1.ClerkUserAction {
		at := metav1.NewTime(start.Add(-ago))
		return &v1alpha1.ClerkUserAction{
			ObjectMeta: metav1.ObjectMeta{Namespace: testNamespace, Name: "action", UID: "action-uid"},
			Spec:       v1alpha1.ClerkUserActionSpec{TTLSecondsAfterFinished: ttl},
			Status:     v1alpha1.ClerkUserActionStatus{CompletedAt: &at, Conditions: []metav1.Condition{{Type: kind, Status: metav1.ConditionTrue}}},
		}
	}
	for name, tc := range map[string]struct {
		action *v1alpha1.ClerkUserAction
		after  time.Duration
		gone   bool
	}{
		"Kept":           {ended(v1alpha1.ConditionComplete, nil, time.Hour), 0, false},
		"Young":          {ended(v1alpha1.ConditionComplete, ptr.To[int32](60), 20*time.Second), 40 * time.Second, false},
		"YoungAndFailed": {ended(v1alpha1.ConditionFailed, ptr.To[int32](60), 59*time.Second), time.Second, false},
		"Old":            {ended(v1alpha1.ConditionComplete, ptr.To[int32](60), time.Minute), 0, true},
		"OldAndFailed":   {ended(v1alpha1.ConditionFailed, ptr.To[int32](0), 0), 0, true},
		"WithoutEndsTime": {func() *v1alpha1.ClerkUserAction {
			a := ended(v1alpha1.ConditionFailed, ptr.To[int32](0), 0)
			a.Status.CompletedAt = nil
			return a
		}(), 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newFixture(t)
			stored := tc.action.DeepCopy()
			if err := s.cluster.Create(t.Context(), stored); err != nil {
				t.Fatal(err)
			}
			result, err := s.Reconcile(t.Context(), tc.action)
			if err != nil || result.RequeueAfter != tc.after || tc.after > 0 && *result.Priority != handler.LowPriority {
				t.Errorf("the result is %+v, %v", result, err)
			}
			err = s.cluster.Get(t.Context(), client.ObjectKeyFromObject(stored), stored)
			if apierrors.IsNotFound(err) != tc.gone {
				t.Errorf("afterwards: %v", err)
			}
			if _, err := s.Reconcile(t.Context(), tc.action); err != nil {
				t.Errorf("an old copy of one that is gone: %v", err)
			}
		})
	}
}

func TestWhatEnqueuesActions(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	s.runAction(verifiesCode)
	ann := &v1alpha1.ClerkUser{ObjectMeta: metav1.ObjectMeta{Namespace: testNamespace, Name: "ann"}}
	elsewhere := &v1alpha1.ClerkUser{ObjectMeta: metav1.ObjectMeta{Namespace: "team-b", Name: "ann"}}
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: testNamespace, Name: "input"}}
	if n := len(s.actionsOnUser(t.Context(), ann)); n != 1 {
		t.Errorf("%d actions are enqueued by their user", n)
	}
	if n := len(s.actionsOnUser(t.Context(), elsewhere)); n != 0 {
		t.Errorf("%d actions are enqueued by the user of another namespace", n)
	}
	if n := len(s.actionsThatRead(t.Context(), secret)); n != 1 {
		t.Errorf("%d actions are enqueued by their Secret", n)
	}
	s.keepCode("000000")
	s.turned(v1alpha1.ConditionComplete, v1alpha1.ReasonCarriedOut)
	if n := len(s.actionsOnUser(t.Context(), ann)) + len(s.actionsThatRead(t.Context(), secret)); n != 0 {
		t.Errorf("%d actions are enqueued that are over", n)
	}
}

func TestObjectStateIsForgottenWithTheObject(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	a := s.runAction(disablesMFA)
	s.reconcile()
	if s.objects.Of(a.UID) == (objectState{}) || !s.objects.Outdated(a) {
		t.Fatal("nothing is remembered of the object")
	}
	s.deletionEventHandler().Delete(t.Context(), event.DeleteEvent{Object: a}, nil)
	if s.objects.Of(a.UID) != (objectState{}) || s.objects.Outdated(a) {
		t.Error("an object that is gone is remembered")
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewPedanticRegistry()
	m, err := NewMetrics(registry)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewMetrics(registry); err == nil {
		t.Error("a second set of metrics under the same names")
	}
	m.ended(v1alpha1.ActionDisableMFA, v1alpha1.ReasonCarriedOut)
	m.ended("", v1alpha1.ReasonInvalidSpec)
	families, err := registry.Gather()
	if err != nil || len(families) != 1 {
		t.Fatalf("counted are %v (%v)", families, err)
	}
	var all []string
	for _, series := range families[0].GetMetric() {
		if n := series.GetCounter().GetValue(); n != 0 {
			all = append(all, fmt.Sprintf("%s %s: %v", series.GetLabel()[0].GetValue(), series.GetLabel()[1].GetValue(), n))
		}
	}
	if diff := cmp.Diff([]string{"disableMFA CarriedOut: 1", "unknown InvalidSpec: 1"}, all); diff != "" {
		t.Errorf("counters that are not 0 (-want +got):\n%s", diff)
	}
}
