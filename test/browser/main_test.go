// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/clerk-operator/clerk-operator/test/controlplane"
	"github.com/clerk-operator/clerk-operator/test/manager"
)

// chromium is the browser of all tests; nil where there is none, and with -short.
var chromium *browser

func TestMain(m *testing.M) {
	controlplane.Leash()
	log.SetLogger(logr.Discard())
	flag.Parse()
	program := findChromium()
	if program == "" || testing.Short() {
		os.Exit(m.Run())
	}
	os.Exit(manager.Main(context.Background(), func() int {
		code, err := run(m, program)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = max(code, 1)
		}
		return code
	}))
}

// run runs the tests beside a control plane and a browser. Both end with this process, however it ends.
func run(m *testing.M, program string) (code int, err error) {
	plane, err := controlplane.StartWithCRDs()
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, plane.Stop()) }()
	if err := os.Setenv(controlplane.KubeconfigVariable, plane.Kubeconfig()); err != nil {
		return 1, err
	}
	chromium, err = startChromium(program, filepath.Join(filepath.Dir(plane.Kubeconfig()), "chromium"))
	if err != nil {
		return 1, fmt.Errorf("starting Chromium: %w", err)
	}
	defer chromium.stop()
	return m.Run(), nil
}
