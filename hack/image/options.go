// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// options are what the command line, the environment and the checkout say about the image.
type options struct {
	// root is the checkout.
	root string
	// program is what the image runs.
	program program
	// name is the name of the image, without a tag; its tag is version.
	name string
	// version is the version of the program, with a leading v.
	version string
	// revision is the Git commit, with the suffix "-dirty" if files were changed.
	revision string
	// created is the time of the image and of its file, in UTC.
	created   time.Time
	platforms []v1.Platform
	// output is the directory to write.
	output string
}

// epochVariable holds the time of a build in seconds since 1970; see reproducible-builds.org.
const epochVariable = "SOURCE_DATE_EPOCH"

// versionPattern is a semantic version without build metadata, because a tag cannot have a plus sign.
var versionPattern = regexp.MustCompile(`^v[0-9]+\.[0-9]+\.[0-9]+(?:-[0-9A-Za-z.-]+)?$`)

// revisionPattern is a commit that can be in a flag of the linker. If it is empty, Git is asked.
var revisionPattern = regexp.MustCompile(`^[0-9A-Za-z-]*$`)

func parseOptions(ctx context.Context, args []string, usage io.Writer) (options, error) {
	o := options{}
	var platforms, program string
	flags := flag.NewFlagSet("image", flag.ContinueOnError)
	flags.SetOutput(usage)
	flags.StringVar(&o.root, "root", "../..", "`directory` of the checkout")
	flags.StringVar(&program, "program", programs()[0].name, "`program` that the image runs: clerk-operator or clerk-emulator")
	flags.StringVar(&o.name, "name", "", "`name` of the image without a tag, such as registry.example.com/clerk-operator (default: the program)")
	flags.StringVar(&o.version, "version", "", "`version` of the program, such as v0.1.0, which is also the tag of the image")
	flags.StringVar(&o.revision, "revision", "", "`commit` that is built (default: the one that Git says)")
	flags.StringVar(&platforms, "platforms", "linux/amd64,linux/arm64", "`platforms` of the image, separated by commas")
	flags.StringVar(&o.output, "output", "", "`directory` to write; files of an earlier image in it are removed")
	if err := flags.Parse(args); err != nil {
		return o, fmt.Errorf("reading the flags: %w", err)
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("unknown argument %q", flags.Arg(0))
	}
	var err error
	if o.program, err = programNamed(program); err != nil {
		return o, err
	}
	if err := o.complete(ctx, platforms); err != nil {
		return o, err
	}
	return o, nil
}

// complete checks what the flags say, and asks Git for what they do not say.
func (o *options) complete(ctx context.Context, platforms string) (err error) {
	if !versionPattern.MatchString(o.version) {
		return fmt.Errorf("-version: want a version such as v0.1.0 or v0.1.0-rc.1, not %q: make image VERSION=v0.1.0", o.version)
	}
	if o.name == "" {
		o.name = o.program.name
	}
	if _, err := o.tag(); err != nil {
		return fmt.Errorf("-name: want the name of an image without a tag, not %q: %w", o.name, err)
	}
	if !revisionPattern.MatchString(o.revision) {
		return fmt.Errorf("-revision: want a commit of letters, digits and '-', not %q", o.revision)
	}
	if o.output == "" {
		return errors.New("-output: name the directory to write")
	}
	if o.platforms, err = parsePlatforms(platforms); err != nil {
		return err
	}
	if o.root, err = filepath.Abs(o.root); err != nil {
		return fmt.Errorf("-root: %w", err)
	}
	if o.revision == "" {
		if o.revision, err = gitRevision(ctx, o.root); err != nil {
			return err
		}
	}
	o.created, err = created(ctx, o.root)
	return err
}

// tag returns the name and the tag of the image.
func (o *options) tag() (name.Tag, error) {
	return name.NewTag(o.name+":"+o.version, name.WeakValidation)
}

// parsePlatforms reads a list such as linux/amd64,linux/arm64. The image is for Linux: it has no other kernel's files.
func parsePlatforms(list string) ([]v1.Platform, error) {
	var platforms []v1.Platform
	for word := range strings.SplitSeq(list, ",") {
		system, architecture, _ := strings.Cut(word, "/")
		if system != "linux" || !slices.Contains(architectures(), architecture) {
			return nil, fmt.Errorf("-platforms: want linux/%s, not %q", strings.Join(architectures(), ", linux/"), word)
		}
		platform := v1.Platform{OS: system, Architecture: architecture}
		if slices.ContainsFunc(platforms, platform.Equals) {
			return nil, fmt.Errorf("-platforms: %s is there twice", word)
		}
		platforms = append(platforms, platform)
	}
	return platforms, nil
}

// gitRevision returns the commit of a checkout.
func gitRevision(ctx context.Context, root string) (string, error) {
	commit, err := git(ctx, root, "rev-parse", "HEAD")
	if err != nil {
		return "", fmt.Errorf("finding the commit that is built (-revision says it where there is no Git): %w", err)
	}
	changed, err := git(ctx, root, "status", "--porcelain")
	if err != nil {
		return "", fmt.Errorf("finding changed files: %w", err)
	}
	if changed != "" {
		commit += "-dirty"
	}
	return commit, nil
}

// created returns the time that SOURCE_DATE_EPOCH says, or else the time of the commit.
func created(ctx context.Context, root string) (time.Time, error) {
	text := os.Getenv(epochVariable)
	if text == "" {
		var err error
		if text, err = git(ctx, root, "log", "-1", "--format=%ct"); err != nil {
			return time.Time{}, fmt.Errorf("finding the time of the commit (%s says it where there is no Git): %w", epochVariable, err)
		}
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil || seconds < 0 {
		return time.Time{}, fmt.Errorf("%s: want seconds since 1970, not %q", epochVariable, text)
	}
	return time.Unix(seconds, 0).UTC(), nil
}

func git(ctx context.Context, root string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = root
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("git %s: %w: %s", args[0], err, strings.TrimSpace(said.String()))
	}
	return strings.TrimSpace(string(out)), nil
}
