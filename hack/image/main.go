// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Command image builds the container image of the operator, or of the emulator of Clerk, without a builder, for several platforms, and
// writes it as files:
//
//	go -C hack/image run . -root ../.. -version v0.1.0 -output ../../dist/image
//
// The image has one file, the program, and nothing else. The same commit, version and version of Go lead to the same digest,
// wherever the checkout is. The program says what it built and ends with the digest on the standard output.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintf(os.Stderr, "image: %v\n", err)
		os.Exit(1)
	}
}

// run builds the image that the arguments describe. It writes the digest to out, and progress to progress.
func run(ctx context.Context, args []string, out, progress io.Writer) error {
	o, err := parseOptions(ctx, args, progress)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "clerk-operator-image-")
	if err != nil {
		return fmt.Errorf("making a directory for the binaries: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	var images []v1.Image
	for _, platform := range o.platforms {
		started := time.Now()
		binary := filepath.Join(dir, "program-"+platform.Architecture)
		if err := build(ctx, o, platform, binary); err != nil {
			return err
		}
		image, err := newImage(o, platform, binary)
		if err != nil {
			return err
		}
		images = append(images, image)
		said, err := sizes(binary, image)
		if err != nil {
			return err
		}
		fmt.Fprintf(progress, "image: %s: %s, after %.0f s\n", platform, said, time.Since(started).Seconds())
	}
	index := newIndex(o, images)
	if err := write(o, index, images); err != nil {
		return err
	}
	digest, err := index.Digest()
	if err != nil {
		return fmt.Errorf("computing the digest: %w", err)
	}
	fmt.Fprintf(progress, "image: %s %s is in %s\n", o.name, o.version, o.output)
	fmt.Fprintln(out, digest)
	return nil
}

// sizes says how large a binary is, and its image.
func sizes(binary string, image v1.Image) (string, error) {
	info, err := os.Stat(binary)
	if err != nil {
		return "", fmt.Errorf("reading the size of the binary: %w", err)
	}
	manifest, err := image.Manifest()
	if err != nil {
		return "", fmt.Errorf("reading the size of the image: %w", err)
	}
	const megabyte = 1e6
	compressed := manifest.Config.Size
	for _, layer := range manifest.Layers {
		compressed += layer.Size
	}
	return fmt.Sprintf("binary %.1f MB, image %.1f MB", float64(info.Size())/megabyte, float64(compressed)/megabyte), nil
}
