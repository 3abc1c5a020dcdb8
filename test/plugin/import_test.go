// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plugin_test

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
	"github.com/clerk-operator/clerk-operator/internal/plugin/importer"
	"github.com/clerk-operator/clerk-operator/test/controlplane"
	"github.com/clerk-operator/clerk-operator/test/people"
)

// allFields are the arguments by which manifests have everything that they can have.
func allFields() []string {
	var names []string
	for _, group := range importer.Groups() {
		names = append(names, string(group))
	}
	return []string{"--fields", strings.Join(names, ",")}
}

// TestImportedManifestsAreAccepted imports odd users and has the API server check their manifests.
func TestImportedManifestsAreAccepted(t *testing.T) {
	env := newEnvironment(t)
	count := 150
	if testing.Short() {
		count = 30
	}
	for n := range count {
		u := people.Users().Example(n)
		u.ID = env.userID(n)
		env.seedUser(u)
	}
	manifests := env.imported(append(allFields(), "--include-managed")...)
	if len(manifests) != count {
		t.Errorf("%d manifests, want %d", len(manifests), count)
	}
	env.createAll(manifests, client.DryRunAll)
}

// userID returns the id of a user. All environments have one cluster, in which a user has one ClerkUser.
func (env *environment) userID(n int) string {
	return fmt.Sprintf("user_%04dX%s", n, env.namespace[len(env.namespace)-5:])
}

// mixed are users of all kinds that Clerk has.
func (env *environment) mixed(n int) *clerk.User {
	u := &clerk.User{ID: env.userID(n), CreatedAt: time.UnixMilli(1_700_000_000_000 + int64(n)), DeleteSelfEnabled: true}
	address := func(status clerk.IdentifierStatus) {
		u.EmailAddresses = append(u.EmailAddresses, clerk.EmailAddress{
			ID: fmt.Sprintf("idn_%04de%d", n, len(u.EmailAddresses)), Address: fmt.Sprintf("u%d.%d@example.com", n, len(u.EmailAddresses)), Status: status,
		})
	}
	phone := func() {
		u.PhoneNumbers = []clerk.PhoneNumber{{ID: fmt.Sprintf("idn_%04dp", n), Number: fmt.Sprintf("+1555555%04d", n), Status: clerk.Verified}}
		u.PrimaryPhoneNumberID = u.PhoneNumbers[0].ID
	}
	switch n % 10 {
	case 0:
		address(clerk.Verified)
		u.Banned, u.FirstName, u.LastName = true, "Bánned", "Nº"+fmt.Sprint(n)
	case 1:
		address(clerk.Verified)
		u.Locked, u.LockedUntil = true, time.Now().Add(time.Hour)
	case 2:
		address(clerk.Unverified)
		u.ExternalID = fmt.Sprintf("hr-%d", n)
	case 3:
		phone()
	case 4:
		u.Username = fmt.Sprintf("only.username_%d", n)
	case 5, 6: // a wallet; see TestImportedUsersAreOnlyObserved
	case 7:
		address(clerk.Verified)
		address(clerk.Reserved)
		address(clerk.Verified)
		u.PrimaryEmailAddressID = u.EmailAddresses[2].ID
		phone()
	case 8:
		address(clerk.Verified)
		u.PublicMetadata = clerk.Metadata{"role": "admin", "yes": "no", "n": 1.5, "nested": map[string]any{"a": []any{"b", true}}}
		u.PrivateMetadata, u.UnsafeMetadata = clerk.Metadata{"plan": "pro"}, clerk.Metadata{"theme": "dark"}
	case 9:
		address(clerk.Verified)
		u.Locked = true
	}
	return u
}

// seedMixed puts users of all kinds into Clerk, with what only Clerk can set.
func (env *environment) seedMixed(count int) {
	env.t.Helper()
	for n := range count {
		id := env.seedUser(env.mixed(n)).ID
		if _, err := env.clerk.Edit(id, func(u *emulator.User) {
			switch n % 10 {
			case 5:
				u.Web3Wallets = []emulator.Web3Wallet{{Web3Wallet: fmt.Sprintf("0x%040x", n), Verification: verification(clerk.Verified)}}
			case 6:
				u.ExternalAccounts = []emulator.ExternalAccount{{Provider: "oauth_google", EmailAddress: fmt.Sprintf("u%d@gmail.example", n)}}
			case 7:
				u.OrganizationMemberships = []emulator.OrganizationMembership{{}}
			case 8:
				u.PasswordEnabled, u.TOTPEnabled, u.TwoFactorEnabled = true, true, true
			}
		}); err != nil {
			env.t.Fatal(err)
		}
	}
	env.clerk.ResetJournal()
}

// TestImportedUsersAreOnlyObserved applies an import as it comes: no user at Clerk is changed, and none differs from its manifest.
func TestImportedUsersAreOnlyObserved(t *testing.T) {
	env := newEnvironment(t)
	count := 300
	if testing.Short() {
		count = 40
	}
	env.seedMixed(count)
	env.start()
	env.createAll(env.imported(allFields()...))
	env.waitForAll(count, v1alpha1.ReasonObserved, "is as declared")
	if writes := env.writes(); len(writes) != 0 {
		t.Errorf("the operator wrote to Clerk: %v", writes)
	}
	if again := env.imported(); len(again) != 0 {
		t.Errorf("imported once more, %d users are not skipped", len(again))
	}
}

// TestEnforcedImportWritesOwnerMarks applies an import with --enforce: each user gets its owner mark, by one call, and nothing else.
func TestEnforcedImportWritesOwnerMarks(t *testing.T) {
	env := newEnvironment(t)
	const count = 30
	env.seedMixed(count)
	env.start()
	env.createAll(env.imported(append(allFields(), "--enforce")...))
	env.waitForAll(count, v1alpha1.ReasonInSync, "")
	if diff := cmp.Diff(map[string]int{"PATCH /v1/users/*/metadata": count}, env.writes()); diff != "" {
		t.Errorf("writes to Clerk (-want +got):\n%s", diff)
	}
	for n := range count {
		got, want := env.clerk.User(env.userID(n)), env.mixed(n)
		if len(got.PrivateMetadata) != len(want.PrivateMetadata)+1 || got.Banned != want.Banned || len(got.EmailAddresses) != len(want.EmailAddresses) {
			t.Errorf("user %d was changed: %+v", n, got.ID)
		}
	}
}

// TestNextStepsOfAnImportWork runs what the command prints with kubectl.
func TestNextStepsOfAnImportWork(t *testing.T) {
	env := newEnvironment(t)
	env.seedMixed(12)
	dir := filepath.Join(t.TempDir(), "o'hara's users")
	r := env.run(env.importing("default", "--output-dir", dir)...)
	if r.code != 0 || r.out != "" {
		t.Fatalf("%+v", r)
	}
	_, steps, found := strings.Cut(r.errOut, "next:\n")
	if !found || !strings.Contains(r.errOut, "12 users read, 12 manifests written") {
		t.Fatalf("it says:\n%s", r.errOut)
	}
	for step := range strings.Lines(steps) {
		script := strings.Replace(strings.TrimSpace(step), "kubectl", controlplane.Kubectl(t)+" --kubeconfig "+controlplane.Kubeconfig(t), 1)
		out, err := exec.CommandContext(t.Context(), "sh", "-c", script).CombinedOutput()
		if err != nil || strings.Count(string(out), "user-")+strings.Count(string(out), "u") < 12 {
			t.Errorf("%s: %v\n%s", step, err, out)
		}
	}
	env.expectNames(12)
}

// expectNames expects that there are n ClerkUsers.
func (env *environment) expectNames(n int) {
	env.t.Helper()
	users := &v1alpha1.ClerkUserList{}
	if err := env.client.List(env.t.Context(), users, client.InNamespace(env.namespace)); err != nil {
		env.t.Fatal(err)
	}
	if len(users.Items) != n {
		env.t.Errorf("there are %d ClerkUsers, want %d", len(users.Items), n)
	}
}

func namesOf(manifests []*unstructured.Unstructured) []string {
	var names []string
	for _, manifest := range manifests {
		names = append(names, manifest.GetName())
	}
	slices.Sort(names)
	return names
}

func TestImportByFilter(t *testing.T) {
	env := newRaceEnvironment(t)
	env.seedMixed(20)
	for name, tc := range map[string]struct {
		args []string
		want []string
	}{
		"Query":    {[]string{"--query", "only.user"}, []string{"only-username-14", "only-username-4"}},
		"Domain":   {[]string{"--email-domain", "EXAMPLE.com", "--banned"}, []string{"u0-0", "u10-0"}},
		"Banned":   {[]string{"--banned"}, []string{"u0-0", "u10-0"}},
		"Metadata": {[]string{"--metadata", "role=admin", "--metadata", "nested.a=b"}, nil},
		"Nested":   {[]string{"--metadata", "role=admin", "--metadata", "n=1.5"}, []string{"u18-0", "u8-0"}},
		"IDs":      {[]string{"--id", env.userID(3) + "," + env.userID(4), "--name", "{{.Username}}"}, []string{"only-username-4", strings.ToLower(strings.Replace(env.userID(3), "_", "-", 1))}},
		"Limit":    {[]string{"--limit", "2"}, []string{"u0-0", "u1-0"}},
		"JSON":     {[]string{"--banned", "--output", "json"}, []string{"u0-0", "u10-0"}},
		"NoneJSON": {[]string{"--query", "nobody", "--output", "json"}, nil},
		"None":     {[]string{"--query", "nobody"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, namesOf(env.imported(tc.args...))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	r := env.run(env.importing("--id", env.userID(3)+",user_gone")...)
	if r.code != 2 || !strings.Contains(r.errOut, "does not have 1 user: user_gone") || len(env.manifests(strings.NewReader(r.out))) != 1 {
		t.Errorf("with an id of nobody: %+v", r)
	}
}

// TestImportSkipsManagedUsers leaves out users that are managed, and gives nobody the name of another ClerkUser.
func TestImportSkipsManagedUsers(t *testing.T) {
	env := newEnvironment(t)
	for n, u := range []emulator.User{
		{Username: ptr.To("observed")},
		{Username: ptr.To("marked")},
		{Username: ptr.To("orphan"), PrivateMetadata: map[string]any{v1alpha1.OwnerKey: "v1 " + clusterID + " " + env.namespace + "/gone uid created"}},
		{Username: ptr.To("elsewhere"), PrivateMetadata: map[string]any{v1alpha1.OwnerKey: "v1 other team-a/ada uid created"}},
		{Username: ptr.To("unreadable"), PrivateMetadata: map[string]any{v1alpha1.OwnerKey: 7.0}},
		{Username: ptr.To("free")},
		{Username: ptr.To("name_of_another")},
	} {
		u.ID, u.CreatedAt = env.userID(n), int64(1_700_000_000_000+n)
		env.clerk.Seed(u)
	}
	env.start()
	env.create(env.user("watcher", func(s *v1alpha1.ClerkUserSpec) {
		*s = v1alpha1.ClerkUserSpec{UserID: ptr.To(env.userID(0)), Mode: ptr.To(v1alpha1.ModeObserve)}
	}))
	env.create(env.user("owner", func(s *v1alpha1.ClerkUserSpec) { *s = v1alpha1.ClerkUserSpec{UserID: ptr.To(env.userID(1))} }))
	env.create(env.user("name-of-another"))
	env.waitFor("watcher", v1alpha1.ReasonObserved)
	env.waitFor("owner", v1alpha1.ReasonInSync)
	env.waitFor("name-of-another", v1alpha1.ReasonInSync)

	r := env.run(env.importing()...)
	for _, says := range []string{
		"skipped 3 users that a ClerkUser of this cluster manages already", "skipped 1 user marked by a ClerkUser of this cluster that does not exist any more",
		"skipped 2 users that another cluster manages",
	} {
		if !strings.Contains(r.errOut, says) {
			t.Errorf("it does not say %q:\n%s", says, r.errOut)
		}
	}
	names := namesOf(env.manifests(strings.NewReader(r.out)))
	if len(names) != 2 || names[0] != "free" || !regexp.MustCompile(`^name-of-another-[0-9a-f]{8}$`).MatchString(names[1]) {
		t.Errorf("imported are %v", names)
	}
	if names := namesOf(env.imported("--include-managed")); len(names) != 4 || !slices.Contains(names, "elsewhere") {
		t.Errorf("with --include-managed, imported are %v", names)
	}
}

// TestImportOfATenant has no right to read the Secret with the key.
func TestImportOfATenant(t *testing.T) {
	env := newEnvironment(t, func(i *v1alpha1.ClerkInstance) {
		i.Spec.Policy = &v1alpha1.InstancePolicy{Adoption: ptr.To(v1alpha1.AdoptionNone)}
	})
	env.seedMixed(3)
	args := env.importing(env.tenant(may("clerkinstances", "clerkusers"))...)
	r := env.run(args...)
	for _, says := range []string{"you may not read Secret " + env.namespace + "/clerk", "CLERK_SECRET_KEY", "ask for the right"} {
		if r.code != 2 || !strings.Contains(r.errOut, says) {
			t.Errorf("it does not say %q (exit code %d):\n%s", says, r.code, r.errOut)
		}
	}
	key := map[string]string{"CLERK_SECRET_KEY": env.clerk.Key()}
	if r := env.runWith(t.Context(), key, args...); r.code != 2 || !strings.Contains(r.errOut, "names no Clerk instance") {
		t.Errorf("before the operator saw the instance: %+v", r)
	}
	instance := &v1alpha1.ClerkInstance{}
	if err := env.client.Get(t.Context(), client.ObjectKey{Namespace: env.namespace, Name: "default"}, instance); err != nil {
		t.Fatal(err)
	}
	instance.Spec.InstanceID = ptr.To(env.clerk.ID())
	if err := env.client.Update(t.Context(), instance); err != nil {
		t.Fatal(err)
	}
	r = env.runWith(t.Context(), key, args...)
	if r.code != 0 || len(env.manifests(strings.NewReader(r.out))) != 3 {
		t.Fatalf("%+v", r)
	}
	for _, says := range []string{"you may not list the ClerkUsers of all namespaces", "lets nobody adopt users; set spec.policy.adoption"} {
		if !strings.Contains(r.errOut, says) {
			t.Errorf("it does not say %q:\n%s", says, r.errOut)
		}
	}
	if all := r.out + r.errOut; strings.Contains(all, env.clerk.Key()) {
		t.Error("the key is shown")
	}
	// At this level, client-go logs the bodies of all answers, such as Secrets.
	if r := env.run(append(args, "-v=9")...); r.code != 2 || !strings.Contains(r.errOut, "unknown") {
		t.Errorf("with -v=9: %+v", r)
	}
}
