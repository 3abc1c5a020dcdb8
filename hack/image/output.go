// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

const (
	// layoutDirectory is the OCI layout in the output directory.
	layoutDirectory = "oci"
	// digestFile has the digest of the index, by which a registry knows the image.
	digestFile = "digest"
	// layoutMark is the file by which a directory is recognized as an OCI layout.
	layoutMark = "oci-layout"
)

// write writes the image in all forms:
//
//   - oci/, the OCI layout with all platforms
//   - ‹program›-‹version›-oci.tar, the same as one file
//   - ‹program›-‹version›-‹system›-‹architecture›.tar, one platform for "docker load"
//   - digest, the digest of the index
func write(o options, index v1.ImageIndex, images []v1.Image) error {
	if err := prepare(o.program, o.output); err != nil {
		return fmt.Errorf("preparing %s: %w", o.output, err)
	}
	directory := filepath.Join(o.output, layoutDirectory)
	path, err := layout.Write(directory, empty.Index)
	if err != nil {
		return fmt.Errorf("writing the OCI layout: %w", err)
	}
	reference := layout.WithAnnotations(map[string]string{"org.opencontainers.image.ref.name": o.version})
	if err := path.AppendIndex(index, reference); err != nil {
		return fmt.Errorf("writing the OCI layout: %w", err)
	}
	if err := openToAll(directory); err != nil {
		return fmt.Errorf("writing the OCI layout: %w", err)
	}
	if err := archive(o, directory, filepath.Join(o.output, archiveName(o.program, o.version, layoutDirectory))); err != nil {
		return fmt.Errorf("writing the OCI layout as one file: %w", err)
	}
	tag, err := o.tag()
	if err != nil {
		return fmt.Errorf("naming the image: %w", err)
	}
	for i, image := range images {
		file := filepath.Join(o.output, archiveName(o.program, o.version, o.platforms[i].OS+"-"+o.platforms[i].Architecture))
		if err := tarball.WriteToFile(file, tag, image); err != nil {
			return fmt.Errorf("writing %s: %w", file, err)
		}
	}
	digest, err := index.Digest()
	if err != nil {
		return fmt.Errorf("computing the digest: %w", err)
	}
	return os.WriteFile(filepath.Join(o.output, digestFile), []byte(digest.String()+"\n"), 0o644)
}

// openToAll gives all files of a directory the mode of ordinary files: some are written as the writer's own.
func openToAll(directory string) error {
	root, err := os.OpenRoot(directory)
	if err != nil {
		return err
	}
	defer root.Close()
	return fs.WalkDir(root.FS(), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		return root.Chmod(name, 0o644)
	})
}

func archiveName(p program, version, what string) string {
	return p.name + "-" + version + "-" + what + ".tar"
}

// prepare makes the output directory, and removes from it what an earlier run wrote.
func prepare(p program, output string) error {
	if err := os.MkdirAll(output, 0o755); err != nil {
		return err
	}
	former := filepath.Join(output, layoutDirectory)
	if _, err := os.Stat(filepath.Join(former, layoutMark)); err == nil {
		if err := os.RemoveAll(former); err != nil {
			return err
		}
	}
	if _, err := os.Stat(former); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is not an OCI layout: remove it, or choose another directory", former)
	}
	archives, err := filepath.Glob(filepath.Join(output, archiveName(p, "*", "*")))
	if err != nil {
		return err
	}
	for _, file := range append(archives, filepath.Join(output, digestFile)) {
		if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// archive writes a directory as a tar in which nothing depends on when and by whom it was written.
func archive(o options, directory, path string) (err error) {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	w := tar.NewWriter(file)
	root := os.DirFS(directory)
	err = fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || name == "." {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		header := &tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, Size: info.Size(), ModTime: o.created, Format: tar.FormatUSTAR}
		if entry.IsDir() {
			header.Typeflag, header.Name, header.Mode, header.Size = tar.TypeDir, name+"/", 0o755, 0
		}
		if err := w.WriteHeader(header); err != nil || entry.IsDir() {
			return err
		}
		return appendFile(w, root, name)
	})
	return errors.Join(err, w.Close())
}

func appendFile(w io.Writer, root fs.FS, name string) error {
	file, err := root.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = io.Copy(w, file)
	return err
}
