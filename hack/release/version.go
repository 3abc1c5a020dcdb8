// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// versionPattern is a semantic version without build metadata: it is also the tag of an image, which cannot have a plus sign.
var versionPattern = regexp.MustCompile(`^v(?:0|[1-9][0-9]*)\.(?:0|[1-9][0-9]*)\.(?:0|[1-9][0-9]*)(?:-[0-9A-Za-z.-]+)?$`)

// version returns the version to release: the one that is asked for, or the only version among the tags of the commit. It
// refuses a checkout with changes, and a version that is the tag of another commit.
func version(ctx context.Context, root, asked string) (string, error) {
	changes, err := git(ctx, root, "status", "--porcelain")
	if err != nil {
		return "", err
	}
	if changes != "" {
		return "", fmt.Errorf("the checkout has changes; commit or remove them, because a release is made from a commit:\n%s", changes)
	}
	tags, err := git(ctx, root, "tag", "--points-at", "HEAD")
	if err != nil {
		return "", err
	}
	versions := slices.DeleteFunc(strings.Fields(tags), func(tag string) bool { return !versionPattern.MatchString(tag) })
	if asked == "" {
		if len(versions) != 1 {
			return "", fmt.Errorf("the commit has %d tags that are versions; say which version is made: make release VERSION=v0.1.0", len(versions))
		}
		return versions[0], nil
	}
	if !versionPattern.MatchString(asked) {
		return "", fmt.Errorf("-version: want a version such as v0.1.0 or v0.1.0-rc.1, not %q", asked)
	}
	if slices.Contains(versions, asked) {
		return asked, nil
	}
	if commit, err := git(ctx, root, "rev-parse", "--verify", "--quiet", "refs/tags/"+asked); err == nil {
		return "", fmt.Errorf("-version: the tag %s exists and is not this commit (%s); check it out first", asked, commit)
	}
	sayf("the commit does not have the tag %s, so this is a trial", asked)
	return asked, nil
}

// commitTime returns the time of the commit, which is the time of all files in archives.
func commitTime(ctx context.Context, root string) (time.Time, error) {
	text, err := git(ctx, root, "log", "-1", "--format=%ct")
	if err != nil {
		return time.Time{}, err
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("reading the time of the commit: %w", err)
	}
	return time.Unix(seconds, 0).UTC(), nil
}

func git(ctx context.Context, root string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			return "", fmt.Errorf("git %s: %w: %s", args[0], err, strings.TrimSpace(string(exit.Stderr)))
		}
		return "", fmt.Errorf("git %s: %w", args[0], err)
	}
	return strings.TrimSpace(string(out)), nil
}
