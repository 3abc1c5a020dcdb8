// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// annManifest declares a ClerkUser as a repository does.
const annManifest = `
apiVersion: clerk-operator.io/v1alpha1
kind: ClerkUser
metadata:
  name: ann
  annotations:
    team: blue
spec:
  username: ann_1
  emailAddresses:
  - address: ann@example.com
    primary: true
  - address: ann.lee@example.com
  firstName: Ann
  publicMetadata:
    roles: [admin, billing]
    plan:
      seats: 3
`

// instanceManifest declares the ClerkInstance of the environment.
func (env *environment) instanceManifest(rateLimit string) string {
	return fmt.Sprintf(`
apiVersion: clerk-operator.io/v1alpha1
kind: ClerkInstance
metadata:
  name: default
spec:
  secretKeyRef:
    name: clerk
  apiURL: %s/v1
  deletionDelay: 0s
  rateLimit:
    %s
`, env.url, rateLimit)
}

const actionManifest = `
apiVersion: clerk-operator.io/v1alpha1
kind: ClerkUserAction
metadata:
  name: lost-phone
spec:
  userRef:
    name: ann
  disableMFA: {}
`

// humanEdits changes an object as kubectl edit does.
func (env *environment) humanEdits(o client.Object, name, patch string) {
	env.t.Helper()
	o.SetNamespace(env.namespace)
	o.SetName(name)
	err := env.client.Patch(env.t.Context(), o, client.RawPatch(types.MergePatchType, []byte(patch)), client.FieldOwner("kubectl-edit"))
	if err != nil {
		env.t.Fatalf("editing %T %s: %v", o, name, err)
	}
}

// TestThreeManagersSeeNoDifference has kubectl, Argo CD and a human write the same objects.
func TestThreeManagersSeeNoDifference(t *testing.T) {
	env := newEnvironment(t)
	env.delete(env.instance()) // the manifest declares it
	env.start()
	instance := env.instanceManifest("requestsPer10s: 10000")
	manifests := annManifest + "---" + instance + "---" + actionManifest
	check := func(after string) {
		t.Helper()
		env.expectReason("ann", v1alpha1.ReasonInSync)
		env.settle()
		env.expectNoDifference(after, manifests, true)
		env.expectOperatorOwnsLittle()
	}
	env.mustKubectl(manifests, "apply", "--server-side", "-f", "-")
	env.expectComplete("lost-phone")
	check("after kubectl apply --server-side")
	env.argoApplies(manifests)
	check("after the same by Argo CD")
	for name, o := range map[string]client.Object{"ann": &v1alpha1.ClerkUser{}, "default": &v1alpha1.ClerkInstance{}, "lost-phone": &action{}} {
		env.humanEdits(o, name, `{"metadata":{"annotations":{"seen-by":"bob"}}}`)
	}
	env.humanEdits(&v1alpha1.ClerkUser{}, "ann", `{"spec":{"lastName":"Lee","publicMetadata":{"team":"blue"}}}`)
	check("after a human added what the manifests do not declare")
	env.humanEdits(&v1alpha1.ClerkUser{}, "ann", `{"spec":{"firstName":"Anna"}}`)
	env.expectReason("ann", v1alpha1.ReasonInSync)
	if out, code := env.kubectlOutput(annManifest, "diff", "--server-side", "--force-conflicts", "--field-manager", argoManager, "-f", "-"); code != 1 || !strings.Contains(out, "Anna") {
		t.Errorf("a human's edit of a declared field does not show: %d: %s", code, out)
	}
	if out, code := env.kubectlOutput(annManifest, "apply", "--server-side", "-f", "-"); code != 1 || !strings.Contains(out, "kubectl-edit") {
		t.Errorf("without force, kubectl takes the field from the human: %d: %s", code, out)
	}
	env.argoApplies(manifests)
	check("after Argo CD healed it")
	env.restart()
	check("after a restart")
	if user := env.atClerk("ann"); *user.FirstName != "Ann" || *user.LastName != "Lee" {
		t.Errorf("the user is %s %s", *user.FirstName, *user.LastName)
	}
	env.expectNoWrites()
}

// TestManagedFieldsAreBounded edits a ClerkUser 200 times by three managers, over restarts of the operator.
func TestManagedFieldsAreBounded(t *testing.T) {
	env := newRunningEnvironment(t)
	env.argoApplies(annManifest)
	env.expectReason("ann", v1alpha1.ReasonInSync)
	edits := 200
	if testing.Short() {
		edits = 40
	}
	size := func() (entries, bytes int) {
		user := env.read("ann")
		text, err := json.Marshal(user.ManagedFields)
		if err != nil {
			t.Fatal(err)
		}
		return len(user.ManagedFields), len(text)
	}
	var entries, bytes int
	for i := range edits {
		manager := []string{"kubectl-edit", "kubectl-patch", argoManager}[i%3]
		patch := client.RawPatch(types.MergePatchType, fmt.Appendf(nil, `{"spec":{"locale":%q}}`, []string{"en-US", "de-DE"}[i%2]))
		if err := env.client.Patch(t.Context(), env.read("ann"), patch, client.FieldOwner(manager)); err != nil {
			t.Fatal(err)
		}
		if i%40 == 11 {
			env.restart()
			env.expectReason("ann", v1alpha1.ReasonInSync)
		}
		if i == 11 {
			entries, bytes = size()
		}
	}
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.settle()
	// Which of the managers owns the locale differs. The operator owns two entries: status, and its finalizer and annotation.
	if n, now := size(); n > entries+1 || now > bytes+200 {
		t.Errorf("managedFields have %d entries and %d bytes after %d edits, and had %d and %d after 12", n, now, edits, entries, bytes)
	}
	env.expectOperatorOwnsLittle()
	env.expectNoWrites()
}

// TestClientSideApplyBecomesServerSide moves a ClerkUser from kubectl apply to server-side apply, by which a field leaves the spec.
func TestClientSideApplyBecomesServerSide(t *testing.T) {
	env := newRunningEnvironment(t)
	env.mustKubectl(annManifest, "apply", "-f", "-")
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectNoDifference("after kubectl apply", annManifest, true)
	without := strings.Replace(annManifest, "  - address: ann.lee@example.com\n", "", 1)
	env.mustKubectl(without, "apply", "--server-side", "-f", "-")
	user := env.expectReason("ann", v1alpha1.ReasonInSync)
	if n := len(user.Spec.EmailAddresses); n != 1 {
		t.Errorf("after the move to server-side apply, the spec has %d addresses, want 1", n)
	}
	if n := len(env.atClerk("ann").EmailAddresses); n != 1 {
		t.Errorf("the user has %d addresses, want 1", n)
	}
	env.settle()
	env.expectNoDifference("after the move", without, true)
	env.expectOperatorOwnsLittle()
	env.expectNoWrites()
}

// TestReplaceKeepsTheUser replaces objects as kubectl replace and Argo CD's Replace=true do: the operator's finalizer and annotation are
// not in the manifest.
func TestReplaceKeepsTheUser(t *testing.T) {
	env := newRunningEnvironment(t)
	env.mustKubectl(annManifest, "apply", "--server-side", "-f", "-")
	id := env.expectReason("ann", v1alpha1.ReasonInSync).Status.UserID
	env.settle()
	instance := env.instanceManifest("requestsPer10s: 10000")
	env.clerk.ResetJournal()
	env.mustKubectl(annManifest+"---"+instance, "replace", "-f", "-")
	env.eventually("the finalizer to be there again", func() error {
		if user := env.read("ann"); len(user.Finalizers) == 0 {
			return errNotYet
		}
		return nil
	})
	if user := env.expectReason("ann", v1alpha1.ReasonInSync); user.Status.UserID != id {
		t.Errorf("after the replacement, the object is bound to %s, want %s", user.Status.UserID, id)
	}
	env.settle()
	if writes := env.clerk.Journal().Writes(); len(writes) > 0 {
		t.Errorf("the replacement led to %d writes at Clerk", len(writes))
	}
	env.expectNoDifference("after kubectl replace", annManifest+"---"+instance, false)
	env.expectOperatorOwnsLittle()
	env.expectNoWrites()
}

// TestListsOfTwoManagersAreMerged has two managers declare addresses of one user.
func TestListsOfTwoManagersAreMerged(t *testing.T) {
	env := newRunningEnvironment(t)
	apply := func(manager string, addresses ...string) {
		t.Helper()
		user := env.user("ann", func(s *spec) {
			s.EmailAddresses = []v1alpha1.EmailAddress{}
			for _, one := range addresses {
				s.EmailAddresses = append(s.EmailAddresses, v1alpha1.EmailAddress{Address: address(one)})
			}
		})
		user.APIVersion, user.Kind = v1alpha1.GroupVersion.String(), "ClerkUser"
		text, err := json.Marshal(user)
		if err != nil {
			t.Fatal(err)
		}
		env.mustKubectl(string(text), "apply", "--server-side", "--field-manager", manager, "-f", "-")
		env.expectReason("ann", v1alpha1.ReasonInSync)
		env.settle()
	}
	atClerk := func(want int) {
		t.Helper()
		if n := len(env.atClerk("ann").EmailAddresses); n != want {
			t.Errorf("the user has %d addresses, want %d", n, want)
		}
	}
	apply("one", "ann")
	apply("two", "ann.lee")
	atClerk(2)
	apply("two")
	atClerk(1)
	env.expectNoWrites()
}

// TestAlternativesOfTwoManagersAreNotMixed has a human choose one of two fields that exclude each other, and Argo CD the other.
func TestAlternativesOfTwoManagersAreNotMixed(t *testing.T) {
	env := newRunningEnvironment(t)
	image := strings.Replace(annManifest, "  firstName: Ann\n", "  firstName: Ann\n  profileImage:\n    none: true\n", 1)
	env.argoApplies(image + "---" + env.instanceManifest("requestsPer10s: 10000"))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.humanEdits(&v1alpha1.ClerkUser{}, "ann", `{"spec":{"suspend":true,"profileImage":{"none":null,"secretKeyRef":{"name":"portraits","key":"ann"}}}}`)
	env.humanEdits(&v1alpha1.ClerkInstance{}, "default", `{"spec":{"rateLimit":{"requestsPer10s":null,"sharePercent":80}}}`)
	env.humanEdits(&v1alpha1.ClerkInstance{}, "default", `{"spec":{"secretKeyRef":{"key":"another"}}}`)
	env.humanEdits(&v1alpha1.ClerkInstance{}, "default", `{"spec":{"drift":{"interval":"5s"}}}`)
	env.argoApplies(image + "---" + env.instanceManifest("requestsPer10s: 10000"))
	instance := &v1alpha1.ClerkInstance{}
	env.get(instance, "default")
	if limit := instance.Spec.RateLimit; limit.SharePercent != nil || *limit.RequestsPer10s != 10000 {
		t.Errorf("the rate limit is %+v", limit)
	}
	if key := instance.Spec.SecretKeyRef.Key; key != nil {
		t.Errorf("the reference has the key %s of the human beside the name of the manifest", *key)
	}
	if got := env.read("ann").Spec.ProfileImage; got.SecretKeyRef != nil || !ptr.Deref(got.None, false) {
		t.Errorf("the image is %+v", got)
	}
	env.humanEdits(&v1alpha1.ClerkUser{}, "ann", `{"spec":{"suspend":null}}`)
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectInstanceReason(v1alpha1.ReasonKeyAccepted)
	env.expectNoDifference("after Argo CD", image, false)
	env.expectNoWrites()
}
