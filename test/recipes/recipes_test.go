// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package recipes

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	// The tests build this into a program: the cache of tests knows what a test imports.
	_ "github.com/clerk-operator/clerk-operator/internal/emulator"
	"github.com/clerk-operator/clerk-operator/test/controlplane/assets"
	"github.com/clerk-operator/clerk-operator/test/docs"
	"github.com/clerk-operator/clerk-operator/test/nodejs"
)

const (
	howTo     = "docs/how-to/test-with-the-emulator.md"
	reference = "docs/reference/emulator.md"
)

// shown are the files of testdata that the page shows, by the titles of its blocks.
func shown() map[string]string {
	return map[string]string{
		"staff.mjs": "node/staff.mjs", "staff.test.mjs": "node/staff.test.mjs", "package.json": "node/package.json",
		"staff.go": "go/staff.go", "staff_test.go": "go/staff_test.go",
		".github/workflows/test.yml": "github/test.yml", ".github/workflows/test.yml with a service": "github/service.yml",
	}
}

func TestPageShowsTheRecipes(t *testing.T) {
	t.Parallel()
	files := shown()
	for _, block := range blocks(t, howTo) {
		name, found := files[block.Title]
		if !found {
			if block.Title != "" {
				t.Errorf("%s:%d: no test runs %q", howTo, block.Line, block.Title)
			}
			continue
		}
		delete(files, block.Title)
		text, err := os.ReadFile(filepath.Join("testdata", filepath.FromSlash(name)))
		if err != nil || string(text) != block.Text() {
			t.Errorf("%s:%d: the block differs from test/recipes/testdata/%s, which the test runs (%v)", howTo, block.Line, name, err)
		}
	}
	if len(files) > 0 {
		t.Errorf("%s does not show %v", howTo, files)
	}
}

func TestNodeRecipe(t *testing.T) {
	t.Parallel()
	const what = "the recipe for Node.js was not run"
	path := withEmulator(t)
	nodejs.Need(t, what)
	directory := t.TempDir()
	if err := os.CopyFS(directory, os.DirFS(filepath.Join("testdata", "node"))); err != nil {
		t.Fatal(err)
	}
	if out, err := run(t, directory, nil, "npm", "ci", "--ignore-scripts"); err != nil {
		nodejs.SkipOffline(t, what, out)
		t.Fatalf("npm ci: %v\n%s", err, out)
	}
	for name, environment := range map[string][]string{
		"OwnEmulator": {path, "CLERK_API_URL=", "CLERK_SECRET_KEY=sk_test_recipe"},
		// Without an emulator in the PATH, only the one that runs already can answer.
		"RunningEmulator": {"CLERK_API_URL=" + running(t), "CLERK_SECRET_KEY=sk_test_emulator"},
	} {
		out, err := run(t, directory, environment, "npm", "test")
		if err != nil || !regexp.MustCompile(`(?m)^\S+ pass 2$`).MatchString(out) || !regexp.MustCompile(`(?m)^\S+ fail 0$`).MatchString(out) {
			t.Errorf("%s: npm test: %v\n%s", name, err, out)
		}
	}
}

func TestGoRecipe(t *testing.T) {
	t.Parallel()
	path := withEmulator(t)
	out, err := run(t, ".", []string{path}, "go", "test", "-count=1", "-v", "./testdata/go")
	if err != nil || strings.Count(out, "--- PASS") != 2 {
		t.Errorf("go test: %v\n%s", err, out)
	}
}

// TestReferenceCompiles compiles the Go block of the reference, docs/reference/emulator.md.
func TestReferenceCompiles(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it runs the compiler, and -short is set")
	}
	var code string
	for _, block := range blocks(t, reference) {
		if block.Language == "go" {
			code += block.Text()
		}
	}
	if code == "" {
		t.Fatalf("%s has no Go", reference)
	}
	file := filepath.Join(t.TempDir(), "page.go")
	program := "package page\n\nimport (\n\t\"net/http/httptest\"\n\t\"time\"\n\n\t\"github.com/clerk-operator/clerk-operator/internal/emulator\"\n)\n\n" +
		"func page() (any, any, any, any) {\n" + code + "\treturn baseURL, key, writes, err\n}\n"
	if err := os.WriteFile(file, []byte(program), 0o600); err != nil {
		t.Fatal(err)
	}
	place, err := filepath.Abs(filepath.Join("testdata", "page", "page.go"))
	if err != nil {
		t.Fatal(err)
	}
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {place: file}})
	if err != nil {
		t.Fatal(err)
	}
	list := filepath.Join(t.TempDir(), "overlay.json")
	if err := os.WriteFile(list, overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := run(t, ".", nil, "go", "build", "-overlay", list, "./testdata/page"); err != nil {
		t.Errorf("compiling the Go of %s: %v\n%s", reference, err, out)
	}
}

func blocks(t *testing.T, page string) []docs.Block {
	t.Helper()
	root, err := assets.Root()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(page)))
	if err != nil {
		t.Fatal(err)
	}
	return docs.Blocks(string(text))
}

// built is the emulator, as somebody installs it. TestMain removes it.
var built = sync.OnceValues(func() (string, error) {
	directory := os.Getenv(directoryVariable)
	binary := filepath.Join(directory, "clerk-emulator")
	out, err := exec.Command("go", "build", "-o", binary, "github.com/clerk-operator/clerk-operator/cmd/clerk-emulator").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("building the emulator: %w\n%s", err, out)
	}
	return binary, nil
})

// directoryVariable names the directory of built.
const directoryVariable = "CLERK_OPERATOR_TEST_RECIPES"

func TestMain(m *testing.M) {
	os.Exit(runAll(m))
}

func runAll(m *testing.M) int {
	directory, err := os.MkdirTemp("", "clerk-operator-recipes-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(directory)
	if err := os.Setenv(directoryVariable, directory); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// withEmulator returns a PATH, as "PATH=…", in which the emulator is.
func withEmulator(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("it builds the emulator, and -short is set")
	}
	binary, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return "PATH=" + filepath.Dir(binary) + string(os.PathListSeparator) + os.Getenv("PATH")
}

// running returns the address of an emulator that runs for the time of the test.
func running(t *testing.T) string {
	t.Helper()
	binary, err := built()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), binary, "--addr", "127.0.0.1:0")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Wait() }) // the context has ended
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(address)
}

// run runs a program in a directory, with more variables, and returns what it prints.
func run(t *testing.T, directory string, environment []string, name string, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir, cmd.Env = directory, append(os.Environ(), environment...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}
