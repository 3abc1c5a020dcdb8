// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkinstance

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
	"github.com/clerk-operator/clerk-operator/internal/controller/reconcile"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
	"github.com/clerk-operator/clerk-operator/test/contract"
)

// TestMessagesAboutKeys holds what people are told: where the operator looked, and what belongs there.
func TestMessagesAboutKeys(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		secret *corev1.Secret
		want   string
	}{
		"NoSecret":   {nil, "Secret clerk does not exist in namespace platform; create it with the secret key in entry secret-key"},
		"OtherEntry": {holding("key", "sk_test_a"), "Secret clerk has no entry secret-key, or an empty one; put the secret key there"},
		"Empty":      {holding("secret-key", ""), "Secret clerk has no entry secret-key, or an empty one; put the secret key there"},
		"Quoted": {holding("secret-key", `"sk_test_a"`), "entry secret-key of Secret clerk is not a Clerk secret key; " +
			"put one there, which begins with sk_test_ or sk_live_ and has no quotes or other text around it"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var objects []client.Object
			if tc.secret != nil {
				objects = append(objects, tc.secret)
			}
			r := newTestReconciler(t, &clock{at: start}, objects...)
			_, err := r.connect().key.run(t.Context(), newTestInstance())
			if err == nil || err.Error() != tc.want {
				t.Errorf("the message is %v, want %q", err, tc.want)
			}
		})
	}
}

// holding returns the Secret of the instance with one entry.
func holding(entry, content string) *corev1.Secret {
	secret := newTestSecret("")
	secret.Data = map[string][]byte{entry: []byte(content)}
	return secret
}

func TestKeysInSecrets(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		data   map[string][]byte
		entry  *string
		want   string
		reason string
	}{
		"Development":          {map[string][]byte{"secret-key": []byte("sk_test_a")}, nil, "sk_test_a", ""},
		"Production":           {map[string][]byte{"secret-key": []byte("sk_live_a")}, nil, "sk_live_a", ""},
		"NewLineAtTheEnd":      {map[string][]byte{"secret-key": []byte("sk_live_a\r\n")}, nil, "sk_live_a", ""},
		"BlanksAround":         {map[string][]byte{"secret-key": []byte("  sk_live_a\t")}, nil, "sk_live_a", ""},
		"OtherEntry":           {map[string][]byte{"secret-key": []byte("sk_live_a"), "clerk": []byte("sk_live_b")}, ptr.To("clerk"), "sk_live_b", ""},
		"NoSuchEntry":          {map[string][]byte{"secret-key": []byte("sk_live_a")}, ptr.To("clerk"), "", v1alpha1.ReasonSecretNotFound},
		"Empty":                {map[string][]byte{"secret-key": nil}, nil, "", v1alpha1.ReasonSecretNotFound},
		"OnlyBlanks":           {map[string][]byte{"secret-key": []byte(" \n")}, nil, "", v1alpha1.ReasonSecretNotFound},
		"NoData":               {nil, nil, "", v1alpha1.ReasonSecretNotFound},
		"Publishable":          {map[string][]byte{"secret-key": []byte("pk_live_Confidential")}, nil, "", v1alpha1.ReasonInvalidKey},
		"UpperCasePrefix":      {map[string][]byte{"secret-key": []byte("SK_LIVE_Confidential")}, nil, "", v1alpha1.ReasonInvalidKey},
		"Quoted":               {map[string][]byte{"secret-key": []byte(`"sk_live_Confidential"`)}, nil, "", v1alpha1.ReasonInvalidKey},
		"TwoKeys":              {map[string][]byte{"secret-key": []byte("sk_live_Confidential\nsk_live_b")}, nil, "", v1alpha1.ReasonInvalidKey},
		"BlankInside":          {map[string][]byte{"secret-key": []byte("sk_live_Confidential b")}, nil, "", v1alpha1.ReasonInvalidKey},
		"HeaderSmuggledInside": {map[string][]byte{"secret-key": []byte("sk_live_Confidential\r\nX-Evil: 1")}, nil, "", v1alpha1.ReasonInvalidKey},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			secret := newTestSecret("")
			secret.Data = tc.data
			r := newTestReconciler(t, &clock{at: start}, secret)
			instance := newTestInstance(func(i *v1alpha1.ClerkInstance) { i.Spec.SecretKeyRef.Key = tc.entry })
			got, err := r.connect().key.run(t.Context(), instance)
			found, _ := errors.AsType[*reconcile.Problem](err)
			switch {
			case got != tc.want || (err == nil) != (tc.reason == ""):
				t.Errorf("key() = %q, %v; want %q, reason %q", got, err, tc.want, tc.reason)
			case err == nil:
			case found == nil || found.Reason != tc.reason:
				t.Errorf("key() = %v, want reason %s", err, tc.reason)
			case strings.Contains(err.Error(), "Confidential"):
				t.Errorf("the message shows the key: %v", err)
			}
		})
	}
}

func TestSecretThatIsUsedIsHeld(t *testing.T) {
	t.Parallel()
	r := newTestReconciler(t, &clock{at: start}, newTestSecret(testKey))
	for range 2 {
		if _, err := r.connect().key.run(t.Context(), newTestInstance()); err != nil {
			t.Fatal(err)
		}
	}
	secret := &corev1.Secret{}
	if err := r.APIReader.Get(t.Context(), client.ObjectKeyFromObject(newTestSecret("")), secret); err != nil {
		t.Fatal(err)
	}
	if len(secret.Finalizers) != 1 || secret.Finalizers[0] != v1alpha1.Finalizer {
		t.Errorf("finalizers are %v, want ours once", secret.Finalizers)
	}
	gone := newTestInstance(func(i *v1alpha1.ClerkInstance) { i.Spec.SecretKeyRef.Name = "other" })
	if _, err := r.connect().key.run(t.Context(), gone); !isSecretNotFound(err) || !strings.Contains(err.Error(), "Secret other does not exist") {
		t.Errorf("without a Secret: %v", err)
	}
}

func TestPin(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		spec   *string
		status string
		want   string
	}{
		"FirstUse":           {nil, "", ""},
		"SeenFirst":          {nil, "ins_seen", "ins_seen"},
		"Named":              {ptr.To("ins_named"), "", "ins_named"},
		"NamedBeatsSeen":     {ptr.To("ins_named"), "ins_seen", "ins_named"},
		"DigestIsNoPin":      {nil, unpinnedPrefix + "0123456789abcdef", ""},
		"NamedOverTheDigest": {ptr.To("ins_named"), unpinnedPrefix + "0123456789abcdef", "ins_named"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			instance := newTestInstance()
			instance.Spec.InstanceID, instance.Status.InstanceID = tc.spec, tc.status
			if got := pin(instance); got != tc.want {
				t.Errorf("pin is %q, want %q", got, tc.want)
			}
		})
	}
}

func TestDigestNamesAKeyWithoutTellingIt(t *testing.T) {
	t.Parallel()
	a, b := keyDigest("sk_test_a"), keyDigest("sk_test_b")
	if a == b || a != keyDigest("sk_test_a") || len(a) != digestLen || strings.Contains(a, "sk_") {
		t.Errorf("digests are %q and %q", a, b)
	}
	if !Unpinned(unpinnedPrefix+a) || Unpinned(testID) {
		t.Error("an id of Clerk's and a digest are not told apart")
	}
}

func TestEnvironmentAndBudgetFollowTheKey(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		key         string
		limit       *v1alpha1.RateLimit
		environment v1alpha1.Environment
		budget      int
	}{
		"Production":       {"sk_live_a", nil, v1alpha1.EnvironmentProduction, 500},
		"Development":      {"sk_test_a", nil, v1alpha1.EnvironmentDevelopment, 50},
		"NoKey":            {"pk_live_a", nil, "", 50},
		"Share":            {"sk_live_a", &v1alpha1.RateLimit{SharePercent: ptr.To[int32](10)}, v1alpha1.EnvironmentProduction, 100},
		"Absolute":         {"sk_live_a", &v1alpha1.RateLimit{RequestsPer10s: ptr.To[int32](7)}, v1alpha1.EnvironmentProduction, 7},
		"EmptyLimitIsHalf": {"sk_test_a", &v1alpha1.RateLimit{}, v1alpha1.EnvironmentDevelopment, 50},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := EnvironmentOf(tc.key); got != tc.environment {
				t.Errorf("environment is %q, want %q", got, tc.environment)
			}
			instance := newTestInstance(func(i *v1alpha1.ClerkInstance) { i.Spec.RateLimit = tc.limit })
			if got := budget(instance, tc.key); got != tc.budget {
				t.Errorf("budget is %d, want %d", got, tc.budget)
			}
		})
	}
}

func TestEndpointIsAddressAndSecret(t *testing.T) {
	t.Parallel()
	same := endpoint(newTestInstance())
	for name, change := range map[string]func(*v1alpha1.ClerkInstance){
		"AnotherAddress": func(i *v1alpha1.ClerkInstance) { i.Spec.APIURL = ptr.To("https://clerk.internal/v1") },
		"AnotherSecret":  func(i *v1alpha1.ClerkInstance) { i.Spec.SecretKeyRef.Name = "other" },
		"AnotherEntry":   func(i *v1alpha1.ClerkInstance) { i.Spec.SecretKeyRef.Key = ptr.To("other") },
	} {
		if endpoint(newTestInstance(change)) == same {
			t.Errorf("%s is the same endpoint", name)
		}
	}
	for name, change := range map[string]func(*v1alpha1.ClerkInstance){
		"DefaultAddressSpelledOut": func(i *v1alpha1.ClerkInstance) { i.Spec.APIURL = ptr.To(v1alpha1.DefaultAPIURL) },
		"DefaultEntrySpelledOut":   func(i *v1alpha1.ClerkInstance) { i.Spec.SecretKeyRef.Key = ptr.To(v1alpha1.DefaultSecretKey) },
		"AnotherBudget": func(i *v1alpha1.ClerkInstance) {
			i.Spec.RateLimit = &v1alpha1.RateLimit{SharePercent: ptr.To[int32](1)}
		},
	} {
		if endpoint(newTestInstance(change)) != same {
			t.Errorf("%s is another endpoint", name)
		}
	}
}

func TestWhichInstanceAKeyBelongsTo(t *testing.T) {
	t.Parallel()
	seen := `{"object":"instance","id":"` + testID + `","environment_type":"development"}`
	tests := map[string]struct {
		carrier http.RoundTripper
		pin     string
		want    string
		reason  string
		fails   bool
	}{
		"First":          {answering(200, seen), "", testID, "", false},
		"AsPinned":       {answering(200, seen), testID, testID, "", false},
		"NotAsPinned":    {answering(200, seen), "ins_other", "", v1alpha1.ReasonInstanceChanged, true},
		"MayNotAsk":      {answering(403, errorBody("authorization_invalid")), "", unpinnedPrefix + keyDigest(testKey), "", false},
		"ProxyForbids":   {answering(403, "<html>"), "", "", "", true},
		"KeyRejected":    {answering(401, errorBody("authentication_invalid")), "", "", "", true},
		"Unavailable":    {answering(503, ""), testID, "", "", true},
		"EmptyAnswer":    {answering(200, "{}"), "", "", "", true},
		"PlanForbids402": {answering(402, errorBody("quota_exceeded")), "", "", "", true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			instance := newTestInstance(func(i *v1alpha1.ClerkInstance) { i.Status.InstanceID = tc.pin })
			got, err := instanceID(t.Context(), newTestClient(t, tc.carrier), instance, testKey)
			if got != tc.want || (err != nil) != tc.fails {
				t.Errorf("instanceID() = %q, %v; want %q", got, err, tc.want)
			}
			found, _ := errors.AsType[*reconcile.Problem](err)
			if tc.reason != "" && (found == nil || found.Reason != tc.reason || !found.Stalled || !strings.Contains(found.Message, testID)) {
				t.Errorf("instanceID() = %v, want reason %s", err, tc.reason)
			}
			if err != nil && strings.Contains(err.Error(), testKey) {
				t.Errorf("the error shows the key: %v", err)
			}
		})
	}
}

// fixture is a Clerk with one instance, and a ClerkInstance whose Secret holds its key.
type fixture struct {
	clerk    *emulator.Instance
	server   *emulator.Server
	r        *Reconciler
	instance *v1alpha1.ClerkInstance
	clock    *clock
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	s := &fixture{clock: &clock{at: start}}
	s.server = emulator.New(emulator.Config{Now: s.clock.now})
	s.clerk = s.server.AddInstance(emulator.InstanceConfig{Keys: []string{testKey}})
	listener := httptest.NewServer(contract.Enforce(t, s.server))
	t.Cleanup(func() { s.server.Close(); listener.Close() })
	hosts, err := ParseAllowedHosts([]string{listener.URL})
	if err != nil {
		t.Fatal(err)
	}
	s.instance = newTestInstance(func(i *v1alpha1.ClerkInstance) { i.Spec.APIURL = ptr.To(listener.URL + "/v1") })
	s.r = newTestReconciler(t, s.clock, newTestSecret(testKey))
	s.r.Hosts = hosts
	return s
}

// rotate puts another key into the Secret.
func (s *fixture) rotate(t *testing.T, key string) {
	t.Helper()
	secret := &corev1.Secret{}
	if err := s.r.APIReader.Get(t.Context(), types.NamespacedName{Namespace: testNamespace, Name: "clerk"}, secret); err != nil {
		t.Fatal(err)
	}
	secret.Data[v1alpha1.DefaultSecretKey] = []byte(key)
	if err := s.r.Client.Update(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
}

// remove deletes the Secret, as somebody who rotates by delete and create does.
func (s *fixture) remove(t *testing.T) {
	t.Helper()
	secret := &corev1.Secret{}
	if err := s.r.APIReader.Get(t.Context(), types.NamespacedName{Namespace: testNamespace, Name: "clerk"}, secret); err != nil {
		t.Fatal(err)
	}
	secret.Finalizers = nil
	if err := s.r.Client.Update(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	if err := s.r.Client.Delete(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
}

func (s *fixture) connect(t *testing.T) (*connection.Connection, bool, error) {
	t.Helper()
	return s.r.connect().run(t.Context(), s.instance)
}

func TestConnect(t *testing.T) {
	t.Parallel()
	other := "sk_test_OtherOtherOther"
	tests := map[string]struct {
		then    func(t *testing.T, s *fixture)
		same    bool // the connection is that of the first reconciliation
		missing bool
		reason  string
		refused bool
		asked   int
	}{
		"UnchangedAsksNothing":    {func(*testing.T, *fixture) {}, true, false, "", false, 1},
		"PinnedByStatus":          {func(_ *testing.T, s *fixture) { s.instance.Status.InstanceID = s.clerk.ID() }, true, false, "", false, 1},
		"SecretGoneKeyCached":     {func(t *testing.T, s *fixture) { s.remove(t) }, true, true, "", false, 1},
		"SecretGoneToBeChecked":   {func(t *testing.T, s *fixture) { s.remove(t); s.r.checked.requireCheck(prod) }, false, false, v1alpha1.ReasonSecretNotFound, false, 1},
		"SecretGoneElsewhere":     {func(_ *testing.T, s *fixture) { s.instance.Spec.SecretKeyRef.Name = "other" }, false, false, v1alpha1.ReasonSecretNotFound, false, 1},
		"AnotherKeyOfTheInstance": {func(t *testing.T, s *fixture) { s.clerk.AddKey(other); s.rotate(t, other) }, false, false, "", false, 2},
		"KeyOfAnotherInstance": {func(t *testing.T, s *fixture) {
			s.instance.Status.InstanceID = s.clerk.ID()
			s.server.AddInstance(emulator.InstanceConfig{Keys: []string{other}})
			s.rotate(t, other)
		}, false, false, v1alpha1.ReasonInstanceChanged, false, 1},
		"ChangeThatIsMeant": {func(t *testing.T, s *fixture) {
			s.instance.Status.InstanceID = s.clerk.ID()
			s.instance.Spec.InstanceID = ptr.To(s.server.AddInstance(emulator.InstanceConfig{Keys: []string{other}}).ID())
			s.rotate(t, other)
		}, false, false, "", false, 1},
		"AnotherPinIsNotTakenOnTrust": {func(_ *testing.T, s *fixture) { s.instance.Spec.InstanceID = ptr.To("ins_2Other") }, false, false, v1alpha1.ReasonInstanceChanged, false, 2},
		"KeyThatIsRevoked":            {func(_ *testing.T, s *fixture) { s.clerk.RevokeKey(testKey); s.r.checked.requireCheck(prod) }, false, false, "", true, 1},
		"KeyThatIsNone":               {func(t *testing.T, s *fixture) { s.rotate(t, "hunter2") }, false, false, v1alpha1.ReasonInvalidKey, false, 1},
		"HostThatIsNotAllowed":        {func(_ *testing.T, s *fixture) { s.instance.Spec.APIURL = ptr.To("https://evil.example/v1") }, false, false, v1alpha1.ReasonAPIHostNotAllowed, false, 1},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newFixture(t)
			first, missing, err := s.connect(t)
			if err != nil || missing || first.InstanceID != s.clerk.ID() || first.Environment != v1alpha1.EnvironmentDevelopment {
				t.Fatalf("connect() = %+v, %t, %v", first, missing, err)
			}
			if shared, found := s.r.Pool.Mirror(s.clerk.ID()); !found || first.Mirror != shared {
				t.Error("the connection has a mirror of its own")
			}
			tc.then(t, s)
			got, missing, err := s.connect(t)
			found, _ := errors.AsType[*reconcile.Problem](err)
			switch {
			case tc.reason != "" && (found == nil || found.Reason != tc.reason):
				t.Errorf("connect() = %v, want reason %s", err, tc.reason)
			case tc.refused && !clerk.Unauthorized(err):
				t.Errorf("connect() = %v, want the key refused", err)
			case tc.reason == "" && !tc.refused && (err != nil || got == nil):
				t.Errorf("connect() = %v, %v", got, err)
			}
			if (got == first) != tc.same || missing != tc.missing {
				t.Errorf("the same connection: %t, key missing: %t; want %t, %t", got == first, missing, tc.same, tc.missing)
			}
			if n := len(s.clerk.Journal().Matching(http.MethodGet, "/instance")); n != tc.asked {
				t.Errorf("Clerk was asked %d times, want %d", n, tc.asked)
			}
		})
	}
}

// When a namespace is deleted, the Role for its Secrets goes before its ClerkUsers.
func TestRightOnTheSecretIsLostOnDeletion(t *testing.T) {
	t.Parallel()
	for name, deleted := range map[string]bool{"OnDeletion": true, "Otherwise": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newFixture(t)
			first, _, err := s.connect(t)
			if err != nil {
				t.Fatal(err)
			}
			forbidSecrets(t, s.r)
			if deleted {
				s.instance.DeletionTimestamp = ptr.To(metav1.NewTime(start))
			}
			got, missing, err := s.connect(t)
			if deleted && (err != nil || got != first || !missing) {
				t.Errorf("connect() = %v, %t, %v; want the connection with the cached key", got, missing, err)
			}
			if !deleted && !apierrors.IsForbidden(err) {
				t.Errorf("connect() = %v, %v; want the API server's refusal", got, err)
			}
		})
	}
}

func TestCallsAreObservedWithTheirClerkInstance(t *testing.T) {
	t.Parallel()
	s := newFixture(t)
	var observed []string
	s.r.Observe = connection.Observers(
		func(context.Context, string, clerk.RequestInfo) { observed = append(observed, "first") },
		func(_ context.Context, instanceID string, r clerk.RequestInfo) {
			observed = append(observed, string(r.Operation)+" "+instanceID)
		},
	)
	c, _, err := s.connect(t)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Client.CountUsers(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []string{"first", "get_instance ", "first", "count_users " + s.clerk.ID()}
	if diff := cmp.Diff(want, observed); diff != "" {
		t.Errorf("observed (-want +got):\n%s", diff)
	}
}
