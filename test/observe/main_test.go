// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"context"
	"os"
	"testing"

	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/clerk-operator/clerk-operator/test/controlplane"
	"github.com/clerk-operator/clerk-operator/test/manager"
)

func TestMain(m *testing.M) {
	log.SetLogger(logr.Discard())
	controlplane.Leash()
	os.Exit(manager.Main(context.Background(), func() int { return controlplane.Main(m) }))
}
