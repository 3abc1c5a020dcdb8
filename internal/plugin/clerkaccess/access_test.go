// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkaccess

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/clerkinstance"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
)

func get(refusal error) func(context.Context, client.WithWatch, client.ObjectKey, client.Object, ...client.GetOption) error {
	return func(ctx context.Context, c client.WithWatch, key client.ObjectKey, object client.Object, options ...client.GetOption) error {
		if _, isSecret := object.(*corev1.Secret); isSecret && refusal != nil {
			return refusal
		}
		return c.Get(ctx, key, object, options...)
	}
}

func forbidden() error {
	return apierrors.NewForbidden(schema.GroupResource{Resource: "secrets"}, "clerk", errors.New("RBAC"))
}

// What is opened, and with which key, or why not. Each refusal says what to do.
func TestKeyOfTheSecretComesBeforeTheVariable(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		secret   *corev1.Secret
		refusal  error
		variable string
		change   func(*environment)
		// key is the key that calls were made with; "" if none may be made.
		key string
		// says are parts of the refusal.
		says []string
	}{
		"Secret":            {secret: secret(ourKey), key: ourKey},
		"SecretWithALine":   {secret: secret(ourKey + "\n"), key: ourKey},
		"SecretBeforeOther": {secret: secret(ourKey), variable: othersKey, key: ourKey},
		"VariableIfForbidden": {
			secret: secret(othersKey), refusal: forbidden(), variable: " " + ourKey + "\n", key: ourKey,
		},
		"VariableIfThereIsNoSecret": {variable: ourKey, key: ourKey},
		"VariableIfTheEntryIsEmpty": {secret: secret(" \n"), variable: ourKey, key: ourKey},
		"NeitherForbidden": {
			secret: secret(ourKey), refusal: forbidden(),
			says: []string{"ClerkInstance team-a/default", "you may not read Secret team-a/clerk", "right to get the resource secrets", "variable CLERK_SECRET_KEY"},
		},
		"NeitherMissing": {says: []string{"Secret team-a/clerk does not exist", "entry secret-key", "variable CLERK_SECRET_KEY"}},
		"NeitherNoKey":   {secret: secret("pk_test_x"), says: []string{"entry secret-key of Secret team-a/clerk", "sk_live_", "variable CLERK_SECRET_KEY"}},
		"VariableIsNoKey": {
			variable: "pk_test_secretly", says: []string{"the variable CLERK_SECRET_KEY is not a secret key of Clerk", "sk_live_ or sk_test_"},
		},
		"ClusterDoesNotAnswer": {refusal: errors.New("connection refused"), variable: ourKey, says: []string{"reading Secret team-a/clerk", "connection refused"}},

		"VariableOfAnotherInstance": {
			variable: othersKey, key: othersKey, says: []string{"the variable CLERK_SECRET_KEY", othersID, ourID, "use a key of that instance"},
		},
		"SecretOfAnotherInstance": {secret: secret(othersKey), key: othersKey, says: []string{"Secret team-a/clerk", othersID, ourID}},
		"SpecNamesAnotherInstance": {
			variable: ourKey, key: ourKey, change: func(w *environment) { w.instance.Spec.InstanceID = ptr.To(othersID) },
			says: []string{ourID, othersID},
		},
		"SpecIsStrongerThanStatus": {
			variable: othersKey, key: othersKey, change: func(w *environment) { w.instance.Spec.InstanceID = ptr.To(othersID) },
		},
		"VariableAndNobodyKnowsTheInstance": {
			variable: ourKey, key: ourKey, change: func(w *environment) { w.instance.Status = v1alpha1.ClerkInstanceStatus{} },
			says: []string{"names no Clerk instance", ourID, "spec.instanceID"},
		},
		"SecretOfANewInstance": {
			secret: secret(ourKey), key: ourKey, change: func(w *environment) { w.instance.Status = v1alpha1.ClerkInstanceStatus{} },
		},
		"SecretWhereADigestIsOnRecord": {
			secret: secret(ourKey), key: ourKey, change: func(w *environment) { w.instance.Status.InstanceID = "unpinned-0123456789abcdef" },
		},
		"VariableWhereADigestIsOnRecord": {
			variable: ourKey, key: ourKey, change: func(w *environment) { w.instance.Status.InstanceID = "unpinned-0123456789abcdef" },
			says: []string{"names no Clerk instance", "spec.instanceID"},
		},
		"LiveKeyOfADevelopmentInstance": {
			variable: ourLiveKey, says: []string{"Production instance", "Development instance", "use a key of that instance"},
		},
		"LiveKey": {
			variable: ourLiveKey, key: ourLiveKey, change: func(w *environment) { w.instance.Status.Environment = v1alpha1.EnvironmentProduction },
		},
		"HostIsNotAllowed": {
			secret: secret(ourKey), variable: ourKey, change: func(w *environment) { w.instance.Spec.APIURL = ptr.To("https://evil.example/v1") },
			says: []string{"https://evil.example/v1", "api.clerk.com only", "--allowed-api-hosts"},
		},
		"PlainHTTPIsNotAllowed": {
			secret: secret(ourKey), change: func(w *environment) { w.instance.Spec.APIURL = ptr.To("http://api.clerk.com/v1") },
			says: []string{"http://api.clerk.com/v1", "--allowed-api-hosts"},
		},
		"HostIsAllowed": {
			secret: secret(ourKey), key: ourKey, change: func(w *environment) {
				w.instance.Spec.APIURL = ptr.To("http://clerk.internal:8080/v1")
				w.flags.AllowedAPIHosts = []string{"http://clerk.internal:8080"}
			},
		},
		"FlagIsNoHost": {
			secret: secret(ourKey), change: func(w *environment) { w.flags.AllowedAPIHosts = []string{"a b"} }, says: []string{"--allowed-api-hosts"},
		},
		"FlagIsNegative": {
			secret: secret(ourKey), change: func(w *environment) { w.flags.RequestsPer10s = -1 }, says: []string{"--requests-per-10s"},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newEnvironment(t)
			w.variables[KeyVariable] = tc.variable
			if tc.change != nil {
				tc.change(w)
			}
			o := w.opener()
			if tc.secret != nil {
				o = w.opener(tc.secret)
			}
			if tc.refusal != nil {
				o.cluster = cluster(t, tc.refusal)
			}
			access, err := o.open(t.Context(), w.instance)
			w.expectKey(tc.key)
			if len(tc.says) > 0 {
				expectRefusal(t, err, tc.says...)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			wantID := ourID
			if tc.key == othersKey {
				wantID = othersID
			}
			if access.InstanceID != wantID || access.Environment != clerkinstance.EnvironmentOf(tc.key) {
				t.Errorf("opened %s (%s), want %s", access.InstanceID, access.Environment, wantID)
			}
			if text := fmt.Sprintf("%v %+v %#v", access, access, access.Reader); strings.Contains(text, tc.key) {
				t.Error("printed, the access shows the key")
			}
		})
	}
}

// expectKey expects that no other key was sent to Clerk than this one.
func (w *environment) expectKey(key string) {
	w.t.Helper()
	ids := map[string]string{ourKey: ourID + " key-1", ourLiveKey: ourID + " key-2", othersKey: othersID + " key-3"}
	for _, call := range w.calls() {
		if got := call.Instance + " " + call.KeyID; key == "" || got != ids[key] {
			w.t.Errorf("Clerk was sent %s %s with %s, want key %q", call.Method, call.Path, got, ids[key])
		}
	}
	if len(w.calls()) == 0 && key != "" {
		w.t.Error("no call was made")
	}
}

// expectRefusal expects an error with these parts and without a key.
func expectRefusal(t *testing.T, err error, says ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("there is no error")
	}
	for _, part := range says {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the error does not say %q:\n%v", part, err)
		}
	}
	for _, key := range []string{ourKey, ourLiveKey, othersKey, "secretly"} {
		if strings.Contains(err.Error(), key) {
			t.Errorf("the error shows a key: %v", err)
		}
	}
}

// A key that may not ask Clerk for its instance is that of the ClerkInstance only if it is the very key.
func TestKeyThatMayNotAskForItsInstance(t *testing.T) {
	t.Parallel()
	digest, err := clerkinstance.IdentifyKey(t.Context(), nobody{}, ourKey)
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		status string
		named  bool
		says   []string
	}{
		"SecretOfANewInstance": {"", true, nil},
		"Secret":               {digest, true, nil},
		"SecretIsNotSure":      {ourID, true, []string{"may not ask Clerk for its instance", ourID, "GET /instance"}},
		"TheSameVariable":      {digest, false, nil},
		"AnotherVariable":      {"unpinned-0123456789abcdef", false, []string{"may not ask Clerk for its instance"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := &secretKey{text: clerk.NewSecret(ourKey), from: "the test", named: tc.named}
			instance := &v1alpha1.ClerkInstance{Status: v1alpha1.ClerkInstanceStatus{InstanceID: tc.status}}
			err := k.checkInstance(instance, digest)
			if len(tc.says) > 0 {
				expectRefusal(t, err, tc.says...)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

// nobody is refused when it asks for its instance.
type nobody struct{}

// Instance is refused.
func (nobody) Instance(context.Context) (clerk.Instance, error) {
	return clerk.Instance{}, &clerk.Error{Status: 403, Code: "authorization_invalid"}
}

// The interface has no method that writes, no assertion leads to one, and the client behind it refuses to write.
func TestNothingCanBeWritten(t *testing.T) {
	t.Parallel()
	w := newEnvironment(t)
	o := w.opener(secret(ourKey))
	access, err := o.open(t.Context(), w.instance)
	if err != nil {
		t.Fatal(err)
	}
	switch access.Reader.(type) {
	case connection.Writer, connection.Creator, connection.Deleter, connection.Actor, interface {
		BanUser(ctx context.Context, id string) (*clerk.User, error)
	}:
		t.Errorf("%T can write", access.Reader)
	}
	key, err := o.findKey(t.Context(), w.instance)
	if err != nil {
		t.Fatal(err)
	}
	calls, err := o.client(w.instance, key)
	if err != nil {
		t.Fatal(err)
	}
	before := len(w.calls())
	if _, err := calls.BanUser(t.Context(), "user_1"); !errors.Is(err, errNeverWrites) {
		t.Errorf("a write failed with %v", err)
	}
	if n := len(w.calls()) - before; n != 0 {
		t.Errorf("%d calls were made", n)
	}
}
