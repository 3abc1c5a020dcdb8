// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"context"
	"flag"
	"fmt"
	"os"
	"testing"

	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/clerk-operator/clerk-operator/test/controlplane"
	"github.com/clerk-operator/clerk-operator/test/manager"
)

func TestMain(m *testing.M) {
	flag.Parse()
	log.SetLogger(logr.Discard())
	controlplane.Leash()
	if testing.Short() {
		os.Exit(m.Run())
	}
	os.Exit(manager.Main(context.Background(), func() int { return withTools(m.Run) }))
}

// withTools has a directory for builtTools while the tests run.
func withTools(run func() int) int {
	tools, err := os.MkdirTemp("", "clerk-operator-tools-")
	if err == nil {
		err = os.Setenv(toolsVariable, tools)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(tools) }()
	return run()
}
