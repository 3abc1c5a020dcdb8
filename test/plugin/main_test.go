// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package plugin_test runs the commands of kubectl-clerk against a real API server, the emulator and the operator's controllers.
package plugin_test

import (
	"os"
	"testing"

	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/clerk-operator/clerk-operator/test/controlplane"
)

func TestMain(m *testing.M) {
	log.SetLogger(logr.Discard())
	os.Exit(controlplane.Main(m))
}
