// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package importer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/clerk-operator/clerk-operator/internal/plugin/manifest"
)

// Names of the files in an output directory. The prefix keeps an object named kustomization, or con on Windows, from being a problem.
const (
	filePrefix        = "clerkuser-"
	fileSuffix        = ".yaml"
	kustomizationFile = "kustomization.yaml"
	resumeFile        = ".clerk-import.json"
	temporaryFiles    = ".clerk-import-"
)

// Names and files have personal data.
const directoryMode = 0o700

// directory writes each manifest to a file of its own.
type directory struct {
	path string
	// settings are those that an import must have that continues this one.
	settings settings
	// replaces is true if files of an earlier import are removed first.
	replaces bool
}

// settings are the options that decide what an import writes.
type settings struct {
	InstanceID     string   `json:"instance"`
	Namespace      string   `json:"namespace"`
	Query          string   `json:"query,omitempty"`
	EmailDomain    string   `json:"email-domain,omitempty"`
	IDs            []string `json:"id,omitempty"`
	Metadata       []string `json:"metadata,omitempty"`
	Banned         *bool    `json:"banned,omitempty"`
	Enforce        bool     `json:"enforce,omitempty"`
	Name           string   `json:"name"`
	Fields         []string `json:"fields"`
	Limit          int      `json:"limit,omitempty"`
	IncludeManaged bool     `json:"include-managed,omitempty"`
}

// record is the content of the file by which an import is continued.
type record struct {
	Settings settings `json:"settings"`
	Position position `json:"position"`
}

// openDirectory returns the output directory, and where an interrupted import stopped that is to be continued; nil for one that begins.
func openDirectory(path string, s settings, resume, overwrite bool) (*directory, *position, error) {
	d := &directory{path: path, settings: s, replaces: overwrite}
	if err := os.MkdirAll(path, directoryMode); err != nil {
		return nil, nil, fmt.Errorf("--output-dir: %w", err)
	}
	files, err := d.files()
	if err != nil {
		return nil, nil, err
	}
	text, err := os.ReadFile(d.file(resumeFile))
	interrupted := err == nil
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, nil, fmt.Errorf("reading how far the import is: %w", err)
	case overwrite, !interrupted && len(files) == 0:
		return d, nil, nil
	case resume && interrupted:
		from, err := d.resumed(text)
		return d, from, err
	case interrupted:
		return nil, nil, fmt.Errorf("%s has an import that was interrupted; continue it with --resume, or replace it with --overwrite", path)
	case resume:
		return nil, nil, fmt.Errorf("%s has an import, and it is complete; replace it with --overwrite", path)
	}
	return nil, nil, fmt.Errorf("%s has %s and %d files in all of an earlier import; replace them with --overwrite, or name another directory", path, files[0], len(files))
}

// resumed returns where an interrupted import with the same options stopped.
func (d *directory) resumed(text []byte) (*position, error) {
	var r record
	if err := json.Unmarshal(text, &r); err != nil {
		return nil, fmt.Errorf("reading how far the import is from %s: %w; begin anew with --overwrite", d.file(resumeFile), err)
	}
	if other := differing(r.Settings, d.settings); len(other) > 0 {
		return nil, fmt.Errorf("the import in %s was begun with another value of: %s; use the same, or begin anew with --overwrite",
			d.path, strings.Join(other, ", "))
	}
	return &r.Position, d.remove(func(name string) bool { return strings.HasPrefix(name, temporaryFiles) })
}

// differing returns the names of the settings that differ.
func differing(a, b settings) []string {
	var names []string
	one, other := reflect.ValueOf(a), reflect.ValueOf(b)
	for i := range one.NumField() {
		if !reflect.DeepEqual(one.Field(i).Interface(), other.Field(i).Interface()) {
			name, _, _ := strings.Cut(one.Type().Field(i).Tag.Get("json"), ",")
			names = append(names, name)
		}
	}
	return names
}

func (d *directory) file(name string) string { return filepath.Join(d.path, name) }

// isOurs reports whether a file is one that an import writes for people.
func isOurs(name string) bool {
	return name == kustomizationFile || strings.HasPrefix(name, filePrefix) && strings.HasSuffix(name, fileSuffix)
}

// files returns the names of the files that an import has written, sorted.
func (d *directory) files() ([]string, error) {
	entries, err := os.ReadDir(d.path)
	if err != nil {
		return nil, fmt.Errorf("--output-dir: %w", err)
	}
	var names []string
	for _, entry := range entries {
		if isOurs(entry.Name()) {
			names = append(names, entry.Name())
		}
	}
	return names, nil
}

// userLine is the line of a manifest that names the user. No text of a person begins in its column.
var userLine = regexp.MustCompile(`(?m)^  userID: (user_[A-Za-z0-9]+)$`)

// userOf returns the user of a manifest; "" if there is none.
func userOf(text []byte) string {
	if match := userLine.FindSubmatch(text); match != nil && !bytes.HasPrefix(text, []byte("{")) {
		return string(match[1])
	}
	m := manifest.ClerkUser{}
	if err := yaml.Unmarshal(text, &m); err != nil || m.Spec == nil || m.Spec.UserID == nil {
		return ""
	}
	return *m.Spec.UserID
}

// claims returns the names of the objects that an interrupted import has written, with their users.
func (d *directory) claims() (map[string]claim, error) {
	names, err := d.files()
	if err != nil {
		return nil, err
	}
	taken := map[string]claim{}
	for _, name := range names {
		object, found := strings.CutPrefix(strings.TrimSuffix(name, fileSuffix), filePrefix)
		if !found {
			continue
		}
		text, err := os.ReadFile(d.file(name))
		if err != nil {
			return nil, fmt.Errorf("reading a manifest of the interrupted import: %w", err)
		}
		user := userOf(text)
		if user == "" {
			return nil, fmt.Errorf("%s has no userID any more; begin anew with --overwrite", d.file(name))
		}
		taken[object] = claim{userID: user, unfinished: true}
	}
	return taken, nil
}

// begin removes the files of an earlier import if they are to be replaced. From now on, the import can be continued.
func (d *directory) begin() error {
	if d.replaces {
		if err := d.remove(func(name string) bool {
			return isOurs(name) || name == resumeFile || strings.HasPrefix(name, temporaryFiles)
		}); err != nil {
			return err
		}
	}
	return d.endPage(position{})
}

func (d *directory) remove(which func(name string) bool) error {
	entries, err := os.ReadDir(d.path)
	if err != nil {
		return fmt.Errorf("--output-dir: %w", err)
	}
	for _, entry := range entries {
		if which(entry.Name()) {
			if err := os.Remove(d.file(entry.Name())); err != nil {
				return fmt.Errorf("removing a file of an earlier import: %w", err)
			}
		}
	}
	return nil
}

func (d *directory) write(m manifest.ClerkUser) error {
	text, err := m.YAML()
	if err != nil {
		return err
	}
	return d.put(filePrefix+m.Metadata.Name+fileSuffix, text)
}

func (d *directory) endPage(p position) error {
	text, err := json.MarshalIndent(record{d.settings, p}, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding how far the import is: %w", err)
	}
	return d.put(resumeFile, append(text, '\n'))
}

// put writes a file that is whole or not there. Only its owner can read it.
func (d *directory) put(name string, text []byte) error {
	file, err := os.CreateTemp(d.path, temporaryFiles+"*")
	if err != nil {
		return fmt.Errorf("writing %s: %w", d.file(name), err)
	}
	_, err = file.Write(text)
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), d.file(name))
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", d.file(name), errors.Join(err, os.Remove(file.Name())))
	}
	return nil
}

// end writes the file that names the others for kubectl apply -k. After it the import is complete.
func (d *directory) end() error {
	names, err := d.files()
	if err != nil {
		return err
	}
	names = slices.DeleteFunc(names, func(name string) bool { return name == kustomizationFile })
	var b strings.Builder
	b.WriteString("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:")
	if len(names) == 0 {
		b.WriteString(" []")
	}
	b.WriteString("\n")
	for _, name := range names {
		b.WriteString("- " + name + "\n")
	}
	if err := d.put(kustomizationFile, []byte(b.String())); err != nil {
		return err
	}
	if err := os.Remove(d.file(resumeFile)); err != nil {
		return fmt.Errorf("ending the import: %w", err)
	}
	return nil
}
