// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plugin

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/clerk-operator/clerk-operator/internal/plugin/cli"
)

// run runs the plugin without a cluster.
func run(t *testing.T, out io.Writer, args ...string) (errOut string, code int) {
	t.Helper()
	var complained bytes.Buffer
	e := newEnvironment(&complained)
	e.Out = out
	code = Run(t.Context(), e, args)
	return complained.String(), code
}

func TestWrongCallsNameTheRemedy(t *testing.T) {
	t.Parallel()
	for call, says := range map[string][]string{
		"why":             {"accepts 1 arg(s), received 0", "usage: kubectl clerk why USER | KIND/NAME", "kubectl clerk why --help"},
		"status a b":      {"usage: kubectl clerk status [INSTANCE]"},
		"action":          {"usage: kubectl clerk action USER --ACTION"},
		"status --nosuch": {"unknown flag: --nosuch", "kubectl clerk status --help"},
	} {
		errOut, code := run(t, io.Discard, strings.Fields(call)...)
		for _, part := range says {
			if code != cli.ExitError || !strings.Contains(errOut, part) {
				t.Errorf("%s: exit code %d, and %q is not in: %s", call, code, part, errOut)
			}
		}
	}
}

// full is a stream to which nothing can be written, as one to a file on a full disk.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestOutputThatIsNotCompleteIsAnError(t *testing.T) {
	t.Parallel()
	for _, call := range []string{"reasons", "reasons InSync", "reasons -o json", "reasons -o yaml"} {
		if errOut, code := run(t, full{}, strings.Fields(call)...); code != cli.ExitError || !strings.Contains(errOut, "no space left") {
			t.Errorf("%s: exit code %d, %s", call, code, errOut)
		}
	}
}

func TestConnectionFlagsAreCompleted(t *testing.T) {
	t.Parallel()
	config := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(config, []byte(`
contexts: [{name: prod, context: {}}, {name: preview, context: {}}, {name: staging, context: {}}]
clusters: [{name: eu, cluster: {}}]
users: [{name: jane, user: {}}]
`), 0o600); err != nil {
		t.Fatal(err)
	}
	for flag, want := range map[string]string{"--context": "preview\nprod\n", "--cluster": "", "--user": ""} {
		var out bytes.Buffer
		if _, code := run(t, &out, "__complete", "status", "--kubeconfig", config, flag, "p"); code != 0 || out.String() != want+":4\n" {
			t.Errorf("%s: exit code %d, %q, want %q", flag, code, out.String(), want)
		}
	}
}
