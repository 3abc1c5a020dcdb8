// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/clerk-operator/clerk-operator/test/checkout"
	"github.com/clerk-operator/clerk-operator/test/controlplane"
)

// newBareCluster returns a cluster with nothing on it, and a checkout as the working directory. Namespaces can be deleted.
func newBareCluster(t *testing.T) *cluster {
	t.Helper()
	c := connect(t, controlplane.Bare(t), "sk_test_bareNotARealKey")
	c.directory = checkout.New(t)
	c.environment = append(c.environment, goEnvironment(t)...)
	return c
}

// goEnvironment has "make" find what was downloaded and compiled before, in spite of another home directory and another "make" around it.
func goEnvironment(t *testing.T) []string {
	t.Helper()
	names := []string{"GOMODCACHE", "GOCACHE"}
	printed, err := exec.CommandContext(t.Context(), "go", append([]string{"env"}, names...)...).Output()
	if err != nil {
		t.Fatal(err)
	}
	variables := []string{"MAKEFLAGS=", "MFLAGS=", "CGO_ENABLED=0"}
	for i, value := range strings.Fields(string(printed)) {
		variables = append(variables, names[i]+"="+value)
	}
	return variables
}

// tutorial is what the reader of the tutorial brings along: the key to paste, a curl that trusts Clerk, and a name for commits.
func tutorial(c *cluster) {
	c.input = c.clerk.Key() + "\n"
	for _, variable := range c.clerk.Environment {
		if file, found := strings.CutPrefix(variable, "SSL_CERT_FILE="); found {
			c.environment = append(c.environment, "CURL_CA_BUNDLE="+file)
		}
	}
	c.environment = append(c.environment,
		"GIT_AUTHOR_NAME=Reader", "GIT_AUTHOR_EMAIL=reader@example.com", "GIT_COMMITTER_NAME=Reader", "GIT_COMMITTER_EMAIL=reader@example.com")
}

// withoutKey is for a reader who has nothing but a checkout and a cluster.
func withoutKey(*cluster) {}

// afterTutorial expects what the tutorial says of its end: one user was kept, and nothing else.
func afterTutorial(c *cluster) {
	c.t.Helper()
	users := c.clerk.Users()
	if len(users) != 1 || users[0].FirstName == nil || *users[0].FirstName != "Ada" || len(users[0].PrivateMetadata) > 0 || users[0].Banned {
		c.t.Errorf("the users at Clerk are %+v, want Ada without an owner mark", users)
	}
	if left := c.must("kubectl get namespaces,crds -o name | grep -e clerk -e team-a || true"); left != "" {
		c.t.Errorf("the cluster has %s", left)
	}
}
