// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/clerk-operator/clerk-operator/test/controlplane/assets"
)

// update has TestExamples write what the commands print into the pages, where it differs.
var update = flag.Bool("update", false, "write the outputs of the examples into the pages")

// TestExamples runs all examples of docs/reference/kubectl-clerk.md one after the other, as somebody would who types them, with kubectl, the
// plugin, the operator and a Clerk instance.
func TestExamples(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("needs a control plane of its own, because the examples show all namespaces")
	}
	c := newCluster(t, "testdata/kubectl-clerk")
	c.seed("Alan", "Turing", nil)
	c.seed("Edsger", "Dijkstra", nil)
	c.startOperator()
	c.await("ada-lovelace", "InSync")
	c.await("grace-hopper", "InSync")
	c.await("alan-turing", "AlreadyExists")
	c.awaitManaged(2)
	c.seed("Donald", "Knuth", c.markOf("donald-knuth"))
	c.runPage("docs/reference/kubectl-clerk.md")
	c.expectCompletion(
		t,
		completion{"kubectl cle", "clerk"},
		completion{"kubectl clerk rea", "reasons"},
		completion{"kubectl clerk reasons AlreadyE", "AlreadyExists"},
		completion{"kubectl clerk why ada", "ada-lovelace"},
		completion{"kubectl clerk status --namespace=team", "team-a"},
		completion{"kubectl-clerk rea", "reasons"},
	)
}

// runPage runs the examples of a page and compares what they print with what the page shows.
func (c *cluster) runPage(name string) {
	c.t.Helper()
	root, err := assets.Root()
	if err != nil {
		c.t.Fatal(err)
	}
	path := filepath.Join(root, name)
	text, err := os.ReadFile(path)
	if err != nil {
		c.t.Fatal(err)
	}
	blocks := Blocks(string(text))
	if len(blocks) == 0 {
		c.t.Errorf("%s has no examples", name)
	}
	for file, content := range Files(string(text)) {
		if err := os.WriteFile(filepath.Join(c.shell.Directory, file), []byte(content), 0o600); err != nil {
			c.t.Fatal(err)
		}
	}
	outputs := map[int]string{}
	for _, block := range blocks {
		results, err := c.shell.Run(c.t.Context(), block)
		if err != nil {
			c.t.Fatalf("%s:%d: %v", name, block.Examples[0].Line, err)
		}
		for i, example := range block.Examples {
			outputs[example.Line] = results[i].Output
			if problem := Difference(example.Output, results[i].Output); problem != "" && (!*update || example.Abridged()) {
				c.t.Errorf("%s:%d: $ %s: %s. It prints:\n%s", name, example.Line, example.Command, problem, results[i].Output)
			}
			if !block.shows(i, results[i].Code) {
				c.t.Errorf("%s:%d: $ %s: it ends with exit code %d, and the page does not show it. It prints:\n%s",
					name, example.Line, example.Command, results[i].Code, results[i].Output)
			}
		}
	}
	if !*update {
		return
	}
	if err := os.WriteFile(path, []byte(Update(string(text), outputs)), 0o600); err != nil {
		c.t.Fatal(err)
	}
}

// shows reports whether the page shows the exit code of a command: 0 needs nothing, another one needs "echo $?" below.
func (b Block) shows(i, code int) bool {
	return code == 0 || i+1 < len(b.Examples) && strings.HasPrefix(b.Examples[i+1].Command, "echo $?")
}
