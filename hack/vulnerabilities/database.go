// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/clerk-operator/clerk-operator/test/controlplane/assets"
)

const (
	// variable is the environment variable with the database: a URL, a directory, or a .tar.gz archive of one.
	variable = "GOVULNDB"
	// beside is where an archive may be, in a directory above the checkout. The newest name counts.
	beside = "shared/vulndb/*.tar.gz"
	// index is the file by which a directory is recognized as a database.
	index = "index/modules.json"
	// maxArchive is the maximum size of an unpacked archive in bytes. The database of August 2026 has 20 MB.
	maxArchive = 1 << 30
)

// database is where govulncheck reads known vulnerabilities. With an empty address, it asks its own default on the network.
type database struct {
	address string
	source  string
	remove  func()
}

// findDatabase returns the database in GOVULNDB, or the archive beside the checkout, or govulncheck's default.
func findDatabase(root string) (database, error) {
	named := os.Getenv(variable)
	if named == "" {
		archives, err := assets.Above(root, beside)
		if err != nil || len(archives) == 0 {
			return database{source: "govulncheck's default", remove: func() {}}, err
		}
		named = archives[0]
	}
	found, err := openDatabase(named)
	if err != nil {
		return database{}, fmt.Errorf("reading the vulnerability database %s (set %s to another one): %w", named, variable, err)
	}
	return found, nil
}

// openDatabase unpacks an archive into a temporary directory, which the caller removes.
func openDatabase(named string) (database, error) {
	if address, err := url.Parse(named); err == nil && address.Scheme != "" {
		return database{address: named, source: address.Redacted(), remove: func() {}}, nil
	}
	if !strings.HasSuffix(named, ".tar.gz") {
		address, err := directory(named)
		return database{address: address, source: named, remove: func() {}}, err
	}
	dir, err := os.MkdirTemp("", "vulndb-")
	if err != nil {
		return database{}, err
	}
	remove := func() { _ = os.RemoveAll(dir) }
	address, err := unpack(named, dir)
	if err != nil {
		remove()
	}
	return database{address: address, source: named, remove: remove}, err
}

// unpack extracts the archive and returns the address of the database in it.
func unpack(archive, dir string) (string, error) {
	file, err := os.Open(archive)
	if err != nil {
		return "", err
	}
	defer file.Close()
	plain, err := gzip.NewReader(file)
	if err != nil {
		return "", err
	}
	// A root keeps entries with ".." and links inside the directory.
	root, err := os.OpenRoot(dir)
	if err != nil {
		return "", err
	}
	defer root.Close()
	if err := extract(tar.NewReader(io.LimitReader(plain, maxArchive)), root); err != nil {
		return "", err
	}
	inside, err := filepath.Glob(filepath.Join(dir, "*", index))
	if err != nil || len(inside) == 0 {
		return directory(dir)
	}
	return directory(filepath.Dir(filepath.Dir(inside[0])))
}

func extract(archive *tar.Reader, root *os.Root) error {
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if header.Typeflag != tar.TypeReg {
			continue
		}
		if err := root.MkdirAll(filepath.Dir(header.Name), 0o755); err != nil {
			return err
		}
		text, err := io.ReadAll(archive)
		if err != nil {
			return err
		}
		if err := root.WriteFile(header.Name, text, 0o644); err != nil {
			return err
		}
	}
}

func directory(path string) (string, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(filepath.Join(absolute, index)); err != nil {
		return "", fmt.Errorf("it is not a database in the format of the Go project: %w", err)
	}
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(absolute)}).String(), nil
}
