// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"
)

// options are the flags, parsed.
type options struct {
	address string
	latency time.Duration
	keys    []key
	// version asks for the version instead of a server.
	version bool
}

// key is a secret key and the id of its instance; an empty id means a separate instance.
type key struct {
	secret, instance string
}

// errKey does not contain the key, which may be a real one by mistake.
var errKey = errors.New("write sk_test_… or sk_live_…, optionally with =ins_…")

// parseKey parses one value of the flag --key.
func parseKey(text string) (key, error) {
	secret, instance, shared := strings.Cut(text, "=")
	known := strings.HasPrefix(secret, "sk_test_") || strings.HasPrefix(secret, "sk_live_")
	if !known || len(secret) == len("sk_test_") || shared && !strings.HasPrefix(instance, "ins_") {
		return key{}, errKey
	}
	return key{secret: secret, instance: instance}, nil
}

// parse parses the flags. The error is flag.ErrHelp if help was requested.
func parse(args []string) (options, error) {
	var o options
	set := flag.NewFlagSet("clerk-emulator", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.StringVar(&o.address, "addr", defaultAddress, "")
	set.DurationVar(&o.latency, "latency", 0, "")
	set.BoolVar(&o.version, "version", false, "")
	set.Func("key", "", func(text string) error {
		k, err := parseKey(text)
		o.keys = append(o.keys, k)
		return err
	})
	if err := set.Parse(args); err != nil {
		return o, withoutKey(err)
	}
	switch {
	case set.NArg() > 0:
		return o, fmt.Errorf("unexpected argument %q", set.Arg(0))
	case o.latency < 0:
		return o, errors.New("--latency must not be negative")
	}
	if len(o.keys) == 0 {
		o.keys = []key{{secret: defaultKey}}
	}
	return o, nil
}

// withoutKey removes a rejected key from the flag package's message, which quotes the value.
func withoutKey(err error) error {
	if strings.HasSuffix(err.Error(), errKey.Error()) {
		return fmt.Errorf("invalid value for --key: %w", errKey)
	}
	return err
}
