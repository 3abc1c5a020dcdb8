// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Command contract prints a notice if Clerk's OpenAPI document is not where tests look for it, because "go test" does
// not print the output of a package that passes. With a flag it downloads the document:
//
//	go run ./hack/contract
//	go run ./hack/contract -fetch URL
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/clerk-operator/clerk-operator/test/contract"
)

func main() {
	fetching := flag.Bool("fetch", false, "fetch the document from the address that follows")
	flag.Parse()
	if !*fetching {
		if _, found := contract.Find(); !found {
			sayf("%s", contract.Notice)
		}
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, flag.Arg(0))
	stop()
	if err != nil {
		sayf("%v", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, address string) error {
	if address == "" {
		return errors.New("say where to fetch Clerk's OpenAPI document of API version " + contract.Version +
			" from: make contract CLERK_OPENAPI_URL=…; this repository names no host that serves downloads. " +
			"Clerk publishes it in the repository clerk/openapi-specs on GitHub, as bapi/" + contract.Version + ".yml. " +
			"A copy that you have already is named in " + contract.Variable + " instead")
	}
	path, err := contract.Cache()
	if err != nil {
		return err
	}
	if err := fetch(ctx, address, path); err != nil {
		return fmt.Errorf("fetching Clerk's OpenAPI document: %w", err)
	}
	sayf("Clerk's OpenAPI document is in %s", path)
	return nil
}

func sayf(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "contract: "+format+"\n", args...)
}
