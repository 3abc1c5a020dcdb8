// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package image

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const (
	indexType    = "application/vnd.oci.image.index.v1+json"
	manifestType = "application/vnd.oci.image.manifest.v1+json"
	configType   = "application/vnd.oci.image.config.v1+json"
	layerType    = "application/vnd.oci.image.layer.v1.tar+gzip"
)

// layout is an image as files: an OCI layout in the directory oci, and archives.
type layout struct {
	output string
	digest string
}

// descriptor, index, manifest and config are what the OCI image specification calls so.
type descriptor struct {
	MediaType   string            `json:"mediaType"`
	Digest      string            `json:"digest"`
	Size        int64             `json:"size"`
	Platform    platform          `json:"platform"`
	Annotations map[string]string `json:"annotations"`
}

type platform struct {
	OS           string `json:"os"`
	Architecture string `json:"architecture"`
}

type index struct {
	MediaType   string            `json:"mediaType"`
	Manifests   []descriptor      `json:"manifests"`
	Annotations map[string]string `json:"annotations"`
}

type manifest struct {
	MediaType   string            `json:"mediaType"`
	Config      descriptor        `json:"config"`
	Layers      []descriptor      `json:"layers"`
	Annotations map[string]string `json:"annotations"`
}

type config struct {
	platform

	Created time.Time      `json:"created"`
	Config  map[string]any `json:"config"`
	RootFS  map[string]any `json:"rootfs"`
}

// file is one file of an image.
type file struct {
	header  tar.Header
	content []byte
}

// image is the image for one platform.
type image struct {
	descriptor

	manifest manifest
	config   config
	// configText is the configuration as it is stored.
	configText []byte
	// layer is the compressed layer, and diffID the digest of its contents.
	layer  []byte
	diffID string
	files  []file
}

// blob returns what a descriptor describes.
func (l layout) blob(t *testing.T, d descriptor, mediaType string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(l.output, "oci", "blobs", filepath.FromSlash(strings.Replace(d.Digest, ":", "/", 1))))
	if err != nil {
		t.Fatal(err)
	}
	if got := digestOf(text); got != d.Digest || int64(len(text)) != d.Size || d.MediaType != mediaType {
		t.Fatalf("a blob with the digest %s and %d bytes is described as %+v, want the type %s", got, len(text), d, mediaType)
	}
	return text
}

func digestOf(text []byte) string {
	sum := sha256.Sum256(text)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// index returns the index of the image, to which the layout refers by the version.
func (l layout) index(t *testing.T) index {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(l.output, "oci", "index.json"))
	if err != nil {
		t.Fatal(err)
	}
	var top, inner index
	decode(t, text, &top)
	if len(top.Manifests) != 1 || top.Manifests[0].Digest != l.digest || top.Manifests[0].Annotations["org.opencontainers.image.ref.name"] != version {
		t.Fatalf("the layout has %+v, want %s as %s", top.Manifests, l.digest, version)
	}
	decode(t, l.blob(t, top.Manifests[0], indexType), &inner)
	return inner
}

func decode(t *testing.T, text []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
}

// images returns the images for all platforms, by their architectures.
func (l layout) images(t *testing.T) map[string]image {
	t.Helper()
	images := map[string]image{}
	for _, d := range l.index(t).Manifests {
		i := image{descriptor: d}
		decode(t, l.blob(t, d, manifestType), &i.manifest)
		i.configText = l.blob(t, i.manifest.Config, configType)
		decode(t, i.configText, &i.config)
		if len(i.manifest.Layers) != 1 {
			t.Fatalf("%d layers, want 1", len(i.manifest.Layers))
		}
		i.layer = l.blob(t, i.manifest.Layers[0], layerType)
		i.unpack(t)
		images[d.Platform.Architecture] = i
	}
	return images
}

// unpack reads the layer.
func (i *image) unpack(t *testing.T) {
	t.Helper()
	unzipped, err := gzip.NewReader(bytes.NewReader(i.layer))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(unzipped)
	if err != nil {
		t.Fatal(err)
	}
	i.diffID = digestOf(text)
	archive := tar.NewReader(bytes.NewReader(text))
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(archive)
		if err != nil {
			t.Fatal(err)
		}
		i.files = append(i.files, file{*header, content})
	}
}

// rootfs writes the files of an image into a new directory below dir.
func (i *image) rootfs(t *testing.T, dir string) string {
	t.Helper()
	root := filepath.Join(dir, "rootfs")
	if err := os.Mkdir(root, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, f := range i.files {
		path := filepath.Join(root, filepath.FromSlash(f.header.Name))
		if err := os.WriteFile(path, f.content, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, f.header.FileInfo().Mode()); err != nil {
			t.Fatal(err)
		}
	}
	return root
}
