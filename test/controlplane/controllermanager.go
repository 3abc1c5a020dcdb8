// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/clerk-operator/clerk-operator/test/controlplane/assets"
)

// Bare starts a control plane with nothing on it for one test. It demands the ServiceAccount of each pod, as a cluster does, and has the
// controllers of ControllerManager.
func Bare(t testing.TB) *ControlPlane {
	t.Helper()
	plane, err := Start(Options{AdmitServiceAccounts: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := plane.Stop(); err != nil {
			t.Error(err)
		}
	})
	plane.ControllerManager(t)
	return plane
}

// ControllerManager runs kube-controller-manager's namespace and garbage collector controllers on the control plane of
// this test run until the test ends. If the binary was not built, the test is skipped and says how to build it. In CI,
// which builds it, that is a failure.
func ControllerManager(t testing.TB) {
	t.Helper()
	controllerManager(t, Kubeconfig(t))
}

// ControllerManager is the function of that name, for this control plane.
func (p *ControlPlane) ControllerManager(t testing.TB) {
	t.Helper()
	controllerManager(t, p.Kubeconfig())
}

func controllerManager(t testing.TB, kubeconfig string) {
	t.Helper()
	dir, err := assets.Find(assets.ControllerManager)
	if err != nil && os.Getenv("CI") != "" {
		t.Fatal(err)
	}
	if err != nil {
		t.Skip(err)
	}
	held, err := newLeash()
	if err != nil {
		t.Fatal(err)
	}
	process, err := held.run(t.Output(), filepath.Join(dir, assets.ControllerManager),
		"--kubeconfig="+kubeconfig,
		"--controllers=namespace-controller,garbage-collector-controller",
		"--leader-elect=false",
		"--secure-port=0",
	)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := process.Stop(); err != nil {
			t.Log(err)
		}
		if err := held.close(); err != nil {
			t.Error(err)
		}
	})
}
