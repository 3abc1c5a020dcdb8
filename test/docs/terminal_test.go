// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/clerk-operator/clerk-operator/test/controlplane/assets"
)

// limit is how long a command of a page may take; a machine that is busy with other tests is slow.
const limit = time.Minute

// terminal is where the commands of a page are typed.
type terminal struct {
	t *testing.T
	// directory is the working directory, with the files that the page shows.
	directory string
	// environment has all variables, as "name=value".
	environment []string
	// input is what somebody types while commands run.
	input string
	// replace has texts of commands that differ here, such as the address of a server, in pairs.
	replace []string

	session *Session
}

func newTerminal(t *testing.T) *terminal {
	t.Helper()
	tools, err := builtTools()
	if err != nil {
		t.Fatal(err)
	}
	home := t.TempDir()
	return &terminal{t: t, directory: t.TempDir(), environment: append(os.Environ(),
		"PATH="+tools+string(os.PathListSeparator)+os.Getenv("PATH"), "HOME="+home, "KUBECONFIG="+filepath.Join(home, "kubeconfig"))}
}

// builtTools returns a directory with kubectl and the programs of this repository that users run. TestMain removes it.
var builtTools = sync.OnceValues(func() (string, error) {
	root, err := assets.Root()
	if err != nil {
		return "", err
	}
	tools := toolsDirectory()
	build := exec.Command("go", "build", "-o", tools+string(filepath.Separator), "./cmd/kubectl-clerk", "./cmd/clerk-emulator")
	build.Dir, build.Env, build.Stderr = root, append(os.Environ(), "CGO_ENABLED=0"), os.Stderr
	if err := build.Run(); err != nil {
		return "", err
	}
	binaries, err := assets.Find(assets.Kubectl)
	if err != nil {
		return "", err
	}
	for name, target := range map[string]string{"kubectl": filepath.Join(binaries, assets.Kubectl), "kubectl_complete-clerk": "kubectl-clerk"} {
		if err := os.Symlink(target, filepath.Join(tools, name)); err != nil {
			return "", err
		}
	}
	return tools, nil
})

// toolsVariable names the directory of builtTools.
const toolsVariable = "CLERK_OPERATOR_TEST_TOOLS"

func toolsDirectory() string { return os.Getenv(toolsVariable) }

// write writes a file of the page.
func (term *terminal) write(name, content string) {
	term.t.Helper()
	path := filepath.Join(term.directory, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		term.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		term.t.Fatal(err)
	}
}

// must runs a command that is not on the page, in a shell of its own, and returns what it prints.
func (term *terminal) must(command string) string {
	term.t.Helper()
	shell := exec.CommandContext(term.t.Context(), "bash", "-euo", "pipefail", "-c", command)
	shell.Dir, shell.Env = term.directory, term.environment
	said, err := shell.CombinedOutput()
	if err != nil {
		term.t.Fatalf("%s: %v: %s", command, err, said)
	}
	return string(said)
}

// run runs a command of the page in the page's shell.
func (term *terminal) run(command string) Result {
	term.t.Helper()
	if term.session == nil {
		session, err := NewSession(term.t.Context(), term.directory, term.environment, term.input, limit)
		if err != nil {
			term.t.Fatal(err)
		}
		term.t.Cleanup(session.Close)
		term.session = session
	}
	result, err := term.session.Run(term.t.Context(), strings.NewReplacer(term.replace...).Replace(command))
	if err != nil {
		term.t.Fatalf("$ %s: %v", command, err)
	}
	return result
}
