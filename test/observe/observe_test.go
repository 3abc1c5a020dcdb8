// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/clerk-operator/clerk-operator/test/controlplane"
	"github.com/clerk-operator/clerk-operator/test/controlplane/assets"
	"github.com/clerk-operator/clerk-operator/test/manager"
	"github.com/clerk-operator/clerk-operator/test/notchecked"
)

// afterwards are checks of the data that Prometheus has after the script.
func afterwards() map[string]func(*testing.T, *Environment, Result) {
	return map[string]func(*testing.T, *Environment, Result){
		"DashboardHasData":    expectDashboardHasData,
		"DashboardIsTrue":     expectTrueNumbers,
		"DashboardCanBeDrawn": checkDashboard,
	}
}

// checkDashboard draws all panels of the dashboard, as for the documentation.
func checkDashboard(t *testing.T, env *Environment, result Result) {
	root, err := assets.Root()
	if err != nil {
		t.Fatal(err)
	}
	draw := exec.CommandContext(t.Context(), "go", "run", "./pictures", "-prometheus", env.PrometheusURL(), "-scrape", scrapeInterval.String(),
		"-from", result.Begin.Format(time.RFC3339), "-to", result.End.Format(time.RFC3339), "-o", t.TempDir())
	draw.Dir = filepath.Join(root, "hack", "monitoring")
	if text, err := draw.CombinedOutput(); err != nil {
		t.Errorf("drawing the dashboard: %v\n%s", err, text)
	}
}

// TestAlertsFireAndEnd plays what can go wrong and looks at it through Prometheus.
func TestAlertsFireAndEnd(t *testing.T) {
	if testing.Short() {
		t.Skip("the run takes a minute, and -short is set")
	}
	if _, err := FindPrometheus(); err != nil {
		notchecked.Skip(t, "no alert was seen to fire and to end: %v", err)
	}
	env := start(t)
	result, err := env.Play(t.Context())
	t.Logf("\n%s", result.Table())
	if err != nil {
		t.Fatalf("%v\n%s", err, logs(env))
	}
	for name, check := range afterwards() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			check(t, env, result)
		})
	}
}

// start starts everything on the control plane of this test run.
func start(t *testing.T) *Environment {
	t.Helper()
	root, err := assets.Root()
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	env, err := Start(t.Context(), Options{
		Admin:   controlplane.Config(t),
		Kubectl: controlplane.Kubectl(t),
		Manager: manager.Path(),
		Rules:   filepath.Join(root, "config", "prometheus", "rules.yaml"),
		Prefix:  controlplane.Namespace(t) + "-",
		Logs:    t.TempDir(),
		Say: func(format string, args ...any) {
			t.Logf("%5.1f s: %s", time.Since(began).Seconds(), fmt.Sprintf(format, args...))
		},
	})
	t.Cleanup(func() {
		// A process that was told to end while it waits for something may say so by its exit code.
		if err := env.Stop(context.Background()); err != nil {
			t.Logf("stopping: %v", err)
		}
	})
	if err != nil {
		t.Fatalf("%v\n%s", err, logs(env))
	}
	return env
}

// logs returns the ends of the logs of all processes.
func logs(env *Environment) string {
	const lines = 25
	var all bytes.Buffer
	paths, _ := filepath.Glob(filepath.Join(env.Logs, "*.log"))
	for _, path := range paths {
		text, err := os.ReadFile(path)
		end := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
		fmt.Fprintf(&all, "%s (%v):\n%s\n", filepath.Base(path), err, bytes.Join(end[max(0, len(end)-lines):], []byte("\n")))
	}
	return all.String()
}
