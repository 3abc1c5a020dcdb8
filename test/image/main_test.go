// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package image

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/clerk-operator/clerk-operator/test/controlplane"
	"github.com/clerk-operator/clerk-operator/test/controlplane/assets"
)

const (
	version  = "v9.8.7"
	revision = "0123456789abcdef0123456789abcdef01234567"
	// epoch is the time in the image.
	epoch = 1750000000
	// name is the image's name without a tag.
	name = "clerk-operator"
	// leakMarker is in the environment of the build, as a key would be.
	leakMarker = "sk_test_imageNotARealKey"
)

// work is a directory for the time of a run.
var work string

func TestMain(m *testing.M) {
	log.SetLogger(logr.Discard())
	controlplane.Leash()
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "clerk-operator-image-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	work = dir
	return controlplane.Main(m)
}

// build has hack/image write the image of a checkout, and returns the digest that it says. Its own program is always the one of
// this checkout.
func build(root, output string, more ...string) (string, error) {
	here, err := assets.Root()
	if err != nil {
		return "", err
	}
	args := []string{
		"-C", filepath.Join(here, "hack", "image"), "run", ".",
		"-root", root, "-name", name, "-version", version, "-revision", revision, "-output", output,
	}
	cmd := exec.Command("go", append(args, more...)...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", fmt.Sprintf("SOURCE_DATE_EPOCH=%d", epoch), "CLERK_SECRET_KEY="+leakMarker)
	var said strings.Builder
	cmd.Stderr = &said
	digest, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("building the image: %w\n%s", err, said.String())
	}
	return strings.TrimSpace(string(digest)), nil
}

// shared is the image that all tests look at.
var shared = sync.OnceValues(func() (layout, error) {
	root, err := assets.Root()
	if err != nil {
		return layout{}, err
	}
	l := layout{output: filepath.Join(work, "image")}
	l.digest, err = build(root, l.output)
	return l, err
})

// built returns the image of this checkout. The run with the race detector leaves it out: the manager is built without it.
func built(t *testing.T) layout {
	t.Helper()
	if testing.Short() {
		t.Skip("building the image takes long, and -short is set")
	}
	l, err := shared()
	if err != nil {
		t.Fatal(err)
	}
	return l
}
