// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package install

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/clerk-operator/clerk-operator/test/controlplane"
	"github.com/clerk-operator/clerk-operator/test/controlplane/assets"
)

// managerVariable names, in the environment of this package's tests, the manager that they run.
const managerVariable = "CLERK_OPERATOR_TEST_MANAGER"

func TestMain(m *testing.M) {
	log.SetLogger(logr.Discard())
	controlplane.Leash()
	os.Exit(withManager(m.Run))
}

// withManager builds the manager from the checkout for the time of a run, and returns the run's exit code.
func withManager(run func() int) int {
	dir, err := os.MkdirTemp("", "clerk-operator-install-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	root, err := assets.Root()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	manager := filepath.Join(dir, "manager")
	build := exec.Command("go", "build", "-o", manager, ".")
	build.Dir, build.Stderr = root, os.Stderr
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if err := build.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "building the manager:", err)
		return 1
	}
	if err := os.Setenv(managerVariable, manager); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return run()
}
