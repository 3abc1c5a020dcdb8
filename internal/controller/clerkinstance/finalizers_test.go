// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkinstance

import (
	"context"
	"errors"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// finalizersOf returns the finalizers of a Secret of the namespace, and whether it is there.
func finalizersOf(t *testing.T, r *Reconciler, name string) ([]string, bool) {
	t.Helper()
	secret := &corev1.Secret{}
	err := r.APIReader.Get(t.Context(), types.NamespacedName{Namespace: testNamespace, Name: name}, secret)
	if client.IgnoreNotFound(err) != nil {
		t.Fatal(err)
	}
	return secret.Finalizers, err == nil
}

// A Secret is held only for users that need its key to be deleted; rotation by delete and create must not hang.
func TestSecretThatIsDeleted(t *testing.T) {
	t.Parallel()
	namespace := func(finalizers ...string) *corev1.Namespace {
		return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: testNamespace, Finalizers: finalizers}}
	}
	tests := map[string]struct {
		user  func(*v1alpha1.ClerkUser)
		going bool
		held  bool
	}{
		"NobodyNeedsIt":             {nil, false, false},
		"UserThatStays":             {func(*v1alpha1.ClerkUser) {}, false, false},
		"UserThatIsDeleted":         {beingDeleted, false, true},
		"UserThatIsDeletedRetained": {func(u *v1alpha1.ClerkUser) { beingDeleted(u); u.Status.Origin = v1alpha1.OriginAdopted }, false, false},
		"NamespaceThatGoes":         {func(*v1alpha1.ClerkUser) {}, true, true},
		"NamespaceThatGoesUnneeded": {nil, true, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			secret := newTestSecret(testKey)
			secret.Finalizers = []string{v1alpha1.Finalizer}
			objects := []client.Object{newTestInstance(), secret, namespace("kubernetes")}
			if tc.user != nil {
				user := bound("team-a", "ann", tc.user)
				objects = append(objects, &user)
			}
			r := newTestReconciler(t, &clock{at: start}, objects...)
			if err := r.Client.Delete(t.Context(), newTestSecret("")); err != nil {
				t.Fatal(err)
			}
			if tc.going {
				if err := r.Client.Delete(t.Context(), namespace()); err != nil {
					t.Fatal(err)
				}
			}
			key, err := r.connect().key.run(t.Context(), newTestInstance())
			if err != nil || key != testKey {
				t.Errorf("key() = %q, %v; the key is still there to be read", key, err)
			}
			if _, held := finalizersOf(t, r, "clerk"); held != tc.held {
				t.Errorf("the Secret is held: %t, want %t", held, tc.held)
			}
		})
	}
}

func TestFormerSecretIsLetGo(t *testing.T) {
	t.Parallel()
	former := newTestSecret(testKey)
	former.Name, former.Finalizers = "former", []string{v1alpha1.Finalizer, "somebody/else"}
	shares := newTestInstance(func(i *v1alpha1.ClerkInstance) { i.Name, i.UID, i.Spec.SecretKeyRef.Name = "shares", "other", "former" })
	tests := map[string]struct {
		objects []client.Object
		was     string
		want    []string
	}{
		"ReferenceChanged":     {nil, "former", []string{"somebody/else"}},
		"ReferenceIsTheSame":   {nil, "clerk", []string{v1alpha1.Finalizer, "somebody/else"}},
		"FirstReference":       {nil, "", []string{v1alpha1.Finalizer, "somebody/else"}},
		"AnotherInstanceUses":  {[]client.Object{shares}, "former", []string{v1alpha1.Finalizer, "somebody/else"}},
		"FormerOneIsGoneToday": {nil, "long-gone", []string{v1alpha1.Finalizer, "somebody/else"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			objects := []client.Object{newTestInstance(), former.DeepCopy()}
			for _, o := range tc.objects {
				objects = append(objects, o.DeepCopyObject().(client.Object))
			}
			r := newTestReconciler(t, &clock{at: start}, objects...)
			instance := newTestInstance(func(i *v1alpha1.ClerkInstance) { i.Status.SecretName = tc.was })
			if err := r.finalizers().releaseFormerSecret(t.Context(), instance); err != nil {
				t.Fatal(err)
			}
			if got, _ := finalizersOf(t, r, "former"); !slices.Equal(got, tc.want) {
				t.Errorf("finalizers are %v, want %v", got, tc.want)
			}
			if instance.Status.SecretName != "clerk" {
				t.Errorf("on record is Secret %q", instance.Status.SecretName)
			}
		})
	}
}

// A Secret that two instances share and that is being deleted stays as long as users need either of them.
func TestSecretThatIsDeletedStaysForAnotherInstance(t *testing.T) {
	t.Parallel()
	elsewhere := func(u *v1alpha1.ClerkUser) { u.Status.Instance.Name = "shares" }
	tests := map[string]struct {
		user func(*v1alpha1.ClerkUser)
		held bool
	}{
		"NobodyNeedsIt":     {nil, false},
		"UserThatStays":     {elsewhere, false},
		"UserThatIsDeleted": {func(u *v1alpha1.ClerkUser) { elsewhere(u); beingDeleted(u) }, true},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			secret := newTestSecret(testKey)
			secret.Finalizers = []string{v1alpha1.Finalizer}
			shares := newTestInstance(func(i *v1alpha1.ClerkInstance) { i.Name, i.UID = "shares", "other" })
			namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: testNamespace}}
			objects := []client.Object{newTestInstance(), shares, secret, namespace}
			if tc.user != nil {
				user := bound("team-a", "ann", tc.user)
				objects = append(objects, &user)
			}
			r := newTestReconciler(t, &clock{at: start}, objects...)
			if err := r.Client.Delete(t.Context(), newTestSecret("")); err != nil {
				t.Fatal(err)
			}
			if err := r.finalizers().release(t.Context(), newTestInstance()); err != nil {
				t.Fatal(err)
			}
			if _, held := finalizersOf(t, r, "clerk"); held != tc.held {
				t.Errorf("the Secret is held: %t, want %t", held, tc.held)
			}
		})
	}
}

// forbidSecrets takes the right to read Secrets away.
func forbidSecrets(t *testing.T, r *Reconciler) {
	t.Helper()
	under, ok := r.Client.(client.WithWatch)
	if !ok {
		t.Fatal("the client of the test does not watch")
	}
	r.APIReader = interceptor.NewClient(under, interceptor.Funcs{
		Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, o client.Object, options ...client.GetOption) error {
			if _, ok := o.(*corev1.Secret); ok {
				return apierrors.NewForbidden(corev1.Resource("secrets"), key.Name, errors.New("the Role is gone"))
			}
			return c.Get(ctx, key, o, options...)
		},
	})
}

// Where a Role gives the rights on Secrets, they are gone before the Secret when a namespace is deleted.
func TestSecretHasNoFinalizerWhereRightsComeFromRoles(t *testing.T) {
	t.Parallel()
	for name, byRole := range map[string]bool{"ByRole": true, "ByClusterRole": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			secret := newTestSecret(testKey)
			secret.Finalizers = []string{"somebody/else"}
			if byRole {
				// An operator with all rights was there before.
				secret.Finalizers = append(secret.Finalizers, v1alpha1.Finalizer)
			}
			r := newTestReconciler(t, &clock{at: start}, newTestInstance(), secret)
			r.SecretsByRole = byRole
			if _, err := r.connect().key.run(t.Context(), newTestInstance()); err != nil {
				t.Fatal(err)
			}
			if got, _ := finalizersOf(t, r, "clerk"); slices.Contains(got, v1alpha1.Finalizer) == byRole || !slices.Contains(got, "somebody/else") {
				t.Errorf("finalizers are %v", got)
			}
			forbidSecrets(t, r)
			if err := r.finalizers().release(t.Context(), read(t, r)); (err == nil) != byRole {
				t.Errorf("the release without the right to read the Secret: %v", err)
			}
		})
	}
}

func TestInstanceHasOurFinalizerOnce(t *testing.T) {
	t.Parallel()
	r := newTestReconciler(t, &clock{at: start}, newTestInstance(func(i *v1alpha1.ClerkInstance) { i.Finalizers = []string{"somebody/else"} }))
	for range 2 {
		if err := r.finalizers().ensureOwn(t.Context(), read(t, r)); err != nil {
			t.Fatal(err)
		}
	}
	if got := read(t, r).Finalizers; !slices.Equal(got, []string{"somebody/else", v1alpha1.Finalizer}) {
		t.Errorf("finalizers are %v", got)
	}
	stale := read(t, r)
	stale.ResourceVersion, stale.Finalizers = "1", nil
	if err := r.finalizers().ensureOwn(t.Context(), stale); !apierrors.IsConflict(err) {
		t.Errorf("from an old copy: %v, want a conflict, or it would drop the finalizer of somebody else", err)
	}
	if err := r.finalizers().release(t.Context(), read(t, r)); err != nil {
		t.Fatal(err)
	}
	if got := read(t, r).Finalizers; !slices.Equal(got, []string{"somebody/else"}) {
		t.Errorf("after the release finalizers are %v", got)
	}
	if err := r.finalizers().release(t.Context(), read(t, r)); err != nil {
		t.Errorf("a second release: %v", err)
	}
}
