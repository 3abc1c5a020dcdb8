// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/clerk-operator/clerk-operator/test/controlplane/assets"
)

func TestSectionOfTheChangelog(t *testing.T) {
	t.Parallel()
	const changelog = `# Changelog

## [Unreleased]

- New.

## [0.2.0-rc.1] - 2026-12-01

### Added

- Two.

## [0.1.0] - 2026-11-01

- One.

[0.1.0]: https://example.test/v0.1.0
`
	for name, test := range map[string]struct{ changelog, version, want, wrong string }{
		"InTheMiddle": {changelog, "v0.2.0-rc.1", "### Added\n\n- Two.\n", ""},
		"BeforeLinks": {changelog, "v0.1.0", "- One.\n", ""},
		"Last":        {"## [0.1.0] - 2026-11-01\n\n- One.", "v0.1.0", "- One.\n", ""},
		"Absent":      {changelog, "v0.3.0", "", "## [0.3.0] - YYYY-MM-DD"},
		"LookAlike":   {changelog, "v0.2.0", "", "no section"},
		"WithoutDate": {"## [0.1.0]\n\n- One.", "v0.1.0", "", "no section"},
		"Empty":       {"## [0.1.0] - 2026-11-01\n\n## [0.0.1] - 2026-10-01\n", "v0.1.0", "", "is empty"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := section(test.changelog, test.version)
			if got != test.want || (err == nil) != (test.wrong == "") || err != nil && !strings.Contains(err.Error(), test.wrong) {
				t.Errorf("section() = %q, %v, want %q, %q", got, err, test.want, test.wrong)
			}
		})
	}
}

// repository makes a Git repository with two commits, of which the first has the tag v0.1.0.
func repository(t *testing.T) (dir string, inside func(args ...string)) {
	t.Helper()
	dir = t.TempDir()
	inside = func(args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "git", append([]string{"-c", "user.name=a", "-c", "user.email=a@example.test"}, args...)...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v: %s", args, err, out)
		}
	}
	inside("init", "--quiet")
	inside("commit", "--quiet", "--allow-empty", "-m", "one")
	inside("tag", "v0.1.0")
	inside("commit", "--quiet", "--allow-empty", "-m", "two")
	return dir, inside
}

func TestVersionIsTheTag(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		tags         []string
		asked        string
		changed      bool
		want, refuse string
	}{
		"TheOnlyTag":          {tags: []string{"v0.2.0", "nightly"}, want: "v0.2.0"},
		"OneOfTwo":            {tags: []string{"v0.2.0", "v0.2.0-rc.1"}, asked: "v0.2.0", want: "v0.2.0"},
		"TwoAndNoneIsAsked":   {tags: []string{"v0.2.0", "v0.2.0-rc.1"}, refuse: "2 tags"},
		"NoTag":               {refuse: "0 tags"},
		"TrialWithoutTag":     {asked: "v0.2.0-rc.1", want: "v0.2.0-rc.1"},
		"TagOfAnotherCommit":  {asked: "v0.1.0", refuse: "is not this commit"},
		"NoVersion":           {asked: "0.2.0", refuse: "want a version"},
		"MetadataOfTheBuild":  {asked: "v0.2.0+dirty", refuse: "want a version"},
		"CheckoutWithChanges": {tags: []string{"v0.2.0"}, changed: true, refuse: "has changes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, inside := repository(t)
			for _, tag := range test.tags {
				inside("tag", tag)
			}
			if test.changed {
				if err := os.WriteFile(filepath.Join(dir, "new"), nil, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			got, err := version(t.Context(), dir, test.asked)
			if got != test.want || (err == nil) != (test.refuse == "") || err != nil && !strings.Contains(err.Error(), test.refuse) {
				t.Errorf("version() = %q, %v, want %q, %q", got, err, test.want, test.refuse)
			}
		})
	}
}

// imageArchive writes an archive as "docker load" takes it, with one layer that has the file.
func imageArchive(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "image.tar")
	put := func(out io.Writer, name, text string) {
		t.Helper()
		archive := tar.NewWriter(out)
		if err := archive.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o755, Size: int64(len(text))}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(archive, text); err != nil {
			t.Fatal(err)
		}
		if err := archive.Close(); err != nil {
			t.Fatal(err)
		}
	}
	var layer strings.Builder
	packed := gzip.NewWriter(&layer)
	put(packed, name, text)
	if err := packed.Close(); err != nil {
		t.Fatal(err)
	}
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	put(file, "0123.tar.gz", layer.String())
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestBinaryIsExtractedFromTheImage(t *testing.T) {
	t.Parallel()
	binary := filepath.Join(t.TempDir(), "manager")
	if err := extract(imageArchive(t, "manager", "ELF"), binary); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(binary); err != nil || string(text) != "ELF" {
		t.Errorf("extracted %q, %v", text, err)
	}
	if err := extract(imageArchive(t, "other", "ELF"), binary); err == nil || !strings.Contains(err.Error(), "manager") {
		t.Errorf("extract() = %v, want an error that names the file", err)
	}
}

func TestSBOMHasNoDigestOfItsTool(t *testing.T) {
	t.Parallel()
	const sbom = `{"metadata": {"tools": [{"name": "a", "hashes": [{"alg": "MD5"}]}]}, "components": [{"hashes": [{"alg": "SHA-256"}]}]}`
	got, err := withoutTool([]byte(sbom))
	if err != nil || strings.Contains(string(got), "MD5") || !strings.Contains(string(got), "SHA-256") || !strings.Contains(string(got), `"a"`) {
		t.Errorf("withoutTool() = %s, %v", got, err)
	}
	if _, err := withoutTool([]byte(`{"metadata": {"tools": {"components": []}}}`)); err == nil {
		t.Error("another form of SBOM passes, with what differs from one machine to another")
	}
}

// What is cheap to make is made twice; the image has a test of its own.
func TestPartsAreReproducible(t *testing.T) {
	if testing.Short() {
		t.Skip("builds Helm, and reads all licences twice")
	}
	root, err := assets.Root()
	if err != nil {
		t.Fatal(err)
	}
	var sums []string
	for range 2 {
		r := release{root: root, version: "v1.2.3-rc.1", image: "example.test/op", output: t.TempDir(), created: time.Unix(1e9, 0)}
		scratch := t.TempDir()
		err := errors.Join(r.makeChart(t.Context(), scratch), r.makeInstallFile(t.Context(), scratch), r.makeLicences(t.Context(), scratch))
		if err != nil {
			t.Fatal(err)
		}
		if err := writeChecksums(r.output); err != nil {
			t.Fatal(err)
		}
		expectChart(t, filepath.Join(r.output, "clerk-operator-1.2.3-rc.1.tgz"))
		text, err := os.ReadFile(filepath.Join(r.output, checksumFile))
		if err != nil {
			t.Fatal(err)
		}
		sums = append(sums, string(text))
	}
	if sums[0] != sums[1] || strings.Count(sums[0], "\n") != 3 || !strings.Contains(sums[0], "  clerk-operator-1.2.3-rc.1.tgz\n") {
		t.Errorf("made twice:\n%s\n%s", sums[0], sums[1])
	}
}

func TestReleaseSetsOneLineEach(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "values.yaml"), []byte("image:\n  repository: clerk-operator\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := release{version: "v1.2.3", image: "example.test/op"}
	image := r.edits()[len(r.edits())-1]
	if err := image.apply(dir); err != nil {
		t.Fatal(err)
	}
	if text, _ := os.ReadFile(filepath.Join(dir, "values.yaml")); string(text) != "image:\n  repository: example.test/op\n" {
		t.Errorf("values.yaml is %q", text)
	}
	if err := image.apply(dir); err == nil || !strings.Contains(err.Error(), "0 lines") {
		t.Errorf("apply() = %v on a chart without the line", err)
	}
}
