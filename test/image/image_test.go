// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package image

import (
	"archive/tar"
	"bytes"
	"debug/buildinfo"
	"debug/elf"
	"errors"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-operator/clerk-operator/test/controlplane/assets"
	"github.com/clerk-operator/clerk-operator/test/notchecked"
)

func TestImageHasTheManagerAndNothingElse(t *testing.T) {
	t.Parallel()
	images := built(t).images(t)
	if got := slices.Sorted(maps.Keys(images)); strings.Join(got, " ") != "amd64 arm64" {
		t.Fatalf("the image is for %v", got)
	}
	for architecture, i := range images {
		if len(i.files) != 1 {
			t.Fatalf("%s: %d files, want /manager alone", architecture, len(i.files))
		}
		got := i.files[0].header
		want := tar.Header{
			Typeflag: tar.TypeReg, Name: "manager", Mode: 0o555, Size: int64(len(i.files[0].content)), ModTime: time.Unix(epoch, 0),
			Format: tar.FormatUSTAR,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: the file (-want +got):\n%s", architecture, diff)
		}
		checkManager(t, architecture, i.files[0].content)
	}
}

// checkManager checks that a binary needs nothing of the image, and does not have what it must not have.
func checkManager(t *testing.T, architecture string, content []byte) {
	t.Helper()
	program, err := elf.NewFile(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	machine := map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}[architecture]
	if libraries, err := program.ImportedLibraries(); program.Machine != machine || err != nil || len(libraries) > 0 {
		t.Errorf("%s: the manager is for %s and needs %v (%v)", architecture, program.Machine, libraries, err)
	}
	info, err := buildinfo.Read(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(info.Deps, func(m *debug.Module) bool { return m.Path == "golang.org/x/crypto/x509roots/fallback" }) {
		t.Errorf("%s: no certificate authorities are compiled in", architecture)
	}
	root, err := assets.Root()
	if err != nil {
		t.Fatal(err)
	}
	for what, part := range map[string]string{"the path of the checkout": root, "the environment of the build": leakMarker, "the cache": work} {
		if bytes.Contains(content, []byte(part)) {
			t.Errorf("%s: the manager contains %s", architecture, what)
		}
	}
	secrets := regexp.MustCompile(`sk_(live|test)_[0-9A-Za-z]{20,}|-----BEGIN [A-Z ]*PRIVATE KEY-----\n[0-9A-Za-z+/]{20,}`)
	if found := secrets.Find(content); found != nil {
		t.Errorf("%s: the manager contains something that looks like a secret", architecture)
	}
}

func TestImageConfiguration(t *testing.T) {
	t.Parallel()
	l := built(t)
	const prefix, page = "org.opencontainers.image.", "https://github.com/clerk-operator/clerk-operator"
	labels := map[string]string{
		prefix + "title": "clerk-operator", prefix + "version": version, prefix + "revision": revision, prefix + "licenses": "Apache-2.0",
		prefix + "description": "Kubernetes operator that keeps users of Clerk as ClerkUser objects declare them",
		prefix + "created":     time.Unix(epoch, 0).UTC().Format(time.RFC3339),
		prefix + "source":      page, prefix + "url": page, prefix + "documentation": page + "#readme",
		prefix + "vendor": "The clerk-operator Authors",
	}
	if diff := cmp.Diff(labels, l.index(t).Annotations); diff != "" {
		t.Errorf("annotations of the index (-want +got):\n%s", diff)
	}
	asAny := map[string]any{}
	for key, value := range labels {
		asAny[key] = value
	}
	for architecture, i := range l.images(t) {
		if diff := cmp.Diff(labels, i.manifest.Annotations); diff != "" {
			t.Errorf("%s: annotations (-want +got):\n%s", architecture, diff)
		}
		want := map[string]any{"User": "65532:65532", "Entrypoint": []any{"/manager"}, "WorkingDir": "/", "Labels": asAny}
		if diff := cmp.Diff(want, i.config.Config); diff != "" {
			t.Errorf("%s: configuration (-want +got):\n%s", architecture, diff)
		}
		if i.config.platform != (platform{"linux", architecture}) || i.config.platform != i.Platform || !i.config.Created.Equal(time.Unix(epoch, 0)) {
			t.Errorf("%s: the configuration is for %+v of %s", architecture, i.config.platform, i.config.Created)
		}
		if diff := cmp.Diff(map[string]any{"type": "layers", "diff_ids": []any{i.diffID}}, i.config.RootFS); diff != "" {
			t.Errorf("%s: rootfs (-want +got):\n%s", architecture, diff)
		}
	}
}

// TestArchivesHaveTheSameImages reads the archives as "docker load" does, and the layout that is one file.
func TestArchivesHaveTheSameImages(t *testing.T) {
	t.Parallel()
	l := built(t)
	for architecture, i := range l.images(t) {
		archive := readArchive(t, filepath.Join(l.output, name+"-"+version+"-linux-"+architecture+".tar"))
		var manifests []struct {
			Config   string
			RepoTags []string
			Layers   []string
		}
		decode(t, archive["manifest.json"], &manifests)
		if len(manifests) != 1 || len(manifests[0].Layers) != 1 || strings.Join(manifests[0].RepoTags, " ") != name+":"+version {
			t.Fatalf("%s: %+v", architecture, manifests)
		}
		if !bytes.Equal(archive[manifests[0].Config], i.configText) || !bytes.Equal(archive[manifests[0].Layers[0]], i.layer) {
			t.Errorf("%s: the archive has another image than the layout", architecture)
		}
	}
	for path, content := range readArchive(t, filepath.Join(l.output, name+"-"+version+"-oci.tar")) {
		want, err := os.ReadFile(filepath.Join(l.output, "oci", filepath.FromSlash(path)))
		if err != nil || !bytes.Equal(want, content) {
			t.Errorf("%s of the archive differs from the one of the layout (%v)", path, err)
		}
	}
}

func readArchive(t *testing.T, path string) map[string][]byte {
	t.Helper()
	opened, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	files := map[string][]byte{}
	archive := tar.NewReader(opened)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if header.Typeflag != tar.TypeReg {
			continue
		}
		if files[header.Name], err = io.ReadAll(archive); err != nil {
			t.Fatal(err)
		}
	}
	if len(files) == 0 {
		t.Fatalf("%s is empty", path)
	}
	return files
}

func TestSkopeoReadsTheImage(t *testing.T) {
	t.Parallel()
	l := built(t)
	skopeo, err := exec.LookPath("skopeo")
	if err != nil {
		notchecked.Skip(t, "no other program read the image: skopeo is not installed")
	}
	prefix := filepath.Join(l.output, name+"-"+version)
	for _, place := range []string{
		"oci:" + filepath.Join(l.output, "oci") + ":" + version, "oci-archive:" + prefix + "-oci.tar:" + version,
		"docker-archive:" + prefix + "-linux-amd64.tar", "docker-archive:" + prefix + "-linux-arm64.tar",
	} {
		out, err := exec.CommandContext(t.Context(), skopeo, "inspect", place).CombinedOutput()
		if err != nil || !strings.Contains(string(out), `"org.opencontainers.image.version": "`+version+`"`) {
			t.Errorf("%s: %v\n%s", place, err, out)
		}
	}
	copied := filepath.Join(t.TempDir(), "copy")
	out, err := exec.CommandContext(t.Context(), skopeo, "--insecure-policy", "copy", "--all",
		"oci:"+filepath.Join(l.output, "oci")+":"+version, "dir:"+copied).CombinedOutput()
	if err != nil {
		t.Fatalf("copying all platforms: %v\n%s", err, out)
	}
	// skopeo 1.9 writes an index of its own, without annotations. The images are the same ones.
	for architecture, i := range l.images(t) {
		text, err := os.ReadFile(filepath.Join(copied, strings.TrimPrefix(i.Digest, "sha256:")+".manifest.json"))
		if err != nil || digestOf(text) != i.Digest {
			t.Errorf("%s: the copy has the digest %s (%v), want %s", architecture, digestOf(text), err, i.Digest)
		}
	}
}

func TestVersionOfTheManager(t *testing.T) {
	t.Parallel()
	i, found := built(t).images(t)[runtime.GOARCH]
	if !found || runtime.GOOS != "linux" {
		t.Skip("there is no image that this machine can run")
	}
	root := i.rootfs(t, t.TempDir())
	out, err := exec.CommandContext(t.Context(), filepath.Join(root, "manager"), "--version").CombinedOutput()
	if want := "clerk-operator " + version + " (revision " + revision + ", " + runtime.Version() + ")\n"; err != nil || string(out) != want {
		t.Errorf("--version prints %q (%v), want %q", out, err, want)
	}
}

// TestSameDigestFromAnotherDirectory builds the image for one platform again, from a copy of the checkout without Git.
func TestSameDigestFromAnotherDirectory(t *testing.T) {
	t.Parallel()
	l := built(t)
	root, err := assets.Root()
	if err != nil {
		t.Fatal(err)
	}
	elsewhere := filepath.Join(t.TempDir(), "another name")
	for _, part := range []string{"api", "internal"} {
		if err := os.CopyFS(filepath.Join(elsewhere, part), os.DirFS(filepath.Join(root, part))); err != nil {
			t.Fatal(err)
		}
	}
	files, err := filepath.Glob(filepath.Join(root, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range append(files, filepath.Join(root, "go.mod"), filepath.Join(root, "go.sum")) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(elsewhere, filepath.Base(path)), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	again := layout{output: filepath.Join(t.TempDir(), "image")}
	if again.digest, err = build(elsewhere, again.output, "-platforms", "linux/amd64"); err != nil {
		t.Fatal(err)
	}
	if got, want := again.images(t)["amd64"].Digest, l.images(t)["amd64"].Digest; got != want {
		t.Errorf("the digest is %s, want %s", got, want)
	}
}
