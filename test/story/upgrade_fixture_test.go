// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// upgradeFixture is what a version of the operator left behind, at the API server and at Clerk.
type upgradeFixture struct {
	// Now is the time of the emulator and the operator when that was.
	Now time.Time `json:"now"`
	// ClusterID and BindingKey are those of the operator.
	ClusterID  string `json:"clusterID"`
	BindingKey []byte `json:"bindingKey"`
	// Namespaces are those of the objects, first the one of the ClerkInstance default.
	Namespaces []string `json:"namespaces"`
	// Objects are all Secrets, ConfigMaps and objects of the operator's kinds, as the API server has them.
	Objects []*unstructured.Unstructured `json:"objects"`
	// Clerk is the Clerk instance of most users.
	Clerk clerkFixture `json:"clerk"`
	// Restart is what the version itself writes after a restart.
	Restart restartWrites `json:"restart"`
}

// restartWrites are calls to Clerk that write, with their status codes, and changed objects. Both are sorted.
type restartWrites struct {
	Calls   []string `json:"calls"`
	Objects []string `json:"objects"`
}

// clerkFixture is a Clerk instance.
type clerkFixture struct {
	ID    string        `json:"id"`
	Key   string        `json:"key"`
	Users []userFixture `json:"users"`
}

// userFixture is a user with what Clerk does not show.
type userFixture struct {
	User        emulator.User       `json:"user"`
	LockedUntil time.Time           `json:"lockedUntil"`
	Directory   *emulator.Directory `json:"directory,omitempty"`
}

const (
	upgradeKey = "sk_live_upgrade"
	// urlInFixture stands for the emulator's URL, which differs in each run.
	urlInFixture = "http://clerk.invalid"
	// madeUp is a key of the operator that nobody takes for a real one.
	madeUp = "upgrade-fixture-not-a-real-key!!"
)

// fixtureDir is where the fixture of a version is.
func fixtureDir(version string) string { return filepath.Join("testdata", "upgrade", version) }

// fixtureKinds are the kinds whose objects are in fixtures.
func fixtureKinds() []schema.GroupVersionKind {
	core, own := corev1.SchemeGroupVersion, v1alpha1.GroupVersion
	return []schema.GroupVersionKind{
		core.WithKind("Secret"), core.WithKind("ConfigMap"),
		own.WithKind("ClerkInstance"), own.WithKind("ClerkUser"), own.WithKind("ClerkUserAction"),
	}
}

// capture returns what an environment, whose operator is at rest, has in its namespaces and at Clerk.
func (env *environment) capture(namespaces ...string) *upgradeFixture {
	env.t.Helper()
	f := &upgradeFixture{
		Now: env.server.Clock().Now(), ClusterID: env.clusterID, BindingKey: env.key.Bytes(), Namespaces: namespaces,
		Clerk: clerkFixture{ID: env.clerk.ID(), Key: env.clerk.Key()},
	}
	for _, u := range env.clerk.Users() {
		f.Clerk.Users = append(f.Clerk.Users, userFixture{*u, u.LockedUntil, u.Directory})
	}
	for _, namespace := range namespaces {
		for _, kind := range fixtureKinds() {
			list := &unstructured.UnstructuredList{}
			list.SetGroupVersionKind(kind)
			if err := env.client.List(env.t.Context(), list, client.InNamespace(namespace)); err != nil {
				env.t.Fatal(err)
			}
			for i := range list.Items {
				o := &list.Items[i]
				o.SetResourceVersion("")
				o.SetManagedFields(nil)
				f.Objects = append(f.Objects, o)
			}
		}
	}
	return f
}

// writtenSince returns what was written since the journal was reset, and since objects had these versions.
func (env *environment) writtenSince(before versions) restartWrites {
	env.t.Helper()
	w := restartWrites{Calls: []string{}, Objects: []string{}}
	for _, e := range env.clerk.Journal().Writes() {
		w.Calls = append(w.Calls, fmt.Sprintf("%s %s %d", e.Method, e.Path, e.Status))
	}
	for name, version := range env.versions() {
		if before[name] != version {
			w.Objects = append(w.Objects, name)
		}
	}
	slices.Sort(w.Calls)
	slices.Sort(w.Objects)
	return w
}

// write stores a fixture under the name of its version.
func (f *upgradeFixture) write(t *testing.T, version, url string) {
	t.Helper()
	text, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	text = append(bytes.ReplaceAll(text, []byte(url), []byte(urlInFixture)), '\n')
	if err := os.MkdirAll(fixtureDir(version), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(fixtureDir(version), "state.json"), text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// readFixture returns the fixture of a version for an emulator at a URL.
func readFixture(t *testing.T, version, url string) *upgradeFixture {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(fixtureDir(version), "state.json"))
	if err != nil {
		t.Fatal(err)
	}
	f := &upgradeFixture{}
	decoder := json.NewDecoder(strings.NewReader(strings.ReplaceAll(string(text), urlInFixture, url)))
	decoder.UseNumber()
	if err := decoder.Decode(f); err != nil {
		t.Fatal(err)
	}
	return f
}
