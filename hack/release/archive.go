// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"
)

// entry is a file of an archive.
type entry struct {
	name    string
	text    []byte
	program bool
}

func (e entry) mode() fs.FileMode {
	if e.program {
		return 0o755
	}
	return 0o644
}

// writeArchive writes the entries in this order as regular files into a .zip or else a .tar.gz. All of them have the same time.
func writeArchive(path string, entries []entry, modified time.Time) error {
	var archive bytes.Buffer
	write := writeTarGz
	if strings.HasSuffix(path, ".zip") {
		write = writeZip
	}
	if err := write(&archive, entries, modified.UTC()); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return os.WriteFile(path, archive.Bytes(), 0o644)
}

func writeTarGz(out io.Writer, entries []entry, modified time.Time) error {
	packed, err := gzip.NewWriterLevel(out, gzip.BestCompression)
	if err != nil {
		return err
	}
	archive := tar.NewWriter(packed)
	for _, entry := range entries {
		err := archive.WriteHeader(&tar.Header{
			Typeflag: tar.TypeReg, Name: entry.name, Mode: int64(entry.mode()), Size: int64(len(entry.text)), ModTime: modified,
		})
		if err != nil {
			return err
		}
		if _, err := archive.Write(entry.text); err != nil {
			return err
		}
	}
	return errors.Join(archive.Close(), packed.Close())
}

func writeZip(out io.Writer, entries []entry, modified time.Time) error {
	archive := zip.NewWriter(out)
	archive.RegisterCompressor(zip.Deflate, func(to io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(to, flate.BestCompression)
	})
	for _, entry := range entries {
		header := &zip.FileHeader{Name: entry.name, Method: zip.Deflate, Modified: modified}
		header.SetMode(entry.mode())
		file, err := archive.CreateHeader(header)
		if err != nil {
			return err
		}
		if _, err := file.Write(entry.text); err != nil {
			return err
		}
	}
	return archive.Close()
}
