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

const (
	// notCheckedVariable names a file for what could not be checked on this machine. "make test" prints it at its end.
	notCheckedVariable = "CLERK_OPERATOR_NOT_CHECKED"
	// requiredVariable is not empty where a test must fail if it cannot check something.
	requiredVariable = "CLERK_OPERATOR_CHECKS_REQUIRED"
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

// notChecked says why something cannot be checked on this machine, and skips the test; it fails the test if everything has to be
// checked.
func notChecked(t testing.TB, format string, args ...any) {
	t.Helper()
	why := strings.Join(strings.Fields(fmt.Sprintf(format, args...)), " ")
	if os.Getenv(requiredVariable) != "" {
		t.Fatalf("NOT CHECKED: %s; %s is set", why, requiredVariable)
	}
	fmt.Fprintln(os.Stderr, "NOT CHECKED:", why)
	if path := os.Getenv(notCheckedVariable); path != "" {
		file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		if _, err := fmt.Fprintln(file, why); err != nil {
			t.Fatal(err)
		}
	}
	t.Skip(why)
}
