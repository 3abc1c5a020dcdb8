// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
)

func TestLinksBecomeAbsolute(t *testing.T) {
	t.Parallel()
	for file, test := range map[string]struct{ text, want string }{
		"CHANGELOG.md": {
			"- [A page](docs/a.md#b) and [semver](https://semver.org/x), [above](#upgrade) (docs/a.md)",
			"- [A page](" + page + "v1.2.3/docs/a.md#b) and [semver](https://semver.org/x), [above](" + page + "v1.2.3/CHANGELOG.md#upgrade) (docs/a.md)",
		},
		"charts/clerk-operator/README.md": {"[config](../../config/default).", "[config](" + page + "v1.2.3/config/default)."},
	} {
		if got := absoluteLinks(test.text, file, "v1.2.3"); got != test.want {
			t.Errorf("%s: absoluteLinks() = %q, want %q", file, got, test.want)
		}
	}
}

// expectChart checks that the texts of a packaged chart are about the release.
func expectChart(t *testing.T, path string) {
	t.Helper()
	files := chartFiles(t, path)
	for file, want := range map[string][]string{
		"Chart.yaml":  {"version: 1.2.3-rc.1\n", "      image: example.test/op:v1.2.3-rc.1\n"},
		"values.yaml": {"  repository: example.test/op\n"},
		"README.md": {
			"helm install clerk-operator clerk-operator-1.2.3-rc.1.tgz \\\n  --namespace clerk-operator-system --create-namespace --wait\n```",
			"helm upgrade clerk-operator clerk-operator-1.2.3-rc.1.tgz ", "| `\"example.test/op\"` |", "](" + page + "v1.2.3-rc.1/docs/",
		},
	} {
		for _, part := range want {
			if !strings.Contains(files[file], part) {
				t.Errorf("%s of the chart does not have %q:\n%s", file, part, files[file])
			}
		}
	}
	for _, part := range []string{"](../", "No image is published", "charts/clerk-operator \\", "image.repository=", `"clerk-operator"`} {
		if strings.Contains(files["README.md"], part) {
			t.Errorf("README.md of the chart has %q, which is right in the repository only", part)
		}
	}
}

// chartFiles returns the files in the first directory of a packaged chart.
func chartFiles(t *testing.T, path string) map[string]string {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unpacked, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for archive := tar.NewReader(unpacked); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		files[strings.TrimPrefix(header.Name, "clerk-operator/")] = string(text)
	}
}
