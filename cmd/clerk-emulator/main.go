// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Command clerk-emulator serves an in-memory Clerk Backend API for tests and demonstrations.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
	"github.com/clerk-operator/clerk-operator/internal/emulator/page"
	"github.com/clerk-operator/clerk-operator/internal/version"
)

const (
	defaultAddress = "127.0.0.1:8910"
	defaultKey     = "sk_test_emulator"
	// shutdownGrace is how long requests may take to finish after a signal.
	shutdownGrace = 5 * time.Second
)

const usage = `clerk-emulator serves an in-memory Clerk Backend API (users, e-mail addresses, phone numbers) with Clerk's quirks,
rate limits and refusals, for tests. It stores nothing on disk and makes no outgoing connections.

It prints its address as one line on standard output, for example http://127.0.0.1:8910. A browser finds a page there, with the
users, the requests that arrive, and faults to switch on. The API is at /v1, which is the base URL of a client. The emulator's own requests are at /_emulator: the journal of requests, faults, changes of users by
"somebody at Clerk", the clock, settings, reset. They need no key. At another address than a loopback address, such as :8910
in a container, everybody who reaches the port can send them and use the page, and the emulator says so on standard error.

Usage:
  clerk-emulator [flags]

Flags:
  --addr host:port    address to listen on; port 0 uses a free port (default ` + defaultAddress + `)
  --key key[=ins_id]  a secret key to accept; repeatable. Each key has its own instance, development for sk_test_… and
                      production for sk_live_…; keys with the same =ins_id share an instance, as during a rotation.
                      The default key is ` + defaultKey + `
  --latency duration  time to wait before every answer, for example 100ms (default 0)
  --version           show the version
  --help              show this text

Examples:
  clerk-emulator --addr 127.0.0.1:0 --key sk_test_demo
  clerk-emulator --key sk_live_old=ins_shop --key sk_live_new=ins_shop --latency 80ms
  curl -s -H 'Authorization: Bearer ` + defaultKey + `' http://` + defaultAddress + `/v1/users
  curl -s http://` + defaultAddress + `/_emulator/journal

It exits on SIGINT or SIGTERM with exit code 0. Exit code 1 means that it could not serve, 2 that a flag is invalid.
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run serves until ctx ends and returns the exit code.
func run(ctx context.Context, args []string, out, errOut io.Writer) int {
	options, err := parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		_, _ = io.WriteString(out, usage)
		return 0
	case err == nil && options.version:
		i := version.Get()
		_, _ = fmt.Fprintf(out, "clerk-emulator %s (revision %s, %s)\n", i.Version, i.Revision, i.GoVersion)
		return 0
	case err != nil:
		_, _ = fmt.Fprintf(errOut, "clerk-emulator: %v\nRun clerk-emulator --help for the flags.\n", err)
		return 2
	}
	if err := serve(ctx, options, out, errOut); err != nil {
		_, _ = fmt.Fprintf(errOut, "clerk-emulator: %v\n", err)
		return 1
	}
	return 0
}

func serve(ctx context.Context, o options, out, errOut io.Writer) error {
	server := emulator.New(emulator.Config{Latency: o.latency})
	for _, key := range o.keys {
		server.AddInstance(emulator.InstanceConfig{ID: key.instance, Keys: []string{key.secret}})
	}
	listener, err := server.ListenWith(ctx, o.address, page.Handler(server))
	if err != nil {
		return err
	}
	address, exposed, err := reach(listener.Address())
	if err != nil {
		return errors.Join(err, listener.Close(ctx))
	}
	if exposed {
		_, _ = fmt.Fprintf(errOut, "clerk-emulator: listening on %s, which is no loopback address: everybody who reaches it can use the page and send "+
			"the requests under /_emulator, which need no key\n", listener.Address())
	}
	if _, err := fmt.Fprintln(out, "http://"+address); err != nil {
		return fmt.Errorf("printing the address: %w", err)
	}
	<-ctx.Done()
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownGrace)
	defer cancel()
	return listener.Close(grace)
}

// reach returns the address at which this machine reaches a listener, as host:port, and whether others may reach it, too.
func reach(listening string) (address string, exposed bool, err error) {
	at, err := netip.ParseAddrPort(listening)
	if err != nil {
		return "", false, fmt.Errorf("reading the address of the listener: %w", err)
	}
	if at.Addr().IsUnspecified() {
		at = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), at.Port())
		return at.String(), true, nil
	}
	return at.String(), !at.Addr().IsLoopback(), nil
}
