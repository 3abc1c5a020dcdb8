// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// binaryLimit is the maximum size of the operator's binary in bytes, several times its size.
const binaryLimit = 1 << 30

// extract writes the operator's binary from an image as one archive, as "docker load" takes it, into a file.
func extract(archive, binary string) error {
	file, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer file.Close()
	for entries := tar.NewReader(file); ; {
		entry, err := entries.Next()
		if err != nil {
			return absent(err, archive)
		}
		if !strings.HasSuffix(entry.Name, ".tar.gz") {
			continue
		}
		layer, err := gzip.NewReader(entries)
		if err != nil {
			return fmt.Errorf("reading layer %s: %w", entry.Name, err)
		}
		found, err := extractLayer(tar.NewReader(layer), binary)
		if found || err != nil {
			return err
		}
	}
}

// extractLayer reports whether the layer has the binary.
func extractLayer(layer *tar.Reader, binary string) (bool, error) {
	for {
		entry, err := layer.Next()
		if errors.Is(err, io.EOF) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		if filepath.Base(entry.Name) != "manager" || entry.Typeflag != tar.TypeReg {
			continue
		}
		file, err := os.OpenFile(binary, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o755)
		if err != nil {
			return false, err
		}
		_, err = io.Copy(file, io.LimitReader(layer, binaryLimit))
		return true, errors.Join(err, file.Close())
	}
}

func absent(err error, archive string) error {
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%s has no file \"manager\" in its layers", archive)
	}
	return err
}
