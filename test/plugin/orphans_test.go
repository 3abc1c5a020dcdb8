// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plugin_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
	"github.com/clerk-operator/clerk-operator/internal/plugin/orphans"
	"github.com/clerk-operator/clerk-operator/test/controlplane"
)

// orphans runs the command.
func (env *environment) orphans(args ...string) result {
	env.t.Helper()
	return env.run(append([]string{"orphans", "--allowed-api-hosts", env.url}, args...)...)
}

// orphansReport runs the command and decodes its report. It expects the exit code for whether there are orphans.
func (env *environment) orphansReport() orphans.Report {
	env.t.Helper()
	r := env.orphans("-o", "json")
	var report orphans.Report
	r.decode(env, &report)
	want := 0
	if len(report.Orphans) > 0 {
		want = 1
	}
	if r.code != want {
		env.t.Errorf("the exit code is %d, want %d", r.code, want)
	}
	return report
}

// declare creates a ClerkUser and waits until its user exists. It returns the user's id.
func (env *environment) declare(user *v1alpha1.ClerkUser) string {
	env.t.Helper()
	env.create(user)
	env.waitFor(user.Name, v1alpha1.ReasonInSync)
	return env.read(user.Name).Status.UserID
}

// lose deletes a ClerkUser whose finalizer somebody removed. No operator may run.
func (env *environment) lose(name string) {
	env.t.Helper()
	user := env.read(name)
	before := user.DeepCopy()
	user.Finalizers = nil
	if err := env.client.Patch(env.t.Context(), user, client.MergeFrom(before)); err != nil {
		env.t.Fatal(err)
	}
	env.remove(name)
}

func (env *environment) remove(name string) {
	env.t.Helper()
	if err := env.client.Delete(env.t.Context(), env.read(name)); err != nil {
		env.t.Fatal(err)
	}
}

// apply creates the objects of a YAML stream.
func (env *environment) apply(stream string) (names []string) {
	env.t.Helper()
	for document := range strings.SplitSeq(stream, "---\n") {
		if document == "" {
			continue
		}
		user := &v1alpha1.ClerkUser{}
		if err := yaml.UnmarshalStrict([]byte(document), user); err != nil {
			env.t.Fatalf("reading a manifest: %v\n%s", err, document)
		}
		env.create(user)
		names = append(names, user.Name)
	}
	return names
}

// seed adds a user with a mark.
func (env *environment) seed(mark any) string {
	return env.clerk.Seed(emulator.User{PrivateMetadata: map[string]any{v1alpha1.OwnerKey: mark}}).ID
}

func TestOrphansAreFoundAndBroughtBack(t *testing.T) {
	env := newEnvironment(t)
	stop := env.start()
	lost := env.declare(env.user("ada"))
	env.declare(env.user("bob"))
	if report := env.orphansReport(); report.Managed != 2 || report.Marked != 2 {
		t.Errorf("before, the report is %+v", report)
	}
	stop()
	env.lose("ada")
	env.seed("v1 other-cluster team/ada uid created")
	env.seed("v1 other-cluster team/bob uid created")
	env.seed("forged")
	env.clerk.Seed(emulator.User{})
	r := env.orphans("-o", "wide")
	for _, part := range []string{
		"1 orphan among 6 users", "ada    " + lost, "the ClerkUser does not exist", "ada@example.com", "(id plugin-test): 2", "1 with a ClerkUser",
		"Marks of other clusters: 2\n  2 of other-cluster", "did not write: 1", "--adopt-manifests",
	} {
		if r.code != 1 || !strings.Contains(r.out, part) {
			t.Errorf("%q is not in: %+v", part, r)
		}
	}
	manifests := env.orphans("--adopt-manifests")
	if manifests.code != 0 || !strings.Contains(manifests.errOut, "printed 1 ClerkUser") {
		t.Errorf("the manifests are %+v", manifests)
	}
	env.clerk.ResetJournal()
	if names := env.apply(manifests.out); !slices.Equal(names, []string{"ada"}) {
		t.Errorf("the manifests are of %v", names)
	}
	env.start()
	env.waitFor("ada", v1alpha1.ReasonObserved)
	if report := env.orphansReport(); report.Managed != 2 || len(report.Orphans) > 0 {
		t.Errorf("afterwards, the report is %+v", report)
	}
	if writes := env.clerk.Journal().Writes(); len(writes) > 0 {
		t.Errorf("the manifests led to %v", writes)
	}
}

func TestOrphansAfterDeletionPolicies(t *testing.T) {
	env := newRaceEnvironment(t)
	env.start()
	retained := env.declare(env.user("retained", func(s *v1alpha1.ClerkUserSpec) { s.DeletionPolicy = ptr.To(v1alpha1.DeletionRetain) }))
	banned := env.declare(env.user("banned", func(s *v1alpha1.ClerkUserSpec) { s.DeletionPolicy = ptr.To(v1alpha1.DeletionBan) }))
	env.remove("retained")
	env.remove("banned")
	env.eventually("both users to be let go", func() error {
		mark, kept := env.clerk.User(retained).PrivateMetadata[v1alpha1.OwnerKey]
		// The ban is carried out after the ClerkUser is gone, so its user is unfinished until then and no orphan.
		report := env.orphansReport()
		if len(report.Orphans) > 0 {
			t.Fatalf("there are orphans: %+v", report)
		}
		if kept || len(report.Banned) != 1 || report.Banned[0].UserID != banned {
			return fmt.Errorf("mark %v of the retained user, report %+v", mark, report)
		}
		return nil
	})
	if r := env.orphans("--banned"); r.code != 0 || !strings.Contains(r.out, banned) {
		t.Errorf("the banned are %+v", r)
	}
}

func TestOrphansAfterARestore(t *testing.T) {
	env := newEnvironment(t)
	stop := env.start()
	id := env.declare(env.user("ada"))
	stop()
	env.lose("ada")
	env.create(env.user("ada"))
	if report := env.orphansReport(); report.Unfinished != 1 || len(report.Orphans) > 0 {
		t.Errorf("before the operator sees it, the report is %+v", report)
	}
	env.start()
	env.waitFor("ada", v1alpha1.ReasonInSync)
	if got := env.read("ada").Status.UserID; got != id {
		t.Errorf("the user is %s, want %s", got, id)
	}
	if report := env.orphansReport(); report.Managed != 1 {
		t.Errorf("afterwards, the report is %+v", report)
	}
}

func TestOrphanWhoseNameIsReused(t *testing.T) {
	env := newEnvironment(t)
	stop := env.start()
	id := env.declare(env.user("ada"))
	stop()
	env.lose("ada")
	env.start()
	other := env.user("ada")
	other.Spec.EmailAddresses[0].Address = "another@example.com"
	env.declare(other)
	report := env.orphansReport()
	if len(report.Orphans) != 1 || report.Orphans[0].UserID != id || report.Orphans[0].Cause != orphans.NameReused {
		t.Fatalf("the report is %+v", report)
	}
	names := env.apply(env.orphans("--adopt-manifests", "--enforce").out)
	if len(names) != 1 || !strings.HasPrefix(names[0], "ada-") {
		t.Fatalf("the manifests are of %v", names)
	}
	env.waitFor(names[0], v1alpha1.ReasonInSync)
	if report := env.orphansReport(); report.Managed != 2 {
		t.Errorf("afterwards, the report is %+v", report)
	}
}

func TestOrphansForATenant(t *testing.T) {
	env := newEnvironment(t)
	stop := env.start()
	lost := env.declare(env.user("ada"))
	stop()
	env.lose("ada")
	elsewhere := controlplane.Namespace(t)
	env.seed("v1 " + clusterID + " " + elsewhere + "/eve uid-of-eve created")
	tenant := env.tenant(may("clerkusers", "clerkinstances"))
	args := slices.Concat(tenant, []string{"orphans", "--allowed-api-hosts", env.url, "-o", "json"})
	if r := env.run(args...); r.code != 2 || !strings.Contains(r.errOut, "CLERK_SECRET_KEY") {
		t.Errorf("without a key: %+v", r)
	}
	r := env.runWith(t.Context(), map[string]string{"CLERK_SECRET_KEY": env.clerk.Key()}, args...)
	var report orphans.Report
	r.decode(env, &report)
	if r.code != 1 || len(report.Orphans) != 1 || report.Orphans[0].UserID != lost || report.NotKnown != 1 {
		t.Errorf("the report is %+v, %+v", report, r)
	}
	if strings.Contains(r.out+r.errOut, env.clerk.Key()) {
		t.Error("the output has the key")
	}
}

func TestOrphansOfAnotherClusterID(t *testing.T) {
	env := newEnvironment(t, func(i *v1alpha1.ClerkInstance) {
		i.Spec.Policy = &v1alpha1.InstancePolicy{Adoption: ptr.To(v1alpha1.AdoptionNone)}
	})
	system := &corev1.Namespace{}
	if err := env.client.Get(t.Context(), client.ObjectKey{Name: metav1.NamespaceSystem}, system); err != nil {
		t.Fatal(err)
	}
	env.seed("v1 theirs " + env.namespace + "/ada uid created")
	r := env.orphans()
	if r.code != 0 || !strings.Contains(r.out, "(id "+string(system.UID)+"): 0") ||
		!strings.Contains(r.errOut, "1 has a mark of cluster theirs: if that is the id of your operator, name it with --cluster-id") {
		t.Errorf("the output is %+v", r)
	}
	r = env.orphans("--cluster-id", "theirs", "--adopt-manifests")
	if r.code != 0 || !strings.Contains(r.out, "mode: Observe") || !strings.Contains(r.errOut, "policy.adoption of ClerkInstance") {
		t.Errorf("the manifests are %+v", r)
	}
}
