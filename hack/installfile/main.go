// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Command installfile writes install.yaml: all of config/default in one file, with an image. The same arguments and the same
// config give the same file.
//
//	go run ./hack/installfile -image registry.example.com/clerk-operator -version v0.1.0 -o dist/install.yaml
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/clerk-operator/clerk-operator/test/controlplane/assets"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "installfile:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	var r release
	flags := flag.NewFlagSet("installfile", flag.ContinueOnError)
	flags.StringVar(&r.image, "image", "", "name of the image without a tag, as in registry.example.com/clerk-operator")
	flags.StringVar(&r.version, "version", "", "tag of the image, which is also the label app.kubernetes.io/version")
	out := flags.String("o", "dist/install.yaml", "file to write")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if err := r.validate(); err != nil {
		return err
	}
	root, err := assets.Root()
	if err != nil {
		return err
	}
	text, err := r.render(ctx, root)
	if err != nil {
		return err
	}
	if err := errors.Join(os.MkdirAll(filepath.Dir(*out), 0o755), os.WriteFile(*out, text, 0o644)); err != nil {
		return fmt.Errorf("writing %s: %w", *out, err)
	}
	return nil
}
