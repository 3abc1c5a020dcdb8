// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package install

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// guest is a ClerkUser in another watched namespace, which the ClerkInstance selects by a label.
const guest = `
kubectl patch clerkinstance default -n team-a --type=merge -p '{"spec":{"allowedNamespaces":{"from":"Selector","selector":{"matchLabels":{"guests":"welcome"}}}}}'
kubectl label namespace team-b guests=welcome
kubectl apply -f - <<'EOF'
apiVersion: clerk-operator.io/v1alpha1
kind: ClerkUser
metadata:
  name: grace-hopper
  namespace: team-b
spec:
  instanceRef:
    name: default
    namespace: team-a
  emailAddresses:
  - address: grace+clerk_test@example.com
EOF
kubectl wait --for=condition=Ready clerkuser/grace-hopper -n team-b --timeout=2m
`

// watchSecrets adds --watch-secrets and its rights.
const watchSecrets = `
cat >> my-operator/team-a/kustomization.yaml <<'EOF'
patches:
- target:
    kind: Role
  patch: |
    - op: replace
      path: /rules/0/verbs
      value: [get, list, watch]
    - op: replace
      path: /rules/1/verbs
      value: [create, get, list, patch, watch]
EOF
cat >> my-operator/kustomization.yaml <<'EOF'
    - op: add
      path: /spec/template/spec/containers/0/args/-
      value: --watch-secrets
EOF
`

// TestSomeNamespacesOnly installs the operator for some namespaces, as the documentation says. Its rights suffice there, also for
// what needs the labels of a namespace and for the deletion of one, and it has none elsewhere.
func TestSomeNamespacesOnly(t *testing.T) {
	if testing.Short() {
		t.Skip("this takes a control plane of its own")
	}
	t.Parallel()
	c := newCluster(t)
	c.follow(someOnly, "Install")
	for _, block := range blocks(t, installation, "Connect a Clerk instance", "sh") {
		// The namespace had to exist before.
		c.shell(strings.Replace(block, "kubectl create namespace team-a\n", "", 1), c.clerk.Key()+"\n")
	}
	c.follow(installation, "Create a user")
	c.checkRights()
	// The id is the one without --cluster-id, so that the operator continues with what it managed in all namespaces.
	c.shell(`test "$(kubectl get clerkinstance default -n team-a -o jsonpath='{.status.clusterID}')" = \
  "$(kubectl get namespace kube-system -o jsonpath='{.metadata.uid}')"`, "")

	c.shell(watchSecrets+`kubectl create namespace team-b
cp -r my-operator/team-a my-operator/team-b
sed -i s/team-a/team-b/ my-operator/team-b/kustomization.yaml
sed -i 's/^- team-a$/- team-a\n- team-b/; s/--watch-namespaces=team-a/--watch-namespaces=team-a,team-b/' my-operator/kustomization.yaml
kubectl apply --server-side -k my-operator
kubectl rollout status deployment/clerk-operator-controller-manager -n clerk-operator-system --timeout=3m
`+guest, "")
	c.shell("kubectl delete namespace team-b --timeout=2m\n", "")
	// Whoever deletes a namespace does not stop the operator for the others, also not at its next start.
	c.shell("kubectl rollout restart deployment/clerk-operator-controller-manager -n clerk-operator-system\n"+
		"kubectl rollout status deployment/clerk-operator-controller-manager -n clerk-operator-system --timeout=3m\n", "")
	before := len(c.node.Log())
	c.shell("kubectl delete namespace team-a --timeout=2m\n", "")
	for _, name := range []string{"team-a", "team-b"} {
		if err := c.client.Get(t.Context(), client.ObjectKey{Name: name}, &corev1.Namespace{}); !apierrors.IsNotFound(err) {
			t.Errorf("namespace %s: %v, want not found", name, err)
		}
	}
	log := c.node.Log()
	expectRights(t, log[:before])
	// The Roles of a namespace can go before its ClerkInstance, whose Secret nobody needs any more.
	expectRights(t, strings.ReplaceAll(log[before:], `reading Secret clerk: secrets \"clerk\" is forbidden`, ""))
}

// expectRights wants no answer in a log by which the API server refused a call.
func expectRights(t *testing.T, log string) {
	t.Helper()
	for line := range strings.Lines(log) {
		// Nobody can create events in a namespace that is being deleted.
		if strings.Contains(line, "is forbidden") && !strings.Contains(line, `"logger":"events"`) {
			t.Errorf("the operator lacks a right: %s", line)
		}
	}
}

// checkRights asks the API server what the operator may do.
func (c *cluster) checkRights() {
	c.t.Helper()
	for question, want := range map[string]string{
		"get secrets -n team-a":                         "yes",
		"create events.events.k8s.io -n team-a":         "yes",
		"get secrets -n default":                        "no",
		"patch secrets -n default":                      "no",
		"get configmaps -n default":                     "no",
		"create events.events.k8s.io -n default":        "no",
		"list namespaces":                               "no",
		"patch clerkusers.clerk-operator.io -n default": "yes",
	} {
		answer := c.shell("kubectl auth can-i "+question+" --as=system:serviceaccount:clerk-operator-system:clerk-operator-controller-manager 2>/dev/null || true", "")
		if strings.TrimSpace(answer) != want {
			c.t.Errorf("the operator may %s: %q, want %q", question, answer, want)
		}
	}
}
