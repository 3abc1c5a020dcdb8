// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Command release makes all files of a release from the commit that is checked out:
//
//	go run ./hack/release -image registry.example.com/clerk-operator -version v0.1.0 -output dist
//
// It refuses a checkout with changes, and a version without a section in CHANGELOG.md. The same commit, arguments and
// version of Go give the same files, byte by byte. It publishes nothing; docs/development/releasing.md says what happens to the files.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/clerk-operator/clerk-operator/test/controlplane/assets"
)

// release is what is made.
type release struct {
	root      string // the checkout
	version   string // with a leading v
	revision  string // the commit
	image     string // name of the image, without a tag
	downloads string // URL of the directory that will have the files of the release
	targets   []target
	output    string // the directory to write, absolute
	replace   bool   // removes what the directory has
	created   time.Time
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		sayf("%v", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	r := release{targets: pluginTargets()}
	flags := flag.NewFlagSet("release", flag.ContinueOnError)
	flags.StringVar(&r.image, "image", "", "`name` of the image without a tag, as in registry.example.com/clerk-operator")
	flags.StringVar(&r.version, "version", "", "`version`, such as v0.1.0 (default: the tag of the commit)")
	flags.StringVar(&r.downloads, "downloads", "", "`URL` of the directory that will have the files, for krew (default: the release on the project's page)")
	flags.StringVar(&r.output, "output", "dist", "`directory` to write, which must be empty or absent without -replace")
	flags.BoolVar(&r.replace, "replace", false, "remove what is in the directory, when the arguments and the checkout are right")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if err := checkImage(r.image); err != nil {
		return err
	}
	notes, err := r.complete(ctx)
	if err != nil {
		return err
	}
	return r.write(ctx, notes)
}

// complete checks what the release is made from, and returns the release notes.
func (r *release) complete(ctx context.Context) (notes string, err error) {
	if r.root, err = assets.Root(); err != nil {
		return "", err
	}
	if r.output, err = filepath.Abs(r.output); err != nil {
		return "", err
	}
	if left, err := os.ReadDir(r.output); err == nil && len(left) > 0 && !r.replace {
		return "", fmt.Errorf("-output: %s is not empty", r.output)
	}
	if r.replace && strings.HasPrefix(r.root+string(filepath.Separator), strings.TrimSuffix(r.output, string(filepath.Separator))+string(filepath.Separator)) {
		return "", fmt.Errorf("-output: %s contains the checkout, so -replace would remove it", r.output)
	}
	if r.version, err = version(ctx, r.root, r.version); err != nil {
		return "", err
	}
	r.downloads = cmp.Or(r.downloads, releases+r.version)
	if err := checkDownloads(r.downloads); err != nil {
		return "", err
	}
	if r.revision, err = git(ctx, r.root, "rev-parse", "HEAD"); err != nil {
		return "", err
	}
	if r.created, err = commitTime(ctx, r.root); err != nil {
		return "", err
	}
	changelog, err := os.ReadFile(filepath.Join(r.root, "CHANGELOG.md"))
	if err != nil {
		return "", fmt.Errorf("reading the changelog: %w", err)
	}
	notes, err = section(string(changelog), r.version)
	return absoluteLinks(notes, "CHANGELOG.md", r.version), err
}

// write makes the files. The checksums come last, and cover the other files.
func (r *release) write(ctx context.Context, notes string) error {
	if r.replace {
		if err := os.RemoveAll(r.output); err != nil {
			return fmt.Errorf("removing the former files: %w", err)
		}
	}
	if err := os.MkdirAll(r.output, 0o755); err != nil {
		return fmt.Errorf("making %s: %w", r.output, err)
	}
	scratch, err := os.MkdirTemp("", "clerk-operator-release-")
	if err != nil {
		return fmt.Errorf("making a directory for the parts: %w", err)
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	for _, step := range []struct {
		noun string
		make func(context.Context, string) error
	}{
		{"the image", r.makeImage},
		{"the SBOMs", r.makeSBOMs},
		{"install.yaml", r.makeInstallFile},
		{"the chart", r.makeChart},
		{"the licences", r.makeLicences},
		{"the plugin", r.makePlugin},
	} {
		if err := step.make(ctx, scratch); err != nil {
			return fmt.Errorf("making %s: %w", step.noun, err)
		}
	}
	if err := os.WriteFile(filepath.Join(r.output, "RELEASE_NOTES.md"), []byte(notes), 0o644); err != nil {
		return fmt.Errorf("writing the release notes: %w", err)
	}
	if err := writeChecksums(r.output); err != nil {
		return fmt.Errorf("writing the checksums: %w", err)
	}
	sayf("%s is in %s", r.version, r.output)
	return nil
}

func sayf(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "release: "+format+"\n", args...)
}
