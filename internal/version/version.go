// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package version says what a binary of this repository was built from. Everything that names the version reads it here:
// --version, the log, the User-Agent header and the metric clerk_operator_build_info.
package version

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// The linker sets these two, as in
//
//	go build -ldflags "-X github.com/clerk-operator/clerk-operator/internal/version.version=v1.2.3"
//
// so they are variables. Nothing else assigns them. Empty means that the build did not set them.
//
//nolint:gochecknoglobals // the linker can set package-level variables only
var (
	version  string
	revision string
)

// unknown stands for a revision of which the binary has no record.
const unknown = "unknown"

// devel is the version of a build from a checkout without a version.
const devel = "devel"

// Info says what a binary was built from. No part is empty.
type Info struct {
	// Version is the semantic version with a leading v, such as v1.2.3; "devel" if the build has none.
	Version string
	// Revision is the Git commit, with the suffix "-dirty" if files were changed; "unknown" if the build has none.
	Revision string
	// GoVersion is the version of Go, such as go1.26.0.
	GoVersion string
}

// Get returns what this binary was built from: what the linker set, or else what Go recorded.
func Get() Info {
	recorded, _ := debug.ReadBuildInfo()
	return infoFrom(version, revision, recorded)
}

// String returns one line, as --version prints it.
func (i Info) String() string {
	return fmt.Sprintf("clerk-operator %s (revision %s, %s)", i.Version, i.Revision, i.GoVersion)
}

// UserAgent returns the name of the operator for the User-Agent header, such as clerk-operator/v1.2.3.
func (i Info) UserAgent() string { return "clerk-operator/" + i.Version }

// infoFrom adds to what the linker set what Go recorded. recorded is nil in a binary without build information.
func infoFrom(version, revision string, recorded *debug.BuildInfo) Info {
	i := Info{Version: version, Revision: revision, GoVersion: runtime.Version()}
	if recorded == nil {
		recorded = &debug.BuildInfo{}
	}
	if i.Version == "" {
		i.Version = recordedVersion(recorded)
	}
	if i.Revision == "" {
		i.Revision = recordedRevision(recorded)
	}
	return i
}

// recordedVersion returns the version of the main module. Go records "(devel)" or nothing for a build without Git.
func recordedVersion(recorded *debug.BuildInfo) string {
	if v := recorded.Main.Version; v != "" && v != "(devel)" {
		return v
	}
	return devel
}

func recordedRevision(recorded *debug.BuildInfo) string {
	revision, suffix := unknown, ""
	for _, setting := range recorded.Settings {
		switch {
		case setting.Key == "vcs.revision" && setting.Value != "":
			revision = setting.Value
		case setting.Key == "vcs.modified" && setting.Value == "true":
			suffix = "-dirty"
		}
	}
	if revision == unknown {
		return unknown
	}
	return revision + suffix
}
