// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package site

import (
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/clerk-operator/clerk-operator/test/controlplane/assets"
	"github.com/clerk-operator/clerk-operator/test/nodejs"
	"github.com/clerk-operator/clerk-operator/test/notchecked"
)

// base is the path under which the site is served. One that is not / shows that no link forgets it.
const base = "/under/a/path/"

func TestSite(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("building the site takes long, and -short is set")
	}
	output := built(t)
	home, err := os.ReadFile(filepath.Join(output, "index.html"))
	if err != nil {
		t.Fatal(err)
	}
	expectNavigation(t, output, string(home))
	page := served(t, output)
	for path, want := range map[string]string{
		// The search is local: its index is a part of the site.
		"?search=adoption":             `data-found="[1-9]`,
		"how-to/build-the-image.html":  `<h1 [^>]*>` + titleOf(t, "docs/how-to/build-the-image.md"),
		"reference/api.html#clerkuser": `<h1 [^>]*>` + titleOf(t, "docs/reference/api.md"),
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			document := opened(t, page+path)
			if !regexp.MustCompile(want).MatchString(document) {
				t.Errorf("the page does not have %s; it begins with %.2000s", want, document)
			}
			if refused := regexp.MustCompile(`data-refused="[^"]*"`).FindString(document); refused != "" {
				t.Errorf("the page asks another host, or has an error: %s", refused)
			}
		})
	}
}

// TestRulesOfTheSite runs the tests of hack/site.
func TestRulesOfTheSite(t *testing.T) {
	t.Parallel()
	known(t, "hack/site")
	nodejs.Need(t, "the rules of the documentation's site were not tested")
	if out, err := exec.CommandContext(t.Context(), "node", "--test", filepath.Join(checkout(t), "hack", "site")).CombinedOutput(); err != nil {
		t.Errorf("node --test hack/site: %v\n%s", err, out)
	}
}

func checkout(t *testing.T) string {
	t.Helper()
	root, err := assets.Root()
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// built has "make docs" build the site into a new directory.
func built(t *testing.T) string {
	t.Helper()
	const what = "the documentation's site was not built"
	nodejs.Need(t, what)
	for _, source := range []string{"docs", "hack/site"} {
		known(t, source)
	}
	if _, err := os.ReadFile(filepath.Join(checkout(t), "README.md")); err != nil {
		t.Fatal(err)
	}
	output := filepath.Join(t.TempDir(), "site")
	cmd := exec.CommandContext(t.Context(), "make", "docs", "DOCS_BASE="+base, "DOCS_OUTPUT="+output)
	cmd.Dir = checkout(t)
	// Make would hand on flags of the run of this test.
	cmd.Env = append(os.Environ(), "MAKEFLAGS=", "MFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		nodejs.SkipOffline(t, what, string(out))
		t.Fatalf("make docs: %v\n%s", err, out)
	}
	return output
}

// known reads all files of a directory of the checkout: the cache of tests knows the files that a test reads itself.
func known(t *testing.T, directory string) {
	t.Helper()
	files := os.DirFS(filepath.Join(checkout(t), filepath.FromSlash(directory)))
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		_, err = fs.ReadFile(files, name)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// titleOf returns the first heading of a page, as a pattern.
func titleOf(t *testing.T, page string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(checkout(t), filepath.FromSlash(page)))
	title, found := strings.CutPrefix(strings.SplitN(string(text), "\n", 2)[0], "# ")
	if err != nil || !found {
		t.Fatalf("%s has no title (%v)", page, err)
	}
	return regexp.QuoteMeta(title)
}

// expectNavigation checks that the home page links to every page of docs/.
func expectNavigation(t *testing.T, output, home string) {
	t.Helper()
	docs := os.DirFS(filepath.Join(checkout(t), "docs"))
	pages := 0
	err := fs.WalkDir(docs, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(name, ".md") {
			return err
		}
		pages++
		page := strings.TrimSuffix(name, ".md") + ".html"
		if !strings.Contains(home, `href="`+base+page+`"`) {
			t.Errorf("the navigation has no link to %s", page)
		}
		text, err := os.ReadFile(filepath.Join(output, filepath.FromSlash(page)))
		if edit := "/edit/main/docs/" + name + `"`; err != nil || !strings.Contains(string(text), edit) {
			t.Errorf("%s has no link to edit it (%v)", page, err)
		}
		return nil
	})
	if err != nil || pages < 20 {
		t.Errorf("%d pages (%v); this test looked in the wrong place", pages, err)
	}
}

// observer is added to each page. It notes in the document what the policy of the page refused, and errors. Where the address
// asks for it, it searches.
const observer = `<script>
const note = (what) => { document.documentElement.dataset.refused = (document.documentElement.dataset.refused ?? '') + what + ' ' }
addEventListener('securitypolicyviolation', (e) => note(e.violatedDirective + ' ' + e.blockedURI))
addEventListener('error', (e) => note(e.message ?? e.target.src ?? e.target.href), true)
addEventListener('unhandledrejection', (e) => note(e.reason))
const words = new URLSearchParams(location.search).get('search')
const timer = words && setInterval(() => {
	const [button, input, result] = ['.VPNavBarSearch button', '.search-input', '.results .result'].map((s) => document.querySelector(s))
	if (result) {
		document.documentElement.dataset.found = document.querySelectorAll('.results .result').length
		clearInterval(timer)
	} else if (!input) {
		button?.click() // without effect before the scripts of the page run
	} else if (input.value !== words) {
		input.value = words
		input.dispatchEvent(new Event('input'))
	}
}, 50)
</script>`

// policy lets a page load nothing but files of its own host. VitePress has scripts and styles in its pages, too.
const policy = "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:"

// served serves a site below base, with the observer in its pages, and returns the address.
func served(t *testing.T, output string) string {
	t.Helper()
	files := http.StripPrefix(base, http.FileServer(http.Dir(output)))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		name := strings.TrimPrefix(r.URL.Path, base)
		if name == "" {
			name = "index.html"
		}
		if !strings.HasPrefix(r.URL.Path, base) || !strings.HasSuffix(name, ".html") {
			files.ServeHTTP(w, r)
			return
		}
		text, err := os.ReadFile(filepath.Join(output, filepath.FromSlash(name)))
		if err != nil {
			http.NotFound(w, r)
			return
		}
		_, _ = fmt.Fprint(w, strings.Replace(string(text), "<head>", "<head>"+observer, 1))
	}))
	t.Cleanup(server.Close)
	return server.URL + base
}

// opened returns the document of a page after Chromium has run its scripts.
func opened(t *testing.T, address string) string {
	t.Helper()
	var chromium string
	for _, name := range []string{"google-chrome", "chromium"} {
		if path, err := exec.LookPath(name); err == nil {
			chromium = path
		}
	}
	if chromium == "" {
		notchecked.Skip(t, "the documentation's site was not opened: chromium is not installed")
	}
	cmd := exec.CommandContext(t.Context(), chromium, "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir="+t.TempDir(),
		"--virtual-time-budget=10000", "--dump-dom", address)
	var said strings.Builder
	cmd.Stderr = &said
	document, err := cmd.Output()
	if err != nil {
		t.Fatalf("chromium: %v\n%s", err, said.String())
	}
	return string(document)
}
