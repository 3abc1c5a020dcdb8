// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"

	"github.com/clerk-operator/clerk-operator/test/controlplane/assets"
)

// placeholder is the name of the image in config/manager.
const placeholder = "clerk-operator"

// release is what is installed.
type release struct {
	image, version string
}

var (
	// imageName is a name with an optional host, as the distribution specification has it, without a tag or digest.
	imageName = regexp.MustCompile(`^(?:[a-zA-Z0-9.-]+(?::[0-9]+)?/)?[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*$`)
	// versionName is both a tag of an image and the value of a label.
	versionName = regexp.MustCompile(`^[a-zA-Z0-9](?:[a-zA-Z0-9._-]{0,61}[a-zA-Z0-9])?$`)
)

// validate names the argument to correct.
func (r release) validate() error {
	switch {
	case r.image == "":
		return errors.New("-image is missing: give the name of the image, without a tag: make dist IMAGE=registry.example.com/clerk-operator VERSION=v0.1.0")
	case !imageName.MatchString(r.image):
		return fmt.Errorf("-image: want the name of an image without a tag, as in registry.example.com/clerk-operator, not %q; the tag is -version", r.image)
	case !versionName.MatchString(r.version):
		return fmt.Errorf("-version: want a tag of at most 63 letters, digits, '.', '_' and '-', as in v0.1.0, not %q", r.version)
	}
	return nil
}

// render returns the objects of config/default of a checkout, with the image and the version.
func (r release) render(ctx context.Context, root string) ([]byte, error) {
	dir, err := assets.Find(assets.Kubectl)
	if err != nil {
		return nil, err
	}
	place, err := os.MkdirTemp("", "clerk-operator-installfile-")
	if err != nil {
		return nil, fmt.Errorf("making a place for the kustomization: %w", err)
	}
	defer os.RemoveAll(place)
	text, err := r.kustomization(place, root)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(place, "kustomization.yaml"), text, 0o600); err != nil {
		return nil, fmt.Errorf("writing the kustomization: %w", err)
	}
	var complaints bytes.Buffer
	kubectl := exec.CommandContext(ctx, filepath.Join(dir, assets.Kubectl), "kustomize", place)
	kubectl.Stderr = &complaints
	objects, err := kubectl.Output()
	if err != nil || complaints.Len() > 0 {
		return nil, fmt.Errorf("rendering config/default: %w: %s", err, complaints.String())
	}
	head := fmt.Sprintf("# clerk-operator %s. Install it with: kubectl apply --server-side -f install.yaml\n", r.version)
	return append([]byte(head), objects...), nil
}

// kustomization returns a kustomization of config/default for a place. Kustomize follows relative paths only.
func (r release) kustomization(place, root string) ([]byte, error) {
	place, err := filepath.EvalSymlinks(place)
	if err != nil {
		return nil, fmt.Errorf("finding the place of the kustomization: %w", err)
	}
	root, err = filepath.EvalSymlinks(root)
	if err != nil {
		return nil, fmt.Errorf("finding config: %w", err)
	}
	config, err := filepath.Rel(place, filepath.Join(root, "config", "default"))
	if err != nil {
		return nil, fmt.Errorf("finding config: %w", err)
	}
	return fmt.Appendf(nil, `apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
- %q
images:
- name: %s
  newName: %q
  newTag: %q
labels:
- pairs:
    app.kubernetes.io/version: %q
`, config, placeholder, r.image, r.version, r.version), nil
}
