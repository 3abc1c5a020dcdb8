// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package version

import (
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/prometheus/common/expfmt"
)

func TestInfoFrom(t *testing.T) {
	t.Parallel()
	recorded := func(version string, settings ...string) *debug.BuildInfo {
		info := &debug.BuildInfo{Main: debug.Module{Version: version}}
		for _, setting := range settings {
			key, value, _ := strings.Cut(setting, "=")
			info.Settings = append(info.Settings, debug.BuildSetting{Key: key, Value: value})
		}
		return info
	}
	checkout := recorded("v0.0.0-20260102030405-abcdef012345", "vcs.revision=abcdef", "vcs.modified=false")
	cases := map[string]struct {
		version, revision string
		recorded          *debug.BuildInfo
		want              Info
	}{
		"TheLinkerComesFirst":       {"v1.2.3", "feed", checkout, Info{Version: "v1.2.3", Revision: "feed"}},
		"EachPartByItself":          {"v1.2.3", "", checkout, Info{Version: "v1.2.3", Revision: "abcdef"}},
		"WhatGoRecorded":            {"", "", checkout, Info{Version: "v0.0.0-20260102030405-abcdef012345", Revision: "abcdef"}},
		"ChangedFilesAreSaid":       {"", "", recorded("", "vcs.modified=true", "vcs.revision=abcdef"), Info{Version: "devel", Revision: "abcdef-dirty"}},
		"NoCommitHasNoChangedFiles": {"", "", recorded("(devel)", "vcs.modified=true"), Info{Version: "devel", Revision: "unknown"}},
		"NothingRecorded":           {"", "", nil, Info{Version: "devel", Revision: "unknown"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.want.GoVersion = runtime.Version()
			if diff := cmp.Diff(tc.want, infoFrom(tc.version, tc.revision, tc.recorded)); diff != "" {
				t.Errorf("info (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNoPartIsEmpty(t *testing.T) {
	t.Parallel()
	if i := Get(); i.Version == "" || i.Revision == "" || i.GoVersion == "" {
		t.Errorf("the info is %+v", i)
	}
}

func TestHowItIsWritten(t *testing.T) {
	t.Parallel()
	i := Info{Version: "v1.2.3", Revision: "abcdef", GoVersion: "go1.26.0"}
	if got, want := i.String(), "clerk-operator v1.2.3 (revision abcdef, go1.26.0)"; got != want {
		t.Errorf("--version prints %q, want %q", got, want)
	}
	if got, want := i.UserAgent(), "clerk-operator/v1.2.3"; got != want {
		t.Errorf("the user agent is %q, want %q", got, want)
	}
}

func TestBuildInfoMetric(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewPedanticRegistry()
	if err := Register(registry, Info{Version: "v1.2.3", Revision: "abcdef", GoVersion: "go1.26.0"}); err != nil {
		t.Fatal(err)
	}
	families, err := registry.Gather()
	if err != nil || len(families) != 1 {
		t.Fatalf("%d metrics (%v)", len(families), err)
	}
	var text strings.Builder
	if _, err := expfmt.MetricFamilyToText(&text, families[0]); err != nil {
		t.Fatal(err)
	}
	want := `clerk_operator_build_info{goversion="go1.26.0",revision="abcdef",version="v1.2.3"} 1`
	if !strings.Contains(text.String(), want+"\n") {
		t.Errorf("the metric is\n%swant the line\n%s", text.String(), want)
	}
	if problems, err := promlint.NewWithMetricFamilies(families).Lint(); err != nil || len(problems) > 0 {
		t.Errorf("against Prometheus' rules: %v (%v)", problems, err)
	}
	if err := Register(registry, Info{Version: "v1.2.3", Revision: "abcdef", GoVersion: "go1.26.0"}); err == nil {
		t.Error("a second registration is accepted")
	}
}
