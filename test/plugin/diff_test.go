// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plugin_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// TestDiff edits, adds and removes manifests that were applied by kubectl, and compares with what the operator then does.
func TestDiff(t *testing.T) {
	env := newRaceEnvironment(t)
	env.storeKey()
	env.start()
	files := newManifests(t)
	files.user("anna", `{username: anna, firstName: Anna, publicMetadata: {role: admin, beta: true}}`)
	files.user("bert", `{username: bert, password: {secretKeyRef: {name: bert, key: password}}}`)
	files.user("gustav", `{username: gustav}`)
	files.write("bert-password", secretManifest("bert", leakMarker+"1"))
	env.kubectl("apply", "-f", files.dir)
	for _, name := range []string{"anna", "bert", "gustav"} {
		env.waitFor(name, "InSync")
	}
	env.expect(env.diff("-f", files.dir), 0, "3 users are unchanged\n")

	files.user("anna", `{username: anna, firstName: Augusta, publicMetadata: {role: admin}}`)
	files.user("cyra", `{username: cyra, banned: true}`)
	files.write("bert-password", secretManifest("bert", leakMarker+"2"))
	files.remove("gustav")
	want := `ClerkUser HERE/anna → USER-anna
  1. merge_metadata (PATCH /users/USER-anna/metadata)
    - publicMetadata.beta: true
  2. update_user (PATCH /users/USER-anna)
    ~ firstName: "Anna" → "Augusta"

ClerkUser HERE/bert → USER-bert
  update_user (PATCH /users/USER-bert), when the operator reads the Secret or ConfigMap again
    ~ password: (hidden) → (from Secret bert)

ClerkUser HERE/cyra → new user
  create_user (POST /users)
    + banned: true
    + ownerMark
    + username: "cyra"

ClerkUser HERE/gustav → USER-gustav (not in the manifests: --prune deletes it)
  delete_user (DELETE /users/USER-gustav)

2 users change, 1 is created, 1 is deleted
`
	env.expect(env.diff("-f", files.dir, "--prune", "-l", "team=a"), 1, want)

	foreseen := foreseenCalls(env.report("-f", files.dir, "--prune", "-l", "team=a"))
	since := len(env.clerk.Journal().Writes())
	env.kubectl("apply", "-f", files.dir)
	env.kubectl("delete", "clerkuser", "gustav")
	// The operator of this test does not watch Secrets.
	env.kubectl("annotate", "clerkuser", "bert", v1alpha1.AnnotationReconcileRequestedAt+"=now")
	env.eventually("the calls", func() error {
		if made := env.made(since); !slices.Equal(made, foreseen) {
			return fmt.Errorf("the operator made the calls %q, and diff foresaw %q", made, foreseen)
		}
		return nil
	})
}

// TestDiffOfWhatIsWithheld declares what the operator would not do.
func TestDiffOfWhatIsWithheld(t *testing.T) {
	env := newEnvironment(t)
	env.storeKey()
	env.start()
	env.awaitInstance()
	env.clerk.Seed(emulator.User{Username: new("dana")})
	enterprise := env.clerk.Seed(emulator.User{
		Username: new("emil"), EmailAddresses: []emulator.EmailAddress{emulator.DirectoryEmail("emil@example.com")}, Directory: &emulator.Directory{},
	})
	observed := env.clerk.Seed(emulator.User{Username: new("gert")})
	files := newManifests(t)
	files.user("dana", "{username: dana}")
	files.user("emil", "{userID: "+enterprise.ID+", firstName: Emil, banned: true}")
	files.user("gert", "{userID: "+observed.ID+", firstName: Gert, mode: Observe}")
	env.expect(env.diff("-f", files.dir), 1, `ClerkUser HERE/dana
  create_user (POST /users)
    Clerk would refuse this: clerk answered 422 form_identifier_exists (username)
  Ready: False, AlreadyExists: a user with one of the declared identifiers exists at Clerk, and this object may not manage it; `+
		"to adopt that user, set spec.userID to its id (the ClerkInstance's policy.adoption must allow it, and no other ClerkUser may "+
		`manage the user); otherwise change the identifiers

ClerkUser HERE/emil → USER-emil
  1. ban_user (POST /users/USER-emil/ban)
    ~ banned: false → true
  2. merge_metadata (PATCH /users/USER-emil/metadata)
    + ownerMark
  3. update_user (PATCH /users/USER-emil)
    Clerk would refuse this: clerk answered 409 attribute_managed_by_scim (first_name)
  withheld: firstName
  Ready: False, RejectedByClerk: spec.firstName: clerk answered 409 attribute_managed_by_scim (first_name). `+
		`Change this user in the directory that manages it, or remove the field from the manifest.
  Adopted: adopted user USER-emil

ClerkUser HERE/gert
  withheld: firstName
  Ready: True, Observed: user USER-gert differs in: firstName

not known: a directory manages the user; which attributes it owns cannot be read, so Clerk may refuse more or other changes (ClerkUser HERE/emil)

1 user changes, 1 is unchanged, 1 is not as declared: AlreadyExists
`)
}

// TestDiffOfRefusedManifests has manifests that the API server refuses, beside one that it accepts.
func TestDiffOfRefusedManifests(t *testing.T) {
	env := newEnvironment(t)
	files := newManifests(t)
	files.user("anna", "{username: anna}")
	files.user("bert", "{firstName: Bert, locale: not a locale}")
	files.user("cyra", "{username: cyra, fristName: Cyra}")
	files.user("dana", "{username: dana, password: {secretKeyRef: {name: dana, key: password}}}")
	files.write("dana-password", strings.ReplaceAll(secretManifest("dana", leakMarker), "{password:", "{pass word:"))
	r := env.diff("-f", files.dir)
	for _, part := range []string{
		"ClerkUser HERE/anna → new user\n  create_user (POST /users)\n",
		"ClerkUser HERE/bert (" + filepath.Join(files.dir, "bert.yaml") + ") is refused\n",
		"  spec.locale: ", "must be a BCP 47 language tag", "  spec: ", "must name at least one identifier that is not empty",
		"ClerkUser HERE/cyra (", `unknown field "spec.fristName"`,
		"Secret HERE/dana (", "  data[pass word] is invalid\n",
		"3 objects are refused by the API server\n",
	} {
		if !strings.Contains(env.anonymous(r.out), part) {
			t.Errorf("the output lacks %q", part)
		}
	}
	if r.code != 2 || !strings.Contains(r.errOut, "the API server refuses objects") {
		t.Errorf("exit code %d, standard error %s", r.code, r.errOut)
	}
	if t.Failed() {
		t.Logf("output:\n%s", r.out)
	}
}

// TestDiffFromElsewhere reads the same manifests from standard input and from a kustomization.
func TestDiffFromElsewhere(t *testing.T) {
	env := newEnvironment(t)
	files := newManifests(t)
	files.user("anna", "{username: anna}")
	anna, err := os.ReadFile(filepath.Join(files.dir, "anna.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	want := env.diff("-f", files.dir)
	if want.code != 1 || !strings.Contains(want.out, "ClerkUser "+env.namespace+"/anna → new user\n") {
		t.Errorf("%d\n%s\n%s", want.code, want.out, want.errOut)
	}
	deployment := "---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: unused}\n"
	got := env.diffOf(string(anna)+deployment, nil, "-f", "-")
	if got.out != want.out || got.code != want.code || !strings.Contains(got.errOut, "ignored, because they change nothing at Clerk: 1 Deployment\n") {
		t.Errorf("from standard input: %d\n%s\n%s", got.code, got.out, got.errOut)
	}
	files.write("kustomization", "resources: [anna.yaml]\n")
	if got := env.diff("-k", files.dir); got.out != want.out || got.code != want.code {
		t.Errorf("from a kustomization: %d\n%s\n%s", got.code, got.out, got.errOut)
	}
}

// TestDiffOfNewNamespace has everything in one input: the namespace, the key, the ClerkInstance and the users.
func TestDiffOfNewNamespace(t *testing.T) {
	env := newEnvironment(t)
	namespace := env.namespace + "-new"
	all := strings.NewReplacer("@NEW", namespace, "@KEY", env.clerk.Key(), "@URL", env.url).Replace(`
apiVersion: v1
kind: Namespace
metadata: {name: "@NEW"}
---
apiVersion: v1
kind: Secret
metadata: {name: clerk, namespace: "@NEW"}
stringData: {secret-key: "@KEY"}
---
apiVersion: clerk-operator.io/v1alpha1
kind: ClerkInstance
metadata: {name: default, namespace: "@NEW"}
spec: {secretKeyRef: {name: clerk}, apiURL: "@URL/v1"}
---
apiVersion: clerk-operator.io/v1alpha1
kind: ClerkUser
metadata: {name: anna, namespace: "@NEW"}
spec: {username: anna}
---
apiVersion: clerk-operator.io/v1alpha1
kind: ClerkUser
metadata: {name: bert, namespace: "@NEW"}
spec: {usrename: bert}
`)
	r := env.runIn(all, nil, "diff", "-f", "-", "--allowed-api-hosts", env.url)
	for _, part := range []string{
		"ClerkUser " + namespace + "/anna → new user\n  create_user (POST /users)\n",
		"ClerkUser " + namespace + "/bert (standard input) is refused\n", `unknown field "spec.usrename"`,
	} {
		if !strings.Contains(r.out, part) {
			t.Errorf("the output lacks %q:\n%s", part, r.out)
		}
	}
	if r.code != 2 || strings.Contains(r.out+r.errOut, env.clerk.Key()) ||
		!strings.Contains(r.errOut, "the namespace does not exist yet; the API server has validated the object in namespace default\n") {
		t.Errorf("exit code %d, standard error %s", r.code, r.errOut)
	}
}

// TestDiffOfServerSideApply changes manifests that another tool applied by server-side apply.
func TestDiffOfServerSideApply(t *testing.T) {
	env := newEnvironment(t)
	env.storeKey()
	env.start()
	files := newManifests(t)
	files.user("anna", "{username: anna, publicMetadata: {role: admin, beta: true}}")
	env.kubectl("apply", "--server-side", "--field-manager", "argocd-controller", "-f", files.dir)
	env.waitFor("anna", "InSync")
	files.user("anna", "{username: anna, publicMetadata: {role: admin}}")
	argo := []string{"-f", files.dir, "--server-side", "--field-manager", "argocd-controller"}
	if r := env.diff(argo...); r.code != 1 || !strings.Contains(r.out, "- publicMetadata.beta: true\n") || strings.Contains(r.errOut, "note:") {
		t.Errorf("as the same manager: %d\n%s\n%s", r.code, r.out, r.errOut)
	}
	if r := env.diff("-f", files.dir); r.code != 0 || !strings.Contains(r.errOut, "argocd-controller made it by server-side apply") {
		t.Errorf("as kubectl apply: %d\n%s\n%s", r.code, r.out, r.errOut)
	}
	files.user("anna", "{username: anna, publicMetadata: {role: owner}}")
	flux := []string{"-f", files.dir, "--server-side", "--field-manager", "kustomize-controller"}
	if r := env.diff(flux...); r.code != 2 || !strings.Contains(r.out, `conflict with "argocd-controller"`) {
		t.Errorf("as another manager: %d\n%s\n%s", r.code, r.out, r.errOut)
	}
	if r := env.diff(append(flux, "--force-conflicts")...); r.code != 1 || !strings.Contains(r.out, `~ publicMetadata.role: "admin" → "owner"`) {
		t.Errorf("as another manager by force: %d\n%s\n%s", r.code, r.out, r.errOut)
	}
}

// TestDiffOfDeletions removes the manifests of users that stay at Clerk for different reasons.
func TestDiffOfDeletions(t *testing.T) {
	env := newEnvironment(t, func(i *v1alpha1.ClerkInstance) {
		i.Spec.DeletionDelay = &metav1.Duration{Duration: 30 * time.Second}
		i.Spec.DeletionBrake = &v1alpha1.DeletionBrake{MaxCount: new(int32(2)), Window: &metav1.Duration{Duration: time.Hour}}
	})
	env.storeKey()
	env.start()
	files := newManifests(t)
	users := map[string]string{
		"bann": "deletionPolicy: Ban", "dela": "deletionPolicy: Delete", "delb": "deletionPolicy: Delete", "reta": "deletionPolicy: Retain",
	}
	for name, policy := range users {
		files.user(name, "{username: "+name+", "+policy+"}")
	}
	files.write("other", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other, labels: {team: a}}\n")
	env.kubectl("apply", "-f", files.dir)
	for name := range users {
		env.waitFor(name, "InSync")
		files.remove(name)
	}
	env.expect(env.diff("-f", files.dir, "--prune", "-l", "team=a"), 1, `ClerkUser HERE/bann → USER-bann (not in the manifests: --prune deletes it)
  1. ban_user (POST /users/USER-bann/ban) after 40s
    ~ banned: false → true
  2. merge_metadata (PATCH /users/USER-bann/metadata) after 40s
    ~ ownerMark

ClerkUser HERE/dela → USER-dela (not in the manifests: --prune deletes it)
  delete_user (DELETE /users/USER-dela) after 40s

ClerkUser HERE/delb → USER-delb (not in the manifests: --prune deletes it)
  Ready: False, DeletionHeld: the deletion brake allows 2 in 1h0m0s for the Clerk instance of ClerkInstance HERE/default; `+
		"if this is intended, release it with: kubectl annotate clerkinstance -n HERE default --overwrite "+
		`clerk-operator.io/release-deletions=$(date -u +%Y-%m-%dT%H:%M:%SZ)

ClerkUser HERE/reta → USER-reta (not in the manifests: --prune deletes it)
  merge_metadata (PATCH /users/USER-reta/metadata)
    - ownerMark
  Released: deletionPolicy is Retain, so the user was left as it is

1 user changes, 1 is deleted after 40s, 1 is released, 1 is not as declared: DeletionHeld
`)
}

// TestDiffAsTenant runs diff as somebody who may change ClerkUsers and read no Secret.
func TestDiffAsTenant(t *testing.T) {
	env := newEnvironment(t)
	env.storeKey()
	env.start()
	files := newManifests(t)
	files.user("anna", "{username: anna}")
	env.kubectl("apply", "-f", files.dir)
	env.waitFor("anna", "InSync")
	files.user("anna", "{username: anna, firstName: Anna}")
	change := may("clerkusers")
	change.Verbs = append(change.Verbs, "create", "patch")
	flags := append(env.tenant(change, may("clerkinstances")), "-f", files.dir)
	r := env.diff(flags...)
	if r.code != 2 || r.out != "" || !strings.Contains(r.errOut, "you may not read Secret "+env.namespace+"/clerk") ||
		!strings.Contains(r.errOut, "CLERK_SECRET_KEY") {
		t.Errorf("without a key: %d\n%s\n%s", r.code, r.out, r.errOut)
	}
	key := map[string]string{"CLERK_SECRET_KEY": env.clerk.Key()}
	r = env.diffOf("", key, flags...)
	if r.code != 1 || !strings.Contains(r.out, "+ firstName: \"Anna\"\n") ||
		!strings.Contains(r.errOut, "note: you may not read Secret "+env.namespace+"/clerk-operator-binding-key") {
		t.Errorf("with a key of their own: %d\n%s\n%s", r.code, r.out, r.errOut)
	}
	files.write("default", "apiVersion: clerk-operator.io/v1alpha1\nkind: ClerkInstance\nmetadata: {name: default}\n"+
		"spec: {secretKeyRef: {name: clerk}, apiURL: "+env.url+"/v1, drift: {interval: 2s}}\n")
	r = env.diffOf("", key, flags...)
	if r.code != 2 || !strings.Contains(r.out, "cannot patch resource \"clerkinstances\"") || !strings.Contains(r.out, "+ firstName: \"Anna\"\n") {
		t.Errorf("with an object that they may not change: %d\n%s\n%s", r.code, r.out, r.errOut)
	}
}

func secretManifest(name, password string) string {
	return "apiVersion: v1\nkind: Secret\nmetadata: {name: " + name + ", labels: {team: a}}\nstringData: {password: " + password + "}\n"
}
