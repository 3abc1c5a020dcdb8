// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"testing"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/clerk-operator/clerk-operator/test/controlplane"
)

// ownPlane starts an API server for one test, with the CustomResourceDefinitions of a directory.
func ownPlane(t *testing.T, definitions string) *controlplane.ControlPlane {
	t.Helper()
	plane, err := controlplane.Start(controlplane.Options{CRDs: []string{definitions}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := plane.Stop(); err != nil {
			t.Error(err)
		}
	})
	return plane
}

// definitionsDir is the directory of the CustomResourceDefinitions of this version.
func definitionsDir(t *testing.T) string {
	t.Helper()
	dir, err := controlplane.CRDs()
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// installDefinitions installs the CustomResourceDefinitions of this version, or updates those that are there.
func installDefinitions(t *testing.T, config *rest.Config) {
	t.Helper()
	if _, err := envtest.InstallCRDs(config, envtest.CRDInstallOptions{Paths: []string{definitionsDir(t)}}); err != nil {
		t.Fatal(err)
	}
}
