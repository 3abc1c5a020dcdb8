// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"context"
	"flag"
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
	os.Exit(manager.Main(context.Background(), m.Run))
}
