// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

const (
	manager = release + "-controller-manager"
	users   = "clerkusers.clerk-operator.io"
	// patience is how long to wait for what the API server does by itself.
	patience = time.Minute
)

// TestRelease takes a release through its life: install, upgrade from the former chart, rollback, upgrade with other values, without
// CustomResourceDefinitions and back, uninstall, install again. The CustomResourceDefinitions and a user stay all the time. It runs alone, before the parallel tests.
func TestRelease(t *testing.T) {
	c := newClient(t)
	removeInstallation(t, c)
	at := []string{"--namespace", namespace}

	helm(t, append(at, "install", release, formerChart(t), "--create-namespace")...)
	user := createUser(t, c)
	expectSchema(t, c, false)
	expectObject(t, c, "ConfigMap", "former", true)

	helm(t, append(at, "upgrade", release, chartPlace(t))...)
	expectSchema(t, c, true)
	expectObject(t, c, "ConfigMap", "former", false)
	expectImage(t, c, "clerk-operator:devel")
	expectSame(t, c, user)

	helm(t, append(at, "rollback", release, "1")...)
	expectSchema(t, c, false)
	expectObject(t, c, "ConfigMap", "former", true)
	expectImage(t, c, "clerk-operator:v0.0.1")
	expectSame(t, c, user)

	helm(t, append(at, "upgrade", release, chartPlace(t), "--values", valuesFile(t, values{
		"replicas": 2, "networkPolicy": values{"enabled": false}, "metrics": values{"enabled": false},
	}))...)
	expectSchema(t, c, true)
	expectObject(t, c, "PodDisruptionBudget", manager, true)
	expectObject(t, c, "NetworkPolicy", manager, false)
	expectObject(t, c, "Service", release+"-metrics", false)
	expectSmallRelease(t, c)

	expectNoSecondRelease(t)

	// The CustomResourceDefinitions leave the release and come back to it.
	for _, back := range [][]string{{"rollback", release}, {"upgrade", release, chartPlace(t), "--set", "crds.enabled=true"}} {
		helm(t, append(at, "upgrade", release, chartPlace(t), "--set", "crds.enabled=false")...)
		expectSchema(t, c, true)
		expectSame(t, c, user)
		helm(t, append(at, back...)...)
		expectSame(t, c, user)
	}

	rendered := split(helm(t, append(at, "get", "manifest", release)...)).objects(t)
	helm(t, append(at, "uninstall", release)...)
	expectUninstalled(t, c, rendered)
	expectSame(t, c, user)

	helm(t, append(at, "install", release, chartPlace(t), "--set", "clerkInstance.create=true", "--set", "clerkInstance.secretName=clerk")...)
	expectSame(t, c, user)
	helm(t, append(at, "uninstall", release)...)
	expectObject(t, c, "ClerkInstance", "default", true)
	expectSame(t, c, user)
}

// expectNoSecondRelease wants Helm to refuse a second release in the same namespace, and in another one.
func expectNoSecondRelease(t *testing.T) {
	t.Helper()
	for _, second := range []string{namespace, "team-a"} {
		_, err := tryHelm(t, "--namespace", second, "install", "second", chartPlace(t))
		if err == nil || !strings.Contains(err.Error(), "CustomResourceDefinition") || !strings.Contains(err.Error(), "cannot be imported into the current release") {
			t.Errorf("a second release in %s is not refused: %v", second, err)
		}
	}
}

// TestNotesWarnOfTheLossOfUsers wants a warning that names each way in which crds.keep=false deletes users, and none otherwise.
func TestNotesWarnOfTheLossOfUsers(t *testing.T) {
	t.Parallel()
	const want = "WARNING: crds.keep is false. The uninstallation of this release, or an upgrade with crds.enabled=false, deletes all ClerkUsers."
	for setting, warned := range map[string]bool{"crds.keep=true": false, "crds.keep=false": true, "crds.enabled=false,crds.keep=false": false} {
		notes := helm(t, "--namespace", namespace, "install", release, chartPlace(t), "--dry-run=client", "--set", setting)
		if strings.Contains(notes, "WARNING") != warned || strings.Contains(notes, want) != warned {
			t.Errorf("%s: the notes warn: want %t:\n%s", setting, warned, notes)
		}
	}
}

// TestTakeOver turns an installation by kustomize into a release. Deployment, CustomResourceDefinitions and a user stay the same objects.
func TestTakeOver(t *testing.T) {
	c := newClient(t)
	removeInstallation(t, c)
	kubectl(t, "apply", "--server-side", "-k", place(t, "config", "default"))
	user := createUser(t, c)
	before := getObject(t, c, "Deployment", manager)

	install := []string{"--namespace", namespace, "install", release, chartPlace(t), "--set", "watchSecrets=true"}
	if _, err := tryHelm(t, install...); err == nil || !strings.Contains(err.Error(), "cannot be imported into the current release") {
		t.Errorf("Helm took over without being told to: %v", err)
	}
	helm(t, append(install, "--take-ownership", "--server-side=false")...)
	after := getObject(t, c, "Deployment", manager)
	if before.GetUID() != after.GetUID() || after.GetLabels()["app.kubernetes.io/managed-by"] != "Helm" {
		t.Errorf("the Deployment was %s and is %s, with the labels %v", before.GetUID(), after.GetUID(), after.GetLabels())
	}
	expectSame(t, c, user)

	// kubectl must not own anything by which it would keep what a later upgrade removes.
	helm(t, "--namespace", namespace, "upgrade", release, chartPlace(t), "--values", valuesFile(t, values{
		"nodeSelector": nil, "networkPolicy": values{"enabled": false},
	}))
	expectObject(t, c, "NetworkPolicy", manager, false)
	selector, _, err := unstructured.NestedMap(getObject(t, c, "Deployment", manager).Object, "spec", "template", "spec", "nodeSelector")
	if err != nil || len(selector) > 0 {
		t.Errorf("a field that was removed from the values is left: %v, %v", selector, err)
	}
	rendered := split(helm(t, "--namespace", namespace, "get", "manifest", release)).objects(t)
	helm(t, "--namespace", namespace, "uninstall", release)
	expectUninstalled(t, c, rendered)
	expectSame(t, c, user)
}

// formerChart writes a chart that differs from that of the checkout as a former version could: in its version, in a field of a
// CustomResourceDefinition, and in an object that there is no more. No version is released yet, whose package could be used.
func formerChart(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "clerk-operator")
	if err := os.CopyFS(dir, os.DirFS(chartPlace(t))); err != nil {
		t.Fatal(err)
	}
	replace(t, filepath.Join(dir, "Chart.yaml"), "version: 0.0.0-devel\nappVersion: devel\n", "version: 0.0.1\nappVersion: v0.0.1\n")
	replace(t, filepath.Join(dir, "files", "crds", "clerk-operator.io_clerkusers.yaml"), "              suspend:\n", "              paused:\n")
	former := "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: former}\n"
	if err := os.WriteFile(filepath.Join(dir, "templates", "former.yaml"), []byte(former), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

func replace(t *testing.T, file, former, latter string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(text), former) != 1 {
		t.Fatalf("%s has %q %d times", file, former, strings.Count(string(text), former))
	}
	if err := os.WriteFile(file, []byte(strings.Replace(string(text), former, latter, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// createUser creates a ClerkUser with a finalizer, as the operator leaves it.
func createUser(t *testing.T, c client.Client) *v1alpha1.ClerkUser {
	t.Helper()
	ensureNamespaces(t, c, "team-a")
	user := &v1alpha1.ClerkUser{
		ObjectMeta: metav1.ObjectMeta{Namespace: "team-a", Name: "ada", Finalizers: []string{"clerk-operator.io/finalizer"}},
		Spec:       v1alpha1.ClerkUserSpec{EmailAddresses: []v1alpha1.EmailAddress{{Address: "ada@example.com"}}},
	}
	eventually(t, "the kind ClerkUser", func() error { return c.Create(t.Context(), user.DeepCopy()) })
	if err := c.Get(t.Context(), client.ObjectKeyFromObject(user), user); err != nil {
		t.Fatal(err)
	}
	return user
}

// expectSame wants the same user as before.
func expectSame(t *testing.T, c client.Client, user *v1alpha1.ClerkUser) {
	t.Helper()
	now := &v1alpha1.ClerkUser{}
	eventually(t, "the user", func() error { return c.Get(t.Context(), client.ObjectKeyFromObject(user), now) })
	if diff := cmp.Diff(user, now); diff != "" {
		t.Errorf("the user is not the same as before (-):\n%s", diff)
	}
}

// expectSchema wants the schema of ClerkUsers with or without the field that the former chart lacks, and in force.
func expectSchema(t *testing.T, c client.Client, latter bool) {
	t.Helper()
	eventually(t, "the schema of ClerkUsers", func() error {
		crd := &apiextensionsv1.CustomResourceDefinition{}
		if err := c.Get(t.Context(), client.ObjectKey{Name: users}, crd); err != nil {
			return err
		}
		for _, condition := range crd.Status.Conditions {
			if condition.Type == apiextensionsv1.Established && condition.Status != apiextensionsv1.ConditionTrue {
				return errors.New("it is not established")
			}
		}
		spec := crd.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["spec"]
		if _, has := spec.Properties["suspend"]; has != latter {
			return fmt.Errorf("it has the field: %t, want %t", has, latter)
		}
		return nil
	})
}

func expectImage(t *testing.T, c client.Client, image string) {
	t.Helper()
	deployment := &appsv1.Deployment{}
	if err := c.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: manager}, deployment); err != nil {
		t.Fatal(err)
	}
	if got := deployment.Spec.Template.Spec.Containers[0].Image; got != image {
		t.Errorf("the image is %s, want %s", got, image)
	}
}

// expectSmallRelease wants the Secret in which Helm keeps a release far below the limit of 1 MiB for a Secret.
func expectSmallRelease(t *testing.T, c client.Client) {
	t.Helper()
	secrets := &corev1.SecretList{}
	if err := c.List(t.Context(), secrets, client.InNamespace(namespace), client.MatchingLabels{"owner": "helm"}); err != nil {
		t.Fatal(err)
	}
	if len(secrets.Items) == 0 {
		t.Fatal("there is no Secret of the release")
	}
	for _, s := range secrets.Items {
		const limit = 256 << 10
		if size := base64.StdEncoding.EncodedLen(len(s.Data["release"])); size > limit {
			t.Errorf("%s has %d bytes, want at most %d", s.Name, size, limit)
		}
	}
}

// expectUninstalled wants everything gone that the release had, but for the CustomResourceDefinitions.
func expectUninstalled(t *testing.T, c client.Client, rendered map[string]*unstructured.Unstructured) {
	t.Helper()
	kept := 0
	for _, name := range slices.Sorted(maps.Keys(rendered)) {
		o := rendered[name].DeepCopy()
		err := c.Get(t.Context(), client.ObjectKeyFromObject(o), o)
		switch {
		case o.GetKind() == "CustomResourceDefinition":
			kept++
			if err != nil || o.GetDeletionTimestamp() != nil {
				t.Errorf("%s is gone: %v", name, err)
			}
		case !isGone(err):
			t.Errorf("%s is left: %v", name, err)
		}
	}
	if kept != 3 {
		t.Errorf("%d CustomResourceDefinitions are kept, want 3", kept)
	}
}

func isGone(err error) bool { return err != nil && client.IgnoreNotFound(err) == nil }

// kinds are those that tests ask for by name.
func kinds() map[string]metav1.TypeMeta {
	return map[string]metav1.TypeMeta{
		"ClerkInstance":       {APIVersion: v1alpha1.GroupVersion.String(), Kind: "ClerkInstance"},
		"ConfigMap":           {APIVersion: "v1", Kind: "ConfigMap"},
		"Deployment":          {APIVersion: "apps/v1", Kind: "Deployment"},
		"NetworkPolicy":       {APIVersion: "networking.k8s.io/v1", Kind: "NetworkPolicy"},
		"PodDisruptionBudget": {APIVersion: "policy/v1", Kind: "PodDisruptionBudget"},
		"Service":             {APIVersion: "v1", Kind: "Service"},
	}
}

func findObject(t *testing.T, c client.Client, kind, name string) (*unstructured.Unstructured, error) {
	t.Helper()
	o := &unstructured.Unstructured{}
	o.SetAPIVersion(kinds()[kind].APIVersion)
	o.SetKind(kind)
	err := c.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: name}, o)
	return o, err
}

func getObject(t *testing.T, c client.Client, kind, name string) *unstructured.Unstructured {
	t.Helper()
	o, err := findObject(t, c, kind, name)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// expectObject wants an object of the namespace of the operator, or none.
func expectObject(t *testing.T, c client.Client, kind, name string, exists bool) {
	t.Helper()
	if _, err := findObject(t, c, kind, name); exists && err != nil || !exists && !isGone(err) {
		t.Errorf("%s %s exists: want %t, got %v", kind, name, exists, err)
	}
}

// removeInstallation deletes what another test left: the objects of the operator, and its kinds.
func removeInstallation(t *testing.T, c client.Client) {
	t.Helper()
	removeUser(t, c)
	kubectl(t, "delete", "--ignore-not-found", "crd", users, "clerkinstances.clerk-operator.io", "clerkuseractions.clerk-operator.io")
	kubectl(t, "delete", "--ignore-not-found", "--namespace", namespace, "secret", "--selector", "owner=helm")
}

func removeUser(t *testing.T, c client.Client) {
	t.Helper()
	users := &v1alpha1.ClerkUserList{}
	if err := c.List(t.Context(), users); meta.IsNoMatchError(err) || isGone(err) {
		return
	} else if err != nil {
		t.Fatal(err)
	}
	for i := range users.Items {
		former := users.Items[i].DeepCopy()
		users.Items[i].Finalizers = nil
		if err := c.Patch(t.Context(), &users.Items[i], client.MergeFrom(former)); err != nil {
			t.Fatal(err)
		}
	}
}

// eventually waits until check returns nil, and fails with its last error.
func eventually(t *testing.T, what string, check func() error) {
	t.Helper()
	var err error
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if err = check(); err == nil {
			return
		}
	}
	t.Fatalf("waiting for %s: %v", what, err)
}
