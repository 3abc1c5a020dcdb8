// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

const (
	testVersion  = "v9.8.7"
	testRevision = "0123456789abcdef0123456789abcdef01234567"
)

// checkout writes a small program in the place of the operator: the image is the same apart from the size.
func checkout(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":                      "module github.com/clerk-operator/clerk-operator\n\ngo 1.26.0\n",
		"main.go":                     "package main\n\nimport \"github.com/clerk-operator/clerk-operator/internal/version\"\n\nfunc main() { println(version.Get()) }\n",
		"internal/version/version.go": "package version\n\nvar version, revision string\n\nfunc Get() string { return version + revision }\n",
	} {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// built returns the output directory of an image of a checkout, and the digest that the program said.
func built(t *testing.T, root string, args ...string) (output, digest string) {
	t.Helper()
	t.Setenv(epochVariable, "1750000000")
	output = filepath.Join(t.TempDir(), "image")
	var out, progress bytes.Buffer
	args = append([]string{"-root", root, "-version", testVersion, "-revision", testRevision, "-output", output}, args...)
	if err := run(t.Context(), args, &out, &progress); err != nil {
		t.Fatalf("building the image: %v\n%s", err, progress.String())
	}
	return output, strings.TrimSpace(out.String())
}

// contents returns the contents of all files of a directory, by their paths.
func contents(t *testing.T, directory string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := fs.WalkDir(os.DirFS(directory), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(filepath.Join(directory, name))
		files[name] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestSameDigestFromTwoDirectories(t *testing.T) {
	first, digest := built(t, checkout(t))
	t.Setenv("GOFLAGS", "-tags=other")
	t.Setenv("GOAMD64", "v3")
	second, again := built(t, checkout(t))
	if digest != again {
		t.Errorf("the digests are %s and %s", digest, again)
	}
	one, other := contents(t, first), contents(t, second)
	for _, name := range slices.Sorted(maps.Keys(one)) {
		if one[name] != other[name] {
			t.Errorf("%s differs", name)
		}
	}
	// Three files of the layout, two platforms with three blobs each, three archives and the digest.
	if len(one) != len(other) || len(one) != 13 {
		t.Errorf("%d and %d files, want 13: %v", len(one), len(other), slices.Sorted(maps.Keys(one)))
	}
	if one[digestFile] != digest+"\n" {
		t.Errorf("the file digest has %q, want %s", one[digestFile], digest)
	}
}

func TestLayoutIsValid(t *testing.T) {
	output, digest := built(t, checkout(t), "-name", "registry.example.com:5000/team/clerk-operator")
	index, err := layout.ImageIndexFromPath(filepath.Join(output, layoutDirectory))
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Index(index); err != nil {
		t.Errorf("the layout: %v", err)
	}
	top, err := index.IndexManifest()
	if err != nil || len(top.Manifests) != 1 || top.Manifests[0].Digest.String() != digest {
		t.Fatalf("the layout has %+v (%v), want the index %s alone", top, err, digest)
	}
	inner, err := index.ImageIndex(top.Manifests[0].Digest)
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := inner.IndexManifest()
	if err != nil {
		t.Fatal(err)
	}
	var platforms []string
	for _, descriptor := range manifest.Manifests {
		platforms = append(platforms, descriptor.Platform.String())
		image, err := inner.Image(descriptor.Digest)
		if err != nil {
			t.Fatal(err)
		}
		sameAsArchive(t, image, filepath.Join(output, archiveName(programs()[0], testVersion, "linux-"+descriptor.Platform.Architecture)))
	}
	if got := strings.Join(platforms, " "); got != "linux/amd64 linux/arm64" {
		t.Errorf("the platforms are %s", got)
	}
}

// sameAsArchive compares an image with the one that "docker load" finds in an archive.
func sameAsArchive(t *testing.T, want v1.Image, path string) {
	t.Helper()
	archived, err := tarball.ImageFromPath(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := validate.Image(archived); err != nil {
		t.Errorf("%s: %v", path, err)
	}
	wantID, err := want.ConfigName()
	if err != nil {
		t.Fatal(err)
	}
	if id, err := archived.ConfigName(); err != nil || id != wantID {
		t.Errorf("%s is image %s (%v), want %s", path, id, err, wantID)
	}
	manifest, err := tarball.LoadManifest(func() (io.ReadCloser, error) { return os.Open(path) })
	if err != nil || len(manifest) != 1 || strings.Join(manifest[0].RepoTags, " ") != "registry.example.com:5000/team/clerk-operator:"+testVersion {
		t.Errorf("%s has the images %+v (%v)", path, manifest, err)
	}
}

func TestFilesOfAnEarlierImageAreReplaced(t *testing.T) {
	root := checkout(t)
	output, _ := built(t, root, "-platforms", "linux/arm64")
	kept := filepath.Join(output, "install.yaml")
	if err := os.WriteFile(kept, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"-root", root, "-version", "v9.9.0", "-revision", testRevision, "-output", output, "-platforms", "linux/amd64"}
	if err := run(t.Context(), args, io.Discard, io.Discard); err != nil {
		t.Fatal(err)
	}
	var names []string
	for name := range contents(t, output) {
		if !strings.HasPrefix(name, "oci/blobs/") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	want := "clerk-operator-v9.9.0-linux-amd64.tar clerk-operator-v9.9.0-oci.tar digest install.yaml oci/index.json oci/oci-layout"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("the files are %s, want %s", got, want)
	}
}

func TestDirectoryOfSomebodyElseIsKept(t *testing.T) {
	output := t.TempDir()
	file := filepath.Join(output, layoutDirectory, "file")
	if err := os.Mkdir(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := prepare(programs()[0], output); err == nil || !strings.Contains(err.Error(), "is not an OCI layout") {
		t.Errorf("prepare() = %v", err)
	}
	if _, err := os.Stat(file); err != nil {
		t.Error(err)
	}
}
