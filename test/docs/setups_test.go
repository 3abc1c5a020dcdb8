// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"os"
	"os/exec"
	"path/filepath"

	"github.com/clerk-operator/clerk-operator/test/notchecked"
)

// withJQ skips a page if the program jq is not installed.
func withJQ(term *terminal) {
	if _, err := exec.LookPath("jq"); err != nil {
		notchecked.Skip(term.t, "the commands of %s: jq is not installed", term.t.Name())
	}
}

// team has a namespace team-a with a ClerkInstance "default", and a running operator.
func team(c *cluster) {
	c.apply("team.yaml")
	c.startOperator()
	c.awaitInstance()
}

// quickStart has a running operator. Somebody pastes the key of a Clerk instance.
func quickStart(c *cluster) {
	c.input = c.clerk.Key() + "\n"
	c.startOperator()
}

// installed has a namespace team-a, and what config/default installs. No pod runs.
func installed(c *cluster) {
	c.apply("team.yaml")
	c.must("kubectl apply --server-side --force-conflicts -k '" + filepath.Join(repository(c.t), "config", "default") + "'")
}

// threeUsers are of team-a. Clerk has another user with the address of one of them, and more users.
func threeUsers(c *cluster) {
	c.apply("team.yaml")
	c.apply("three-users.yaml")
	c.seed("Alan", "Turing", nil)
	c.seed("Edsger", "Dijkstra", nil)
	c.startOperator()
	c.await("ada-lovelace", "InSync")
	c.await("grace-hopper", "InSync")
	c.await("alan-turing", "AlreadyExists")
	c.awaitManaged(2)
	c.seed("Donald", "Knuth", c.markOf("donald-knuth"))
}

// argoCD has the ConfigMap of Argo CD, and the checkout in the working directory.
func argoCD(c *cluster) {
	c.must("kubectl create namespace argocd && kubectl create configmap argocd-cm -n argocd --from-literal=url=https://argocd.example.com")
	if err := os.Symlink(filepath.Join(repository(c.t), "gitops"), filepath.Join(c.directory, "gitops")); err != nil {
		c.t.Fatal(err)
	}
}

// completeInShells presses Tab after the commands of the plugin's page.
func completeInShells(c *cluster) {
	c.expectCompletion(
		c.t,
		completion{"kubectl cle", "clerk"},
		completion{"kubectl clerk rea", "reasons"},
		completion{"kubectl clerk reasons AlreadyE", "AlreadyExists"},
		completion{"kubectl clerk why ada", "ada-lovelace"},
		completion{"kubectl clerk status --namespace=team", "team-a"},
		completion{"kubectl-clerk rea", "reasons"},
	)
}

// withPicture is for the page of the emulator, which uploads a picture.
func withPicture(term *terminal) {
	const pixel = "GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
	term.write("face.png", pixel)
}
