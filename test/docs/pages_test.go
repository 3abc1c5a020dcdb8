// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/clerk-operator/clerk-operator/test/controlplane/assets"
)

const (
	// summaryVariable names a file for the summary, which "make test" prints at its end.
	summaryVariable = "CLERK_OPERATOR_PAGES"
	// least is the part of all commands that has to be run.
	least = 0.7
	// leastPages and leastManifests are far below what there is. Fewer mean that the search is broken.
	leastPages, leastManifests = 20, 40
)

// update has TestPages write what the commands print into the pages, where it differs.
var update = flag.Bool("update", false, "write the outputs of the commands into the pages")

func repository(t *testing.T) string {
	t.Helper()
	root, err := assets.Root()
	if err != nil {
		t.Fatal(err)
	}
	return root
}

func pages(t *testing.T) []Page {
	t.Helper()
	found, err := Pages(repository(t))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestEveryBlockIsChecked wants a test or a reason for each fenced block of each page, and counts them.
func TestEveryBlockIsChecked(t *testing.T) {
	t.Parallel()
	counted, entries := newSummary(), table()
	for _, page := range pages(t) {
		counted.pages++
		entry := entries[page.Name]
		delete(entries, page.Name)
		for _, b := range Blocks(page.Text) {
			treatment, err := entry.treat(b)
			if err != nil {
				t.Errorf("%s:%d: %v", page.Name, b.Line, err)
				continue
			}
			counted.add(b, treatment)
		}
		for _, name := range entry.unused(page) {
			t.Errorf("table_test.go: %s has no block below the heading, or of the language, %q", page.Name, name)
		}
		for _, test := range entry.tests() {
			if err := exists(repository(t), test, page.Name); err != nil {
				t.Errorf("table_test.go: %s: %v", page.Name, err)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		t.Errorf("table_test.go has an entry for %s, which is no page", name)
	}
	t.Log(counted)
	if counted.pages < leastPages || counted.manifests[applied] < leastManifests || counted.share() < least {
		t.Errorf("too little is checked: %.0f %% of the commands, want %.0f %%:\n%s", 100*counted.share(), 100*least, counted)
	}
	if path := os.Getenv(summaryVariable); path != "" {
		if err := os.WriteFile(path, []byte(counted.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// exists finds a test such as "test/install.TestX", in a package that names the page.
func exists(root, test, page string) error {
	directory, name, _ := strings.Cut(test, ".")
	files, err := filepath.Glob(filepath.Join(root, directory, "*_test.go"))
	if err != nil {
		return err
	}
	var all strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		all.Write(text)
	}
	if !strings.Contains(all.String(), "func "+name+"(") || !strings.Contains(all.String(), filepath.Base(page)) {
		return fmt.Errorf("there is no test %s in %s, or its package does not name the page", name, directory)
	}
	return nil
}

// TestPages runs the commands of each page one after the other, as somebody would who types them.
func TestPages(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("needs control planes of its own, because the pages show all namespaces")
	}
	free, entries := newLanes(t), table()
	for _, page := range pages(t) {
		entry := entries[page.Name]
		if !entry.runs() {
			continue
		}
		t.Run(strings.ReplaceAll(page.Name, "/", "."), func(t *testing.T) {
			t.Parallel()
			c := entry.prepare(t, free)
			c.follow(page, entry)
			if entry.after != nil {
				entry.after(c)
			}
		})
	}
}

// runs reports whether TestPages runs commands of the page.
func (e entry) runs() bool { return e.cluster != nil || e.terminal != nil || e.bare != nil }

// prepare returns that in which the page's commands run.
func (e entry) prepare(t *testing.T, free chan *lane) *cluster {
	t.Helper()
	switch {
	case e.terminal != nil:
		c := &cluster{terminal: newTerminal(t)}
		e.terminal(c.terminal)
		return c
	case e.bare != nil:
		c := newBareCluster(t)
		e.bare(c)
		return c
	}
	c := newCluster(t, take(t, free))
	e.cluster(c)
	return c
}

// follow runs the commands of a page, and compares what they print with what the page shows.
func (c *cluster) follow(page Page, e entry) {
	c.t.Helper()
	blocks := Blocks(page.Text)
	for _, b := range slices.Backward(blocks) {
		c.writeFile(b)
	}
	outputs, heading := map[int]string{}, ""
	for _, b := range blocks {
		treatment, err := e.treat(b)
		if err != nil {
			c.t.Fatalf("%s:%d: %v", page.Name, b.Line, err)
		}
		c.writeFile(b)
		if treatment.by != run {
			continue
		}
		if step := e.steps[b.Heading]; step != nil && b.Heading != heading {
			step(c)
		}
		heading = b.Heading
		c.runBlock(page.Name, b, outputs)
	}
	if !*update {
		return
	}
	if err := os.WriteFile(filepath.Join(repository(c.t), page.Name), []byte(Update(page.Text, outputs)), 0o600); err != nil {
		c.t.Fatal(err)
	}
}

// isFile reports whether a title is the name of a file.
func isFile(title string) bool {
	return filepath.IsLocal(title) && filepath.Ext(title) != "" && !strings.Contains(title, " ")
}

// writeFile writes the file that a block shows. The first block of a name counts until the page comes to the next one.
func (c *cluster) writeFile(b Block) {
	c.t.Helper()
	if isFile(b.Title) {
		c.write(b.Title, b.Text())
	}
}

func (c *cluster) runBlock(name string, b Block, outputs map[int]string) {
	c.t.Helper()
	examples := Examples(b)
	for i, example := range examples {
		result := c.run(example.Command)
		outputs[example.Line] = result.Output
		problem := ""
		if example.Compared {
			problem = Difference(example.Output, result.Output)
		}
		if problem != "" && (!*update || example.Abridged()) {
			c.t.Errorf("%s:%d: $ %s: %s. It prints:\n%s", name, example.Line, example.Command, problem, result.Output)
		}
		if result.Code != 0 && (i+1 == len(examples) || !strings.HasPrefix(examples[i+1].Command, "echo $?")) {
			c.t.Errorf("%s:%d: $ %s: it ends with exit code %d, and the page does not show it. It prints:\n%s",
				name, example.Line, example.Command, result.Code, result.Output)
		}
	}
}
