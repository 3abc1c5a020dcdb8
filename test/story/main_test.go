// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"flag"
	"os"
	"testing"

	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/clerk-operator/clerk-operator/test/controlplane"
)

func TestMain(m *testing.M) {
	flag.Parse()
	if err := runInParallel(); err != nil {
		panic(err)
	}
	log.SetLogger(logr.Discard())
	code := controlplane.Main(m)
	if err := recorded.write(); err != nil {
		panic(err)
	}
	os.Exit(code)
}

// runInParallel sets how many stories run at the same time, unless the command line says so. They mostly wait; with -short, which
// goes with the race detector, they mostly compute.
func runInParallel() error {
	parallel := "24"
	if testing.Short() {
		parallel = "12"
	}
	flag.Visit(func(given *flag.Flag) {
		if given.Name == "test.parallel" {
			parallel = given.Value.String()
		}
	})
	return flag.Set("test.parallel", parallel)
}
