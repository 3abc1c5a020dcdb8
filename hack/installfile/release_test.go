// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/clerk-operator/clerk-operator/test/controlplane/assets"
)

func TestReleaseIsValidated(t *testing.T) {
	for name, tc := range map[string]struct {
		image, version, want string
	}{
		"Good":            {"registry.example.com/team/clerk-operator", "v0.1.0", ""},
		"WithPort":        {"localhost:5000/clerk-operator", "v0.1.0-rc.1", ""},
		"WithoutHost":     {"clerk-operator", "devel", ""},
		"WithoutImage":    {"", "v0.1.0", "-image is missing"},
		"WithTag":         {"registry.example.com/clerk-operator:v1", "v0.1.0", "the tag is -version"},
		"WithDigest":      {"registry.example.com/clerk-operator@sha256:ab", "v0.1.0", "-image"},
		"WithScheme":      {"https://registry.example.com/clerk-operator", "v0.1.0", "-image"},
		"CapitalLetters":  {"registry.example.com/Clerk", "v0.1.0", "-image"},
		"LineBreak":       {"registry.example.com/clerk\nx", "v0.1.0", "-image"},
		"WithoutVersion":  {"clerk-operator", "", "-version"},
		"VersionWithPlus": {"clerk-operator", "v0.1.0+dirty", "-version"},
		"LongVersion":     {"clerk-operator", strings.Repeat("a", 64), "-version"},
	} {
		t.Run(name, func(t *testing.T) {
			err := release{tc.image, tc.version}.validate()
			if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
				t.Errorf("the error is %v, want %q in it", err, tc.want)
			}
		})
	}
}

// TestSameArgumentsGiveTheSameFile renders from two places.
func TestSameArgumentsGiveTheSameFile(t *testing.T) {
	if _, err := assets.Find(assets.Kubectl); err != nil {
		t.Fatal(err)
	}
	var first []byte
	for range 2 {
		out := filepath.Join(t.TempDir(), "below", "install.yaml")
		if err := run(t.Context(), []string{"-image", "registry.example.com/clerk-operator", "-version", "v0.1.0", "-o", out}); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = text
		}
		if !bytes.Equal(text, first) {
			t.Error("two runs give different files")
		}
	}
	for text, want := range map[string]int{
		"image: registry.example.com/clerk-operator:v0.1.0\n": 1,
		"\n        image: ":                   1,
		"app.kubernetes.io/version: v0.1.0\n": bytes.Count(first, []byte("\napiVersion: ")),
	} {
		if got := bytes.Count(first, []byte(text)); got != want || want == 0 {
			t.Errorf("%q occurs %d times, want %d", text, got, want)
		}
	}
}
