// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/clerk-operator/clerk-operator/test/controlplane/assets"
)

func TestArchiveHasRegularFilesOfOneTime(t *testing.T) {
	t.Parallel()
	modified := time.Date(2026, 12, 1, 10, 0, 0, 0, time.FixedZone("", 3600))
	want := []string{"program -rwxr-xr-x 2026-12-01T09:00:00Z binary", "LICENSE -rw-r--r-- 2026-12-01T09:00:00Z text"}
	for name, list := range map[string]func(*testing.T, []byte) []string{"a.tar.gz": inTarGz, "a.zip": inZip} {
		var archives [][]byte
		for range 2 {
			path := filepath.Join(t.TempDir(), name)
			err := writeArchive(path, []entry{{"program", []byte("binary"), true}, {"LICENSE", []byte("text"), false}}, modified)
			if err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			archives = append(archives, text)
		}
		if !bytes.Equal(archives[0], archives[1]) {
			t.Errorf("%s: written twice, it differs", name)
		}
		if diff := cmp.Diff(want, list(t, archives[0])); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// inTarGz returns a line for each entry: name, mode, time and content.
func inTarGz(t *testing.T, archive []byte) []string {
	t.Helper()
	unpacked, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for files := tar.NewReader(unpacked); ; {
		header, err := files.Next()
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(files)
		if err != nil {
			t.Fatal(err)
		}
		info := header.FileInfo()
		found = append(found, fmt.Sprintf("%s %s %s %s", header.Name, info.Mode(), info.ModTime().UTC().Format(time.RFC3339), text))
	}
}

func inZip(t *testing.T, archive []byte) []string {
	t.Helper()
	unpacked, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, file := range unpacked.File {
		open, err := file.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(open)
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, fmt.Sprintf("%s %s %s %s", file.Name, file.Mode(), file.Modified.UTC().Format(time.RFC3339), text))
	}
	return found
}

func TestDownloadsAreURLs(t *testing.T) {
	t.Parallel()
	for address, right := range map[string]bool{
		releases + "v1.2.3":                   true,
		"https://downloads.example.com/a":     true,
		"http://127.0.0.1:8080":               true,
		"downloads.example.com/a":             false,
		"ftp://downloads.example.com/a":       false,
		"https://downloads.example.com/a?b=c": false,
		"https:///a":                          false,
	} {
		if err := checkDownloads(address); (err == nil) != right {
			t.Errorf("checkDownloads(%q) = %v, want an error: %t", address, err, !right)
		}
	}
}

// TestKrewInstallsThePlugin has krew's own validation install the plugin for each platform from an HTTP server. The binary for
// this machine is a real one, and kubectl runs it.
func TestKrewInstallsThePlugin(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds the plugin and krew")
	}
	r := pluginRelease(t)
	tools := krewTools(t, r.root)
	path := "PATH=" + tools + string(os.PathListSeparator) + os.Getenv("PATH")
	manifest := filepath.Join(r.output, manifestName)
	said := succeed(t, []string{path}, "validate-krew-manifest", "-manifest", manifest)
	if !strings.Contains(said, "all 6 spec.platforms installed fine") {
		t.Errorf("validate-krew-manifest does not say that it installed the plugin for 6 platforms:\n%s", said)
	}

	place := filepath.Join(t.TempDir(), "krew")
	environment := []string{"PATH=" + filepath.Join(place, "bin") + strings.TrimPrefix(path, "PATH="+tools) + string(os.PathListSeparator) + tools, "KREW_ROOT=" + place}
	host := target{runtime.GOOS, runtime.GOARCH}
	succeed(t, environment, "kubectl", "krew", "install", "--manifest", manifest, "--archive", filepath.Join(r.output, host.archive(r.version)))
	if said := succeed(t, environment, "kubectl", "clerk", "--version"); !strings.Contains(said, r.version) {
		t.Errorf("kubectl clerk --version prints %q, want %s in it", said, r.version)
	}
	succeed(t, environment, "sh", "-c", secondName(t, manifest))
	expectCompletion(t, environment)
	// Without krew, both programs of the archive are in a directory of the path.
	extracted := filepath.Join(place, "store", "clerk", r.version)
	expectCompletion(t, []string{"PATH=" + extracted + strings.TrimPrefix(path, "PATH="+tools) + string(os.PathListSeparator) + tools})
}

// expectCompletion has kubectl complete a flag of the plugin.
func expectCompletion(t *testing.T, environment []string) {
	t.Helper()
	if said := succeed(t, environment, "kubectl", "__complete", "clerk", "--no-col"); !strings.Contains(said, "\n--no-color\t") {
		t.Errorf("kubectl completes --no-col to %q (%s)", said, environment)
	}
}

// pluginRelease returns a release with the archives of the plugin, of which only the one for this machine is real, and the
// manifest. A server has them.
func pluginRelease(t *testing.T) *release {
	t.Helper()
	root, err := assets.Root()
	if err != nil {
		t.Fatal(err)
	}
	r := &release{
		root: root, version: "v1.2.3-rc.1", revision: "0123456789abcdef", output: t.TempDir(), created: time.Unix(1e9, 0), targets: pluginTargets(),
	}
	server := httptest.NewServer(http.FileServer(http.Dir(r.output)))
	t.Cleanup(server.Close)
	r.downloads = server.URL
	standIn := filepath.Join(t.TempDir(), "stand-in")
	if err := os.WriteFile(standIn, []byte("#!/bin/sh\nexit 1\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, target := range r.targets {
		binary := standIn
		if target.system == runtime.GOOS && target.architecture == runtime.GOARCH {
			binary = filepath.Join(t.TempDir(), target.binary())
			if err := r.buildPlugin(t.Context(), target, binary); err != nil {
				t.Fatal(err)
			}
		}
		if err := r.archivePlugin(target, binary, []byte("licences")); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.writeManifest(); err != nil {
		t.Fatal(err)
	}
	return r
}

// krewTools returns a directory with kubectl, krew as its plugin, and the tool with which krew's index validates a manifest.
func krewTools(t *testing.T, root string) string {
	t.Helper()
	dir, err := assets.Find(assets.Kubectl)
	if err != nil {
		t.Fatal(err)
	}
	programs := map[string]string{"kubectl": filepath.Join(dir, assets.Kubectl)}
	for name, tool := range map[string]string{"kubectl-krew": "krew", "validate-krew-manifest": "validate-krew-manifest"} {
		path, err := exec.CommandContext(t.Context(), "go", "-C", filepath.Join(root, "hack", "supplychain"), "tool", "-n", tool).Output()
		if err != nil {
			t.Fatal(err)
		}
		programs[name] = strings.TrimSpace(string(path))
	}
	tools := t.TempDir()
	for name, path := range programs {
		if err := os.Symlink(path, filepath.Join(tools, name)); err != nil {
			t.Fatal(err)
		}
	}
	return tools
}

// secondName returns the command in the caveats of the manifest, which krew prints after the installation.
func secondName(t *testing.T, manifest string) string {
	t.Helper()
	text, err := os.ReadFile(manifest)
	if err != nil {
		t.Fatal(err)
	}
	var plugin krewPlugin
	if err := yaml.Unmarshal(text, &plugin); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(plugin.Spec.Caveats) {
		if command := strings.TrimSpace(line); strings.HasPrefix(command, "ln ") {
			return command
		}
	}
	t.Fatalf("the caveats have no command that links the plugin:\n%s", plugin.Spec.Caveats)
	return ""
}

// succeed runs a program, which is found in the PATH of the environment, and returns what it prints.
func succeed(t *testing.T, environment []string, name string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "env", slices.Concat(environment, []string{name}, args)...)
	said, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, said)
	}
	return string(said)
}
