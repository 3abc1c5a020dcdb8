// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"net/http"
	"os"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
	"github.com/clerk-operator/clerk-operator/internal/plan"
	"github.com/clerk-operator/clerk-operator/test/controlplane"
	"github.com/clerk-operator/clerk-operator/test/node"
)

// lostCluster has an operator with a user that it created and one that it adopted.
func lostCluster(c *cluster) {
	c.t.Helper()
	c.seed("Grace", "Hopper", nil)
	node.Start(c.t, c.plane, c.clerk.Environment)
	c.must("kubectl apply --server-side -k config/default && " +
		"kubectl rollout status deployment/clerk-operator-controller-manager -n clerk-operator-system --timeout=3m && " +
		"kubectl create namespace team-a && kubectl create secret generic clerk -n team-a --from-literal=secret-key=" + c.clerk.Key())
	c.write("team.yaml", restoredTeam)
	c.must("kubectl apply -f team.yaml && kubectl wait --for=condition=Ready clerkusers --all -n team-a --timeout=2m")
}

const restoredTeam = `
apiVersion: clerk-operator.io/v1alpha1
kind: ClerkInstance
metadata:
  name: default
  namespace: team-a
spec:
  secretKeyRef:
    name: clerk
---
apiVersion: clerk-operator.io/v1alpha1
kind: ClerkUser
metadata:
  name: ada-lovelace
  namespace: team-a
spec:
  emailAddresses:
  - address: ada@example.com
  publicMetadata:
    role: admin
---
apiVersion: clerk-operator.io/v1alpha1
kind: ClerkUser
metadata:
  name: grace-hopper
  namespace: team-a
spec:
  emailAddresses:
  - address: grace@example.com
  adoptionPolicy: IfUnmanaged
`

// restoration is the entry of the page about restores: a cluster is lost after the backup, and its objects come back in another one.
func restoration() entry {
	before, writes := map[string]string{}, 0
	return entry{
		bare: lostCluster,
		steps: map[string]func(*cluster){"Try a restore": func(c *cluster) {
			c.must("kubectl delete deployment clerk-operator-controller-manager -n clerk-operator-system")
			before, writes = marks(c), len(c.clerk.Journal().Writes())
			c.switchTo(controlplane.Bare(c.t))
			node.Start(c.t, c.plane, c.clerk.Environment)
		}},
		after: func(c *cluster) { expectRestored(c, before, c.clerk.Journal().Writes()[writes:]) },
	}
}

// switchTo has the kubeconfig lead to another API server.
func (c *cluster) switchTo(plane *controlplane.ControlPlane) {
	c.t.Helper()
	text, err := os.ReadFile(plane.Kubeconfig())
	if err == nil {
		err = os.WriteFile(c.kubeconfig, text, 0o600)
	}
	if err != nil {
		c.t.Fatal(err)
	}
	c.plane = plane
}

// marks are the owner marks of all users at Clerk, by the user's id.
func marks(c *cluster) map[string]string {
	found := map[string]string{}
	for _, user := range c.clerk.Users() {
		found[user.ID], _ = user.PrivateMetadata[v1alpha1.OwnerKey].(string)
	}
	return found
}

// expectRestored wants the users from before, with the marks of the new objects, and that nothing else happened at Clerk.
func expectRestored(c *cluster, before map[string]string, writes emulator.Entries) {
	c.t.Helper()
	after := marks(c)
	if len(before) != 2 || len(after) != len(before) {
		c.t.Errorf("the users and their marks were %v and are %v, want the same two users", before, after)
	}
	for id, text := range before {
		was, _ := plan.ParseMark(text)
		is, ours := plan.ParseMark(after[id])
		if !ours || is.UID == was.UID {
			c.t.Errorf("the mark of %s is %q after %q, want the uid of the new object", id, after[id], text)
		}
		if is.UID = was.UID; is != was {
			c.t.Errorf("the mark of %s is %q after %q, want another uid only", id, after[id], text)
		}
	}
	for _, call := range writes {
		// A creating call that Clerk refuses is how the operator finds out that there is a user.
		if call.Applied && call.Method != http.MethodPatch {
			c.t.Errorf("the restore made Clerk carry out %s %s", call.Method, call.Path)
		}
	}
}
