// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main_test

import (
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

const (
	repositoryURL = "https://github.com/clerk-operator/clerk-operator/"
	// leastLinks and leastOwnURLs are floors. With fewer, TestLinks looked in the wrong place.
	leastLinks   = 700
	leastOwnURLs = 40
)

// link leads from a line of a file to a target.
type link struct {
	file   string
	line   int
	target string
}

func (l link) String() string { return fmt.Sprintf("%s:%d: %s", l.file, l.line, l.target) }

// TestLinks follows every link of every page, and every URL of this repository in any file, with its anchor. Other hosts are not asked.
func TestLinks(t *testing.T) {
	t.Parallel()
	followed, own, external := 0, 0, 0
	repository := newLinkTargets(os.DirFS("."))
	err := fs.WalkDir(repository.files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return enter(name, entry)
		}
		if !slices.Contains([]string{".md", ".go", ".yaml", ".yml", ".tpl", ".json", ".mjs", ""}, path.Ext(name)) {
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		links := ownURLs(name, string(text))
		own += len(links)
		if path.Ext(name) == ".md" {
			links = append(links, linksOf(name, string(text))...)
		}
		for _, l := range links {
			followed++
			outside, err := repository.follow(l)
			if outside {
				external++
			}
			if err != nil {
				t.Errorf("%s: %v", l, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d links and URLs, %d of them to this repository by URL, %d to other hosts, which were not asked", followed, own, external)
	if followed < leastLinks || own < leastOwnURLs {
		t.Errorf("only %d links and %d URLs were found", followed, own)
	}
}

var (
	inlineLink    = regexp.MustCompile(`\]\(([^)\s]*)(?:\s+"[^"]*")?\)`)
	referenceLink = regexp.MustCompile(`^\[[^\]]+\]:\s+(\S+)`)
	autoLink      = regexp.MustCompile(`<((?:https?|mailto):[^>\s]+)>`)
	htmlLink      = regexp.MustCompile(`\b(?:href|src|srcset)="([^"\s]+)"`)
	ownURL        = regexp.MustCompile(regexp.QuoteMeta(repositoryURL) + `(?:blob|tree|edit|raw)/main/[^\s"'<>)` + "`" + `\\,;]*`)
)

// linksOf returns the links of a page outside of code.
func linksOf(name, text string) []link {
	var links []link
	for i, line := range withoutCode(text) {
		for _, form := range []*regexp.Regexp{inlineLink, referenceLink, autoLink, htmlLink} {
			for _, found := range form.FindAllStringSubmatch(line, -1) {
				links = append(links, link{name, i + 1, found[1]})
			}
		}
	}
	return links
}

// ownURLs returns the URLs of files of this repository in a file. One that a program completes ends with # or with a directory.
func ownURLs(name, text string) []link {
	var links []link
	number := 0
	for line := range strings.Lines(text) {
		number++
		for _, found := range ownURL.FindAllString(line, -1) {
			if !strings.ContainsAny(found, "%${") {
				links = append(links, link{name, number, strings.TrimRight(found, ".:")})
			}
		}
	}
	return links
}

// withoutCode returns the lines of a page, with those of fenced blocks and the spans of code empty.
func withoutCode(text string) []string {
	lines := strings.Split(text, "\n")
	fence := ""
	for i, line := range lines {
		marks := regexp.MustCompile("^ *(`{3,})").FindStringSubmatch(line)
		switch {
		case fence == "" && marks != nil:
			fence, lines[i] = marks[1], ""
		case fence != "":
			if strings.TrimSpace(line) == fence {
				fence = ""
			}
			lines[i] = ""
		default:
			lines[i] = codeSpan.ReplaceAllString(line, "")
		}
	}
	return lines
}

// linkTargets are the files and anchors that a link can lead to.
type linkTargets struct {
	files   fs.FS
	anchors map[string][]string
}

func newLinkTargets(files fs.FS) *linkTargets {
	return &linkTargets{files: files, anchors: map[string][]string{}}
}

// follow reports whether a link leads to another host, or why it leads to nothing.
func (r *linkTargets) follow(l link) (outside bool, err error) {
	target, err := url.Parse(l.target)
	if err != nil {
		return false, fmt.Errorf("this is no URL: %w", err)
	}
	if rest, own := strings.CutPrefix(l.target, repositoryURL); own {
		kind, file, isFile := strings.Cut(rest, "/main/")
		if !isFile || strings.Contains(kind, "/") {
			return true, nil
		}
		file, anchor, _ := strings.Cut(file, "#")
		return false, r.find(path.Clean(file), anchor)
	}
	switch target.Scheme {
	case "":
		file := l.file
		if target.Path != "" {
			file = path.Join(path.Dir(l.file), target.Path)
		}
		return false, r.find(file, target.Fragment)
	case "https", "mailto":
		return true, nil
	default:
		return true, fmt.Errorf("the scheme is %s; use https", target.Scheme)
	}
}

// find looks for a file or directory and, unless it is empty, for an anchor of a page.
func (r *linkTargets) find(file, anchor string) error {
	if !fs.ValidPath(file) {
		return fmt.Errorf("%s is outside of the repository", file)
	}
	if _, err := fs.Stat(r.files, file); err != nil {
		return fmt.Errorf("there is no file %s", file)
	}
	if anchor == "" {
		return nil
	}
	if path.Ext(file) != ".md" {
		return fmt.Errorf("%s is no page and has no anchors; lines move, so name what to look for", file)
	}
	anchors, known := r.anchors[file]
	if !known {
		text, err := fs.ReadFile(r.files, file)
		if err != nil {
			return err
		}
		anchors = anchorsOf(string(text))
		r.anchors[file] = anchors
	}
	if !slices.Contains(anchors, anchor) {
		return fmt.Errorf("%s has no anchor %s; it has %s", file, anchor, strings.Join(anchors, " "))
	}
	return nil
}

var (
	heading       = regexp.MustCompile(`^#{1,6} +(.*?)(?: +#+)?$`)
	namedAnchor   = regexp.MustCompile(`<a (?:id|name)="([^"]+)"`)
	linkText      = regexp.MustCompile(`!?\[([^\]]*)\]\([^)]*\)`)
	notInAnAnchor = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// anchorsOf returns the anchors of a page: those that GitHub makes of headings, and those that it names.
func anchorsOf(text string) []string {
	var anchors []string
	repeated := map[string]int{}
	code := withoutCode(text)
	for i, line := range strings.Split(text, "\n") {
		for _, found := range namedAnchor.FindAllStringSubmatch(code[i], -1) {
			anchors = append(anchors, found[1])
		}
		title := heading.FindStringSubmatch(line)
		if title == nil || code[i] == "" {
			continue
		}
		name := strings.ReplaceAll(notInAnAnchor.ReplaceAllString(strings.ToLower(linkText.ReplaceAllString(title[1], "$1")), ""), " ", "-")
		n := repeated[name]
		repeated[name]++
		if n > 0 {
			name = fmt.Sprintf("%s-%d", name, n)
		}
		anchors = append(anchors, name)
	}
	return anchors
}

func TestDeadLinksAreFound(t *testing.T) {
	t.Parallel()
	repository := newLinkTargets(fstest.MapFS{
		"docs/a.md":  {Data: []byte("# One `two`: [three](b.md)\n## Same\n## Same\n<a id=\"named\"></a>\n```sh\n# no heading\n```\n")},
		"main.go":    {Data: []byte("package main\n")},
		"docs/b.svg": {Data: []byte("<svg/>")},
	})
	for text, want := range map[string]string{
		"[a](a.md#one-two-three) [b](#same-1) [c](#named)": "",
		"![picture](b.svg) [code](../main.go) [dir](..)":   "",
		"`[x](missing.md)`\n```\n[x](missing.md)\n```":     "",
		"<https://example.com> [mail](mailto:a@b.example)": "",
		"[x](missing.md)":         "there is no file docs/missing.md",
		"[x]: missing.md":         "there is no file docs/missing.md",
		`<img src="missing.svg">`: "there is no file docs/missing.svg",
		"[x](../../outside.md)":   "outside of the repository",
		"[x](#no-heading)":        "has no anchor no-heading; it has one-two-three same same-1 named",
		"[x](../main.go#L1)":      "is no page",
		"[x](http://example.com)": "use https",
		"see " + repositoryURL + "blob/main/docs/a.md#gone.": "has no anchor gone",
		"[x](" + repositoryURL + "tree/main/gone)":           "there is no file gone",
	} {
		var problems []string
		for _, l := range append(linksOf("docs/a.md", text), ownURLs("docs/a.md", text)...) {
			if _, err := repository.follow(l); err != nil {
				problems = append(problems, err.Error())
			}
		}
		if got := strings.Join(problems, "\n"); !strings.Contains(got, want) || (want == "") != (got == "") {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
