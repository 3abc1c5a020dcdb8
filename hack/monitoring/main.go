// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Command monitoring writes the Grafana dashboard of the operator:
//
//	go -C hack/monitoring run . ../../config/grafana/clerk-operator.json
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/clerk-operator/clerk-operator/hack/monitoring/board"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "monitoring:", err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	if len(arguments) != 1 {
		return errors.New("usage: monitoring FILE")
	}
	text, err := board.JSON()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(arguments[0]), 0o755); err != nil {
		return err
	}
	return os.WriteFile(arguments[0], text, 0o644)
}
