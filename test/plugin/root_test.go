// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plugin_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/clerk-operator/clerk-operator/internal/plugin/cli"
	"github.com/clerk-operator/clerk-operator/test/controlplane"
)

// TestOperatorRuns shows that the environment has an operator that carries out what is declared.
func TestOperatorRuns(t *testing.T) {
	env := newRaceEnvironment(t)
	env.start()
	env.create(env.user("ada"))
	env.waitFor("ada", "InSync")
	if env.clerk.User(env.read("ada").Status.UserID) == nil {
		t.Error("the user is not at Clerk")
	}
	if r := env.run("--version"); r.code != 0 || r.out == "" {
		t.Errorf("--version: %+v", r)
	}
}

// TestNextCommandsGoToTheSameCluster runs commands with a connection flag. The commands that they print for copying have it too, since
// the kubeconfig's current context can be another cluster.
func TestNextCommandsGoToTheSameCluster(t *testing.T) {
	env := newEnvironment(t)
	env.create(env.user("ada"))
	flag := " --kubeconfig=" + cli.Quote(controlplane.Kubeconfig(t))
	for want, args := range map[string][]string{
		"kubectl logs" + flag + " -n":                   {"why", "ada", "-o", "json"},
		"kubectl get" + flag + " pods --all-namespaces": {"status", "--operator-namespace", env.namespace},
		"kubectl get" + flag + " clerkinstances -A":     {"orphans", "nobody"},
	} {
		var out bytes.Buffer
		r := env.runTo(t.Context(), nil, &out, args...)
		if text := out.String() + r.raw; !strings.Contains(text, want) {
			t.Errorf("%v does not print %q:\n%s", args, want, text)
		}
	}
}
