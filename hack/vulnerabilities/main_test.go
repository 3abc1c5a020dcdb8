// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// archive writes a .tar.gz archive with empty files of the names and returns its path.
func archive(t *testing.T, names ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "vulndb.tar.gz")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	packed := gzip.NewWriter(file)
	entries := tar.NewWriter(packed)
	for _, name := range names {
		if err := entries.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o600}); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(entries.Close(), packed.Close(), file.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestDatabaseInEachForm(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "index"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, index), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ named, want, wrong string }{
		"URL":                     {named: "https://db.example.test", want: "https://db.example.test"},
		"Directory":               {named: dir, want: "file://" + dir},
		"ArchiveOfADirectory":     {named: archive(t, "vdb/"+index), want: "/vdb"},
		"ArchiveWithoutDirectory": {named: archive(t, index, "ID/GO-1.json"), want: "file://"},
		"OtherDirectory":          {named: t.TempDir(), wrong: "format of the Go project"},
		"OtherArchive":            {named: archive(t, "README"), wrong: "format of the Go project"},
		"ArchiveThatEscapes":      {named: archive(t, "../../"+index), wrong: "escapes"},
		"NoSuchArchive":           {named: "/no/such.tar.gz", wrong: "no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv(variable, test.named)
			got, err := findDatabase(t.TempDir())
			if test.wrong != "" {
				if err == nil || !strings.Contains(err.Error(), test.wrong) || !strings.Contains(err.Error(), variable) {
					t.Errorf("findDatabase() = %v, want %q and the variable in it", err, test.wrong)
				}
				return
			}
			if err != nil || !strings.Contains(got.address, test.want) {
				t.Fatalf("findDatabase() = %q, %v, want %q in it", got.address, err, test.want)
			}
			got.remove()
			unpacked := strings.TrimPrefix(got.address, "file://")
			if _, err := os.Stat(filepath.Join(unpacked, index)); strings.HasSuffix(test.named, ".tar.gz") && err == nil {
				t.Errorf("%s is left behind", unpacked)
			}
		})
	}
}

func TestDatabaseBesideTheCheckout(t *testing.T) {
	t.Setenv(variable, "")
	above := t.TempDir()
	root := filepath.Join(above, "code", "operator")
	if err := os.MkdirAll(root, 0o755); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(above, "shared", "vulndb")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(archive(t, index), filepath.Join(dir, "vulndb-2026-08-21.tar.gz")); err != nil {
		t.Fatal(err)
	}
	got, err := findDatabase(root)
	if err != nil {
		t.Fatal(err)
	}
	defer got.remove()
	if !strings.HasPrefix(got.source, dir) || got.address == "" {
		t.Errorf("findDatabase() = %+v, want the archive in %s", got, dir)
	}
}

// tool writes a program in govulncheck's place. It prints the level of the scan and ends with the code of the level.
func tool(t *testing.T, codes map[string]int, said string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "govulncheck")
	script := fmt.Sprintf("#!/bin/sh\necho %q >&2\ncase $3 in package) exit %d ;; symbol) exit %d ;; esac\nexit 99\n",
		said, codes["package"], codes["symbol"])
	if err := os.WriteFile(path, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestScan(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		imported, called int
		said, database   string
		want             error
		text             string
	}{
		"Clean":               {},
		"ImportedAndNotUsed":  {imported: foundCode},
		"Called":              {imported: foundCode, called: foundCode, want: errFound},
		"DoesNotCompile":      {imported: 1, said: "loading packages: syntax error", text: "syntax error"},
		"NoNetwork":           {imported: 1, said: "fetching vulnerabilities: no such host", want: errNoDatabase},
		"NamedAndUnreachable": {imported: 1, said: "fetching vulnerabilities: no such host", database: "https://db.example.test", text: "no such host"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := scan{
				tool: tool(t, map[string]int{"package": test.imported, "symbol": test.called}, test.said),
				dir:  t.TempDir(), database: test.database,
			}
			err := s.run(t.Context())
			if test.want == nil && test.text == "" && err != nil || !errors.Is(err, test.want) && test.text == "" {
				t.Errorf("run() = %v, want %v", err, test.want)
			}
			if test.text != "" && (err == nil || errors.Is(err, errNoDatabase) || !strings.Contains(err.Error(), test.text)) {
				t.Errorf("run() = %v, want %q in it", err, test.text)
			}
		})
	}
}

func TestWithoutADatabaseOnlyARequiredCheckFails(t *testing.T) {
	t.Parallel()
	if err := unreachable(errNoDatabase, false); err != nil {
		t.Errorf("not required: %v", err)
	}
	if err := unreachable(errNoDatabase, true); err == nil || !strings.Contains(err.Error(), variable) {
		t.Errorf("required: %v, want an error that names the variable", err)
	}
}
