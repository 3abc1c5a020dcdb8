// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/clerk-operator/clerk-operator/test/nodejs"
)

// axe has the script of axe-core, which looks for what keeps people from using a page. npm downloads it, once for all tests.
var axe = sync.OnceValues(func() (script string, err error) {
	dir, err := os.MkdirTemp("", "clerk-operator-axe-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "axe"))); err != nil {
		return "", err
	}
	cmd := exec.Command("npm", "ci", "--ignore-scripts")
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return string(out), fmt.Errorf("npm ci: %w\n%s", err, out)
	}
	text, err := os.ReadFile(filepath.Join(dir, "node_modules", "axe-core", "axe.min.js"))
	return string(text), err
})

// needAxe skips the test where npm or its registry is missing.
func needAxe(t testing.TB) string {
	t.Helper()
	const what = "the emulator's page was not checked for accessibility"
	needChromium(t)
	nodejs.Need(t, what)
	script, err := axe()
	if err != nil {
		nodejs.SkipOffline(t, what, script)
		t.Fatal(err)
	}
	return script
}

// violation is a rule of axe-core that a page breaks.
type violation struct {
	ID    string `json:"id"`
	Help  string `json:"help"`
	Nodes []struct {
		HTML    string `json:"html"`
		Summary string `json:"failureSummary"`
	} `json:"nodes"`
}

// String names the rule and the elements that break it.
func (v violation) String() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s: %s", v.ID, v.Help)
	for _, n := range v.Nodes {
		fmt.Fprintf(&text, "\n    %.300s\n    %s", n.HTML, strings.ReplaceAll(n.Summary, "\n", "\n    "))
	}
	return text.String()
}

// violations returns what axe-core finds in the page of the tab, with all its rules.
func (tb *tab) violations(script string) []violation {
	tb.t.Helper()
	if !eval[bool](tb, "'axe' in window") {
		eval[chromedp.Void](tb, script)
	}
	found := eval[string](tb, `axe.run(document, { resultTypes: ['violations'] }).then((r) => JSON.stringify(
		{ passes: r.passes.length, violations: r.violations.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.map(({ html, failureSummary }) => ({ html, failureSummary })) })) }))`)
	var result struct {
		Passes     int         `json:"passes"`
		Violations []violation `json:"violations"`
	}
	if err := json.Unmarshal([]byte(found), &result); err != nil {
		tb.t.Fatal(err)
	}
	if result.Passes < 10 {
		tb.t.Fatalf("axe-core checked only %d rules", result.Passes)
	}
	return result.Violations
}
