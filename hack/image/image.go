// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

const (
	// user is a user and a group without a name, which own nothing in the image.
	user = "65532:65532"

	source = "https://github.com/clerk-operator/clerk-operator"
)

// labels describe the image. They are labels of its configuration and annotations of its manifest and of the index.
func labels(o options) map[string]string {
	const prefix = "org.opencontainers.image."
	return map[string]string{
		prefix + "title":         o.program.name,
		prefix + "description":   o.program.description,
		prefix + "version":       o.version,
		prefix + "revision":      o.revision,
		prefix + "source":        source,
		prefix + "url":           source,
		prefix + "documentation": source + "#readme",
		prefix + "licenses":      "Apache-2.0",
		prefix + "vendor":        "The clerk-operator Authors",
		prefix + "created":       o.created.Format(time.RFC3339),
	}
}

// newImage returns the image for a platform with this binary.
func newImage(o options, platform v1.Platform, binary string) (v1.Image, error) {
	layer, err := newLayer(o, binary)
	if err != nil {
		return nil, err
	}
	image := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	image, err = mutate.Append(image, mutate.Addendum{
		Layer:   layer,
		History: v1.History{Created: v1.Time{Time: o.created}, CreatedBy: "COPY " + o.program.entrypoint[1:] + " " + o.program.entrypoint},
	})
	if err != nil {
		return nil, fmt.Errorf("adding the layer: %w", err)
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, fmt.Errorf("reading the configuration: %w", err)
	}
	config = config.DeepCopy()
	config.OS, config.Architecture = platform.OS, platform.Architecture
	config.Created = v1.Time{Time: o.created}
	config.Config = v1.Config{User: user, Entrypoint: []string{o.program.entrypoint}, Cmd: o.program.args, WorkingDir: "/", Labels: labels(o)}
	if o.program.port != "" {
		config.Config.ExposedPorts = map[string]struct{}{o.program.port: {}}
	}
	if image, err = mutate.ConfigFile(image, config); err != nil {
		return nil, fmt.Errorf("writing the configuration: %w", err)
	}
	return mutate.Annotations(image, labels(o)).(v1.Image), nil
}

// newLayer returns the layer with the binary, which root owns and everybody may run.
func newLayer(o options, binary string) (v1.Layer, error) {
	content, err := os.ReadFile(binary)
	if err != nil {
		return nil, fmt.Errorf("reading the binary: %w", err)
	}
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	header := &tar.Header{
		Typeflag: tar.TypeReg, Name: o.program.entrypoint[1:], Mode: 0o555, Size: int64(len(content)), ModTime: o.created, Format: tar.FormatUSTAR,
	}
	if err := w.WriteHeader(header); err != nil {
		return nil, fmt.Errorf("writing the layer: %w", err)
	}
	if _, err := w.Write(content); err != nil {
		return nil, fmt.Errorf("writing the layer: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("writing the layer: %w", err)
	}
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(archive.Bytes())), nil }
	layer, err := tarball.LayerFromOpener(open,
		tarball.WithMediaType(types.OCILayer), tarball.WithCompressionLevel(gzip.BestCompression), tarball.WithCompressedCaching)
	if err != nil {
		return nil, fmt.Errorf("compressing the layer: %w", err)
	}
	return layer, nil
}

// newIndex returns the index of the images, in the order of the platforms.
func newIndex(o options, images []v1.Image) v1.ImageIndex {
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for i, image := range images {
		index = mutate.AppendManifests(index, mutate.IndexAddendum{
			Add:        image,
			Descriptor: v1.Descriptor{Platform: &o.platforms[i]},
		})
	}
	return mutate.Annotations(index, labels(o)).(v1.ImageIndex)
}
