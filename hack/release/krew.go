// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/hex"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"sigs.k8s.io/yaml"
)

// manifestName is the file with krew's description of the plugin. krew demands this name for a plugin "clerk".
const manifestName = "clerk.yaml"

// The manifest, as krew's page "Writing Krew plugin manifests" describes it.
type (
	krewPlugin struct {
		APIVersion string       `json:"apiVersion"`
		Kind       string       `json:"kind"`
		Metadata   krewMetadata `json:"metadata"`
		Spec       krewSpec     `json:"spec"`
	}
	krewMetadata struct {
		Name string `json:"name"`
	}
	krewSpec struct {
		Version          string         `json:"version"`
		Homepage         string         `json:"homepage"`
		ShortDescription string         `json:"shortDescription"`
		Description      string         `json:"description"`
		Caveats          string         `json:"caveats"`
		Platforms        []krewPlatform `json:"platforms"`
	}
	krewPlatform struct {
		Selector krewSelector `json:"selector"`
		URI      string       `json:"uri"`
		SHA256   string       `json:"sha256"`
		// Bin is the file in the archive that krew links into a directory of the path, as kubectl-clerk. It links no other.
		Bin string `json:"bin"`
	}
	krewSelector struct {
		MatchLabels map[string]string `json:"matchLabels"`
	}
)

const (
	krewDescription = `Shows what clerk-operator does with the users of a Clerk instance, and what it would do:
users by state and what needs a human, the changes that manifests would make at Clerk, users of an
instance as manifests, and the reason for the state of a user.
The plugin reads ClerkInstances, ClerkUsers and ClerkUserActions with the rights of your kubeconfig.
It never writes to Clerk.
`
	krewCaveats = `To complete the command line with Tab on Linux and macOS, give the plugin a second name, once:
  ln -s kubectl-clerk "${KREW_ROOT:-$HOME/.krew}/bin/kubectl_complete-clerk"
`
)

// checkDownloads refuses what cannot be the beginning of a URL of a file.
func checkDownloads(address string) error {
	parsed, err := url.Parse(address)
	if err != nil || parsed.Host == "" || parsed.Scheme != "https" && parsed.Scheme != "http" || parsed.RawQuery != "" || parsed.Fragment != "" {
		return fmt.Errorf("-downloads: want a URL such as https://downloads.example.com/v0.1.0, not %q", address)
	}
	return nil
}

// writeManifest writes the manifest for krew. The archives that it names have been made.
func (r *release) writeManifest() error {
	manifest := krewPlugin{
		APIVersion: "krew.googlecontainertools.github.com/v1alpha2",
		Kind:       "Plugin",
		Metadata:   krewMetadata{Name: "clerk"},
		Spec: krewSpec{
			Version:          r.version,
			Homepage:         page + r.version + "/docs/reference/kubectl-clerk.md",
			ShortDescription: "Show what clerk-operator does with users of Clerk",
			Description:      krewDescription,
			Caveats:          krewCaveats,
		},
	}
	for _, target := range r.targets {
		name := target.archive(r.version)
		sum, err := checksum(filepath.Join(r.output, name))
		if err != nil {
			return err
		}
		address, err := url.JoinPath(r.downloads, name)
		if err != nil {
			return err
		}
		manifest.Spec.Platforms = append(manifest.Spec.Platforms, krewPlatform{
			Selector: krewSelector{MatchLabels: map[string]string{"os": target.system, "arch": target.architecture}},
			URI:      address,
			SHA256:   hex.EncodeToString(sum),
			Bin:      target.binary(),
		})
	}
	text, err := yaml.Marshal(manifest)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(r.output, manifestName), text, 0o644)
}
