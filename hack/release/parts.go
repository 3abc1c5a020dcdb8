// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// architectures are those of the image.
func architectures() []string { return []string{"amd64", "arm64"} }

// command is a program of this repository or a pinned tool.
type command struct {
	dir  string // of the module
	tool string // name of the tool; empty: go runs with the arguments
	args []string
	env  []string
	out  io.Writer // nil: nowhere
}

// run runs a command and shows what it says when it fails.
func (r *release) run(ctx context.Context, c command) error {
	name, args := "go", c.args
	if c.tool != "" {
		path, err := exec.CommandContext(ctx, "go", "-C", c.dir, "tool", "-n", c.tool).Output()
		if err != nil {
			return fmt.Errorf("building %s: %w", c.tool, err)
		}
		name = strings.TrimSpace(string(path))
	}
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = c.dir
	// The time of files in the image and in the chart.
	cmd.Env = append(os.Environ(), append(c.env, fmt.Sprintf("SOURCE_DATE_EPOCH=%d", r.created.Unix()))...)
	var said bytes.Buffer
	cmd.Stderr = &said
	cmd.Stdout = c.out
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w: %s", strings.Join(append([]string{filepath.Base(name)}, args...), " "), err, strings.TrimSpace(said.String()))
	}
	return nil
}

// prefix begins the names of the files of the image.
func (r *release) prefix() string { return "clerk-operator-" + r.version + "-" }

// makeImage builds the image for all platforms, and keeps its archives and its digest.
func (r *release) makeImage(ctx context.Context, scratch string) error {
	built := filepath.Join(scratch, "image")
	err := r.run(ctx, command{dir: filepath.Join(r.root, "hack", "image"), args: []string{
		"run", ".", "-root", r.root, "-name", r.image, "-version", r.version, "-output", built,
	}})
	if err != nil {
		return err
	}
	archives, err := filepath.Glob(filepath.Join(built, r.prefix()+"*.tar"))
	if err != nil || len(archives) != len(architectures())+1 {
		return fmt.Errorf("want one archive for each platform and one for all, not %q (%w)", archives, err)
	}
	for _, archive := range archives {
		if err := copyFile(archive, filepath.Join(r.output, filepath.Base(archive))); err != nil {
			return err
		}
	}
	return copyFile(filepath.Join(built, "digest"), filepath.Join(r.output, r.prefix()+"digest.txt"))
}

// makeSBOMs writes what the binary in each image was built from.
func (r *release) makeSBOMs(ctx context.Context, scratch string) error {
	for _, architecture := range architectures() {
		name := r.prefix() + "linux-" + architecture
		binary := filepath.Join(scratch, architecture, "manager")
		if err := os.MkdirAll(filepath.Dir(binary), 0o755); err != nil {
			return err
		}
		if err := extract(filepath.Join(r.output, name+".tar"), binary); err != nil {
			return err
		}
		if err := r.writeSBOM(ctx, binary, target{"linux", architecture}, name); err != nil {
			return err
		}
	}
	return nil
}

// writeSBOM writes what a binary was built from into a file of this name, without its suffix.
func (r *release) writeSBOM(ctx context.Context, binary string, target target, name string) error {
	var sbom bytes.Buffer
	err := r.run(ctx, command{
		dir: filepath.Join(r.root, "hack", "supplychain"), tool: "cyclonedx-gomod", out: &sbom,
		args: []string{"bin", "-json", "-licenses", "-std", "-noserial", "-notimestamp", "-version", r.version, binary},
		// The tool finds licences in the module cache. It must not ask a proxy for this version, which would publish it.
		env: []string{"GOOS=" + target.system, "GOARCH=" + target.architecture, "GOPROXY=off"},
	})
	if err != nil {
		return err
	}
	text, err := withoutTool(sbom.Bytes())
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(r.output, name+".cdx.json"), text, 0o644)
}

// withoutTool removes the digests of the tool that made an SBOM: they differ from one machine to another.
func withoutTool(sbom []byte) ([]byte, error) {
	var document map[string]any
	if err := json.Unmarshal(sbom, &document); err != nil {
		return nil, fmt.Errorf("reading the SBOM: %w", err)
	}
	metadata, _ := document["metadata"].(map[string]any)
	tools, _ := metadata["tools"].([]any)
	if len(tools) == 0 {
		return nil, errors.New("the SBOM does not name the tool that made it; has its form changed?")
	}
	for _, tool := range tools {
		if tool, ok := tool.(map[string]any); ok {
			delete(tool, "hashes")
		}
	}
	text, err := json.MarshalIndent(document, "", "  ")
	return append(text, '\n'), err
}

func (r *release) makeInstallFile(ctx context.Context, _ string) error {
	return r.run(ctx, command{dir: r.root, args: []string{
		"run", "./hack/installfile", "-image", r.image, "-version", r.version, "-o", filepath.Join(r.output, "install.yaml"),
	}})
}

// makeLicences writes the licences of what the operator's binary contains.
func (r *release) makeLicences(ctx context.Context, _ string) error {
	texts, err := r.licences(ctx, "operator")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(r.output, "THIRD_PARTY_LICENSES.txt"), texts, 0o644)
}

// licences returns the licences of what the binary of a product contains, the operator's or the plugin's.
func (r *release) licences(ctx context.Context, product string) ([]byte, error) {
	var texts bytes.Buffer
	err := r.run(ctx, command{
		dir: filepath.Join(r.root, "hack", "supplychain"), args: []string{"run", "./licences", "-texts", product, r.root}, out: &texts,
	})
	return texts.Bytes(), err
}

func copyFile(from, to string) error {
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	target, err := os.Create(to)
	if err != nil {
		return err
	}
	_, err = io.Copy(target, source)
	return errors.Join(err, target.Close())
}
