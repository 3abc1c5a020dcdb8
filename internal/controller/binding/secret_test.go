// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package binding

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
)

const operatorNamespace = "clerk-operator-system"

func stored(key []byte) *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: operatorNamespace, Name: SecretName},
		Data:       map[string][]byte{secretEntry: key},
	}
}

func TestFirstStartMakesAKeyAndLaterOnesReadIt(t *testing.T) {
	t.Parallel()
	c := fake.NewClientBuilder().Build()
	made, err := EnsureKey(t.Context(), c, operatorNamespace)
	if err != nil {
		t.Fatal(err)
	}
	secret := &corev1.Secret{}
	if err := c.Get(t.Context(), types.NamespacedName{Namespace: operatorNamespace, Name: SecretName}, secret); err != nil {
		t.Fatal(err)
	}
	if len(secret.Data) != 1 || len(secret.Data[secretEntry]) != KeySize {
		t.Errorf("the Secret holds %d entries and a key of %d bytes", len(secret.Data), len(secret.Data[secretEntry]))
	}
	again, err := EnsureKey(t.Context(), c, operatorNamespace)
	if err != nil {
		t.Fatal(err)
	}
	subject := Subject{ClusterID: "c", UID: "u", InstanceID: "i", UserID: "user_1"}
	if !again.Valid(made.Sign(subject), subject) {
		t.Error("what one start signed does not hold after another")
	}
	elsewhere, err := EnsureKey(t.Context(), c, "other")
	if err != nil {
		t.Fatal(err)
	}
	if elsewhere.Valid(made.Sign(subject), subject) {
		t.Error("two operators share a key")
	}
}

func TestKeyThatIsThereIsNeverReplaced(t *testing.T) {
	t.Parallel()
	tests := map[string][]byte{
		"TooShort": []byte("Confidential-Key"),
		"TooLong":  []byte(strings.Repeat("Confidential", 4)),
		"Absent":   nil,
	}
	for name, bad := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := fake.NewClientBuilder().WithObjects(stored(bad)).Build()
			_, err := EnsureKey(t.Context(), c, operatorNamespace)
			if err == nil {
				t.Fatal("a Secret without a usable key was taken")
			}
			if strings.Contains(err.Error(), "Confidential") {
				t.Errorf("the error shows what is in the Secret: %v", err)
			}
			after := &corev1.Secret{}
			if err := c.Get(t.Context(), client.ObjectKeyFromObject(stored(nil)), after); err != nil || string(after.Data[secretEntry]) != string(bad) {
				t.Errorf("the Secret was changed to %d bytes (%v)", len(after.Data[secretEntry]), err)
			}
		})
	}
}

// Two replicas may start at once: the second one uses the key of the first.
func TestLoserOfARaceTakesTheWinnersKey(t *testing.T) {
	t.Parallel()
	winner, err := NewKey()
	if err != nil {
		t.Fatal(err)
	}
	var once sync.Once
	c := interceptor.NewClient(fake.NewClientBuilder().Build(), interceptor.Funcs{
		Create: func(ctx context.Context, c client.WithWatch, object client.Object, options ...client.CreateOption) error {
			once.Do(func() {
				if err := c.Create(ctx, stored(winner.Bytes())); err != nil {
					t.Error(err)
				}
			})
			return c.Create(ctx, object, options...)
		},
	})
	got, err := EnsureKey(t.Context(), c, operatorNamespace)
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != winner.String() {
		t.Errorf("the loser uses %s, want %s", got, winner)
	}
}

func TestClusterThatRefuses(t *testing.T) {
	t.Parallel()
	refusal := apierrors.NewForbidden(corev1.Resource("secrets"), SecretName, errors.New("no"))
	tests := map[string]interceptor.Funcs{
		"ToShowTheSecret": {Get: func(context.Context, client.WithWatch, client.ObjectKey, client.Object, ...client.GetOption) error {
			return refusal
		}},
		"ToCreateIt": {Create: func(context.Context, client.WithWatch, client.Object, ...client.CreateOption) error { return refusal }},
	}
	for name, funcs := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := EnsureKey(t.Context(), interceptor.NewClient(fake.NewClientBuilder().Build(), funcs), operatorNamespace)
			if !apierrors.IsForbidden(err) || !strings.Contains(err.Error(), SecretName) {
				t.Errorf("EnsureKey() = %v, want what the cluster said about %s", err, SecretName)
			}
		})
	}
}

func TestMissingNamespaceIsNamed(t *testing.T) {
	t.Parallel()
	gone := apierrors.NewNotFound(corev1.Resource("namespaces"), operatorNamespace)
	c := interceptor.NewClient(fake.NewClientBuilder().Build(), interceptor.Funcs{
		Create: func(context.Context, client.WithWatch, client.Object, ...client.CreateOption) error { return gone },
	})
	_, err := EnsureKey(t.Context(), c, operatorNamespace)
	if !errors.Is(err, gone) || !strings.Contains(err.Error(), "create the namespace, or name another with --operator-namespace") {
		t.Errorf("the error is %v", err)
	}
}
