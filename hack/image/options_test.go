// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

func TestWrongOptionsAreNamed(t *testing.T) {
	t.Setenv(epochVariable, "1750000000")
	good := []string{"-version", "v0.1.0", "-revision", "abc", "-output", t.TempDir()}
	cases := map[string]struct {
		args []string
		want string
	}{
		"None":                {nil, ""},
		"PreRelease":          {[]string{"-version", "v0.1.0-rc.1"}, ""},
		"NoVersion":           {[]string{"-version", ""}, "make image VERSION=v0.1.0"},
		"VersionWithoutV":     {[]string{"-version", "0.1.0"}, `not "0.1.0"`},
		"VersionNotForATag":   {[]string{"-version", "v0.1.0+build"}, `not "v0.1.0+build"`},
		"VersionWithAFlag":    {[]string{"-version", "v0.1.0 -X main.a=b"}, "-version"},
		"NameWithATag":        {[]string{"-name", "clerk-operator:latest"}, "-name: want the name of an image without a tag"},
		"NameInUpperCase":     {[]string{"-name", "Clerk"}, "-name"},
		"RevisionWithAFlag":   {[]string{"-revision", "a -X main.b=c"}, "-revision"},
		"UnknownSystem":       {[]string{"-platforms", "windows/amd64"}, `not "windows/amd64"`},
		"UnknownArchitecture": {[]string{"-platforms", "linux/riscv64"}, "want linux/amd64, linux/arm64"},
		"UnknownProgram":      {[]string{"-program", "kubectl"}, `want clerk-operator or clerk-emulator, not "kubectl"`},
		"Emulator":            {[]string{"-program", "clerk-emulator"}, ""},
		"PlatformTwice":       {[]string{"-platforms", "linux/amd64,linux/amd64"}, "twice"},
		"NoOutput":            {[]string{"-output", ""}, "-output"},
		"StrayArgument":       {[]string{"arm64"}, `"arm64"`},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := parseOptions(t.Context(), append(append([]string{}, good...), tc.args...), io.Discard)
			if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
				t.Errorf("the error is %v, want %q", err, tc.want)
			}
		})
	}
}

func TestWhatGitSays(t *testing.T) {
	t.Setenv(epochVariable, "")
	root := t.TempDir()
	file := filepath.Join(root, "file")
	for _, args := range [][]string{
		{"init", "-q"}, {"-c", "user.name=a", "-c", "user.email=a@example.com", "commit", "-q", "--allow-empty", "-m", "a", "--date", "@1"},
	} {
		cmd := exec.CommandContext(t.Context(), "git", args...)
		cmd.Dir, cmd.Env = root, append(os.Environ(), "GIT_COMMITTER_DATE=@1750000000 +0200")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v %s", args, err, out)
		}
	}
	parse := func() options {
		t.Helper()
		o, err := parseOptions(t.Context(), []string{"-root", root, "-version", "v0.1.0", "-output", root}, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	o := parse()
	if o.created.Unix() != 1750000000 || len(o.revision) != 40 {
		t.Errorf("the commit is %s of %s", o.revision, o.created)
	}
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if changed := parse(); changed.revision != o.revision+"-dirty" {
		t.Errorf("with a new file, the revision is %s", changed.revision)
	}
	t.Setenv(epochVariable, "1600000000")
	if at := parse().created; at.Unix() != 1600000000 {
		t.Errorf("with %s, the time is %s", epochVariable, at)
	}
	t.Setenv(epochVariable, "yesterday")
	if _, err := parseOptions(t.Context(), []string{"-root", root, "-version", "v0.1.0", "-output", root}, io.Discard); err == nil {
		t.Error("a time that is no number is accepted")
	}
	_, err := parseOptions(t.Context(), []string{"-root", "/", "-version", "v0.1.0", "-output", root}, io.Discard)
	if err == nil || !strings.Contains(err.Error(), "-revision") {
		t.Errorf("without Git: %v", err)
	}
}

// TestLinkerIsNotBelieved builds a program without the variables that the linker is told to set. The linker says nothing.
func TestLinkerIsNotBelieved(t *testing.T) {
	root := checkout(t)
	program := []byte("package main\n\nfunc main() {}\n")
	if err := os.WriteFile(filepath.Join(root, "main.go"), program, 0o600); err != nil {
		t.Fatal(err)
	}
	o := options{root: root, program: programs()[0], version: testVersion, revision: testRevision}
	amd64 := v1.Platform{OS: "linux", Architecture: "amd64"}
	binary := filepath.Join(t.TempDir(), "manager")
	if err := build(t.Context(), o, amd64, binary); err == nil || !strings.Contains(err.Error(), testVersion) {
		t.Errorf("build() = %v", err)
	}
	if err := check(binary, o, v1.Platform{OS: "linux", Architecture: "arm64"}); err == nil || !strings.Contains(err.Error(), "EM_X86_64") {
		t.Errorf("as the binary of another architecture: %v", err)
	}
	if err := os.WriteFile(filepath.Join(root, "main.go"), []byte("package main\n\nfunc main() { a }\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := build(t.Context(), o, amd64, binary); err == nil || !strings.Contains(err.Error(), "undefined: a") {
		t.Errorf("a program that does not compile: %v", err)
	}
}

// TestDockerfileBuildsTheSame compares the command of the Dockerfile with the one of this program.
func TestDockerfileBuildsTheSame(t *testing.T) {
	text, err := os.ReadFile("../../Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	flags := buildFlags("${VERSION}", "${REVISION}")
	want := []string{strings.Join(flags[:3], " ") + ` "` + flags[3] + `"`, "USER " + user, `ENTRYPOINT ["` + programs()[0].entrypoint + `"]`, "FROM scratch"}
	platform := v1.Platform{OS: "${TARGETOS}", Architecture: "${TARGETARCH}"}
	want = append(want, buildEnvironment(platform)[len(os.Environ()):]...)
	for label, value := range labels(options{program: programs()[0], version: "${VERSION}", revision: "${REVISION}"}) {
		if !strings.HasSuffix(label, ".created") {
			want = append(want, label+`="`+value+`"`)
		}
	}
	for _, part := range want {
		if !strings.Contains(string(text), part) {
			t.Errorf("the Dockerfile does not have: %s", part)
		}
	}
}
