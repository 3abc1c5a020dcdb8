// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/binding"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
	"github.com/clerk-operator/clerk-operator/test/controlplane"
)

// upgradeWrites is what this version writes of its own accord after an upgrade from another version, beside what a restart of that
// version writes. Whatever stands here is in the changelog.
func upgradeWrites() map[string]restartWrites {
	return map[string]restartWrites{"07b944a": {Objects: append(
		// Suspended objects have a condition of their own since.
		[]string{"*v1alpha1.ClerkUser/never-began", "*v1alpha1.ClerkUser/stopped"}, rewordedMessages()["07b944a"]...,
	)}}
}

// rewordedMessages names the objects in upgradeWrites that get other messages in their conditions, and nothing else.
func rewordedMessages() map[string][]string {
	return map[string][]string{"07b944a": {
		// The message names the namespace that was searched.
		"*v1alpha1.ClerkInstance/no-secret",
		// The message says that nothing may surround the key.
		"*v1alpha1.ClerkInstance/no-key",
		// The message names the fields that both objects declare.
		"*v1alpha1.ClerkUser/conflict",
	}}
}

// TestUpgrade has the operator find what each earlier version left behind. It must write what that version writes after a restart,
// and no more, and then go on from there.
func TestUpgrade(t *testing.T) {
	t.Parallel()
	versions, err := os.ReadDir(fixtureDir(""))
	if err != nil || len(versions) == 0 {
		t.Fatalf("there are no fixtures: %v", err)
	}
	for _, version := range versions {
		t.Run(version.Name(), func(t *testing.T) {
			t.Parallel()
			env, f := restored(t, version.Name())
			before := env.versions()
			env.start()
			env.settle()
			want, more := f.Restart, upgradeWrites()[version.Name()]
			want.Calls, want.Objects = append(want.Calls, more.Calls...), append(want.Objects, more.Objects...)
			slices.Sort(want.Objects)
			if diff := cmp.Diff(want, env.writtenSince(before)); diff != "" {
				t.Errorf("the upgrade writes (+), and may write (-):\n%s", diff)
			}
			env.expectOtherMessages(f, rewordedMessages()[version.Name()])
			env.expectNoWrites()
			env.expectToGoOn()
		})
	}
}

// restored makes an environment from the fixture of a version.
func restored(t *testing.T, version string) (*environment, *upgradeFixture) {
	t.Helper()
	f := readFixture(t, version, "")
	env := newEmptyEnvironment(t, controlplane.Config(t), f.Namespaces[0], emulator.InstanceConfig{ID: f.Clerk.ID, Keys: []string{f.Clerk.Key}})
	f = readFixture(t, version, env.url)
	key, err := binding.ParseKey(f.BindingKey)
	if err != nil {
		t.Fatal(err)
	}
	env.key, env.clusterID, env.watched = key, f.ClusterID, f.Namespaces
	env.server.Clock().Set(f.Now.Add(time.Minute))
	for _, u := range f.Clerk.Users {
		u.User.LockedUntil, u.User.Directory = u.LockedUntil, u.Directory
		env.clerk.Seed(u.User)
	}
	for _, namespace := range f.Namespaces {
		forget(t, namespace)
		createNamespace(t, namespace)
	}
	for _, o := range f.Objects {
		env.restore(o)
	}
	return env, f
}

// expectOtherMessages checks that objects of a fixture have other messages in their conditions than in the fixture, and are the same
// otherwise.
func (env *environment) expectOtherMessages(f *upgradeFixture, names []string) {
	env.t.Helper()
	for _, before := range f.Objects {
		name := "*v1alpha1." + before.GetKind() + "/" + before.GetName()
		if !slices.Contains(names, name) {
			continue
		}
		after := &unstructured.Unstructured{}
		after.SetGroupVersionKind(before.GroupVersionKind())
		env.get(after, before.GetName())
		after.SetResourceVersion("")
		after.SetManagedFields(nil)
		was, is := cutMessages(env.t, before), cutMessages(env.t, after)
		if diff := cmp.Diff(before, after); diff != "" || slices.Equal(was, is) {
			env.t.Errorf("the upgrade changes more than messages of %s, or none: %q, %q\n%s", name, was, is, diff)
		}
	}
}

// cutMessages removes the messages from the conditions of an object, and returns them.
func cutMessages(t *testing.T, o *unstructured.Unstructured) (messages []string) {
	t.Helper()
	conditions, _, err := unstructured.NestedSlice(o.Object, "status", "conditions")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range conditions {
		condition := c.(map[string]any)
		messages = append(messages, condition["message"].(string))
		delete(condition, "message")
	}
	if err := unstructured.SetNestedSlice(o.Object, conditions, "status", "conditions"); err != nil {
		t.Fatal(err)
	}
	return messages
}

// forget removes what an earlier run of this test left behind. The owner marks in a fixture name its namespaces, so that a further run
// needs the same ones.
func forget(t *testing.T, namespace string) {
	t.Helper()
	for _, kind := range []string{"clerkusers", "clerkinstances", "clerkuseractions"} {
		controlplane.Empty(t, v1alpha1.GroupVersion.Group+"/"+kind+"/"+namespace+"/")
	}
	for _, kind := range []string{"secrets", "configmaps", "events"} {
		controlplane.Empty(t, kind+"/"+namespace+"/")
	}
	controlplane.Empty(t, "namespaces/"+namespace)
}

// restore stores an object as it was. The API server gives Secrets and ConfigMaps other uids, which nothing refers to.
func (env *environment) restore(o *unstructured.Unstructured) {
	env.t.Helper()
	if o.GroupVersionKind().Group == corev1.GroupName {
		o.SetUID("")
		env.create(o)
		return
	}
	text, err := o.MarshalJSON()
	if err != nil {
		env.t.Fatal(err)
	}
	plural := strings.ToLower(o.GetKind()) + "s"
	controlplane.Store(env.t, strings.Join([]string{v1alpha1.GroupVersion.Group, plural, o.GetNamespace(), o.GetName()}, "/"), text)
}

// expectToGoOn changes and deletes what an earlier version left behind.
func (env *environment) expectToGoOn() {
	env.t.Helper()
	env.edit("created", func(s *spec) { s.FirstName = ptr.To("Anna") })
	env.edit("banned", func(s *spec) { s.Banned = nil })
	env.edit("stopped", func(s *spec) { s.Suspend = nil })
	for _, name := range []string{"created", "banned", "stopped"} {
		env.expectReason(name, v1alpha1.ReasonInSync)
	}
	if u := env.atClerk("banned"); u.Banned {
		env.t.Error("the ban of the earlier version is not taken back")
	}
	adopted := env.atClerk("by-id").ID
	env.delete(env.read("by-id"))
	env.expectGone("by-id")
	if env.clerk.User(adopted) == nil {
		env.t.Error("a user that the earlier version adopted was deleted")
	}
	held := env.atClerk("held").ID
	env.releaseDeletions(env.server.Clock().Now().Add(time.Hour))
	env.expectGone("held")
	// A user is deleted some seconds after its object, in case that a successor comes.
	env.eventually("the user of the released deletion to be deleted", func() error {
		if env.clerk.User(held) != nil {
			return errNotYet
		}
		return nil
	})
	env.expectNoWrites()
}
