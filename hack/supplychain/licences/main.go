// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Command licences finds the licences of all Go modules that the module in a directory is built and tested with. It fails
// for a licence that is not allowed, and if the list in a file is not current:
//
//	go run -C hack/supplychain ./licences ../.. docs/development/licences.md
//
// With -write it writes the list. With -texts it instead prints the licences' texts for what the binary of a product contains,
// operator or plugin: most licences ask that they accompany a binary.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
)

func main() {
	write := flag.Bool("write", false, "write the list instead of comparing it")
	texts := flag.String("texts", "", "print the texts of the licences of the modules in the binary of this `product`: operator or plugin")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	var err error
	switch {
	case *texts != "" && flag.NArg() == 1:
		err = printTexts(ctx, os.Stdout, flag.Arg(0), *texts)
	case *texts == "" && flag.NArg() == 2:
		err = run(ctx, flag.Arg(0), flag.Arg(1), *write)
	default:
		err = errors.New("usage: licences [-write] DIRECTORY FILE | licences -texts PRODUCT DIRECTORY")
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "licences:", err)
		os.Exit(1)
	}
}

// run checks the licences and writes or compares the list in the file, which is named from the directory.
func run(ctx context.Context, dir, file string, write bool) error {
	found, err := dependencies(ctx, dir)
	if err != nil {
		return err
	}
	if err := refuse(found); err != nil {
		return err
	}
	path := filepath.Join(dir, file)
	list := table(found)
	if write {
		return os.WriteFile(path, list, 0o644)
	}
	current, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if !bytes.Equal(current, list) {
		return fmt.Errorf("%s is not current; run \"make licence-list\" and commit the result", file)
	}
	return nil
}

func printTexts(ctx context.Context, out io.Writer, dir, name string) error {
	known := slices.ContainsFunc(products(), func(one product) bool { return one.name == name })
	if !known {
		return fmt.Errorf("-texts: there is no product %q", name)
	}
	found, err := dependencies(ctx, dir)
	if err != nil {
		return err
	}
	for _, dependency := range found {
		if !slices.Contains(dependency.in, name) {
			continue
		}
		for _, file := range dependency.files {
			text, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			fmt.Fprintf(out, "%s\n%s\n\n%s\n\n", bytes.Repeat([]byte("="), 80), dependency.name(), bytes.TrimSpace(text))
		}
	}
	return nil
}
