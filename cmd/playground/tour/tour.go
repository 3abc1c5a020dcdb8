// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package tour is the guided tour of "make demo": seven steps that show what the operator does. A step shows manifests, runs the
// commands that it shows, prints the calls that Clerk got, and checks all of it.
package tour

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// Key is the secret key of the tour's Clerk instance, as in its manifests.
const Key = "sk_live_demoNotARealKeyDemoNotARealKey" //nolint:gosec // of the emulator only, and made of words

// Namespace has the objects of the tour.
const Namespace = "tour"

// manifestURL is the emulator's address in the manifests.
const manifestURL = "http://127.0.0.1:8910"

//go:embed manifests
var manifests embed.FS

// ErrQuit says that somebody quit between two steps.
var ErrQuit = errors.New("quit")

// Tour is a tour through a running playground.
type Tour struct {
	// Out receives the tour.
	Out io.Writer
	// Page lays it out.
	Page Page
	// Pause is called before each step but the first. It returns ErrQuit to end the tour; nil for a tour without pauses.
	Pause func(ctx context.Context) error
	// Limit is how long a state may take.
	Limit time.Duration
	// Directory gets the manifests; the commands run in it.
	Directory string
	// Environment is added to the environment of the commands: KUBECONFIG with Namespace as its namespace, PATH with kubectl and its
	// plugin, CLERK with the emulator's address, INSTANCE with the id of the Clerk instance, LIMIT with Limit.
	Environment []string
	// Clerk is the Clerk instance with Key.
	Clerk *emulator.Instance
	// ClerkURL is the emulator's address.
	ClerkURL string
	// Cluster reads the objects.
	Cluster client.Reader

	// seen is the number of the last call that was shown.
	seen int
	// last is the kind of the last block.
	last block
}

// block is a kind of text on the page. Blocks have an empty line between them, except those that belong together.
type block int

const (
	paragraph block = iota
	typed
	printed
	checked
)

func (t *Tour) print(kind block, text string) {
	together := kind == printed || kind == checked && t.last == checked
	if !together {
		text = "\n" + text
	}
	fmt.Fprint(t.Out, text)
	t.last = kind
}

// Step is a step of the tour.
type Step struct {
	// Name is the step's name in errors.
	Name string
	// Title is its heading.
	Title string
	// Parts are shown and checked in order.
	Parts []Part
}

// Part is something that a step shows or checks. Its error says what is different from what the step tells.
type Part interface {
	show(ctx context.Context, t *Tour) error
}

// Steps returns the steps of the tour. Each one continues from the state that the former left.
func Steps() []Step {
	return []Step{create(), drift(), ban(), refuse(), adopt(), brake(), outage()}
}

// Run shows the steps. Its error names the step that did not go as it tells; ErrQuit says that somebody quit.
func (t *Tour) Run(ctx context.Context, steps []Step) error {
	if err := t.writeManifests(); err != nil {
		return err
	}
	for i, step := range steps {
		if i > 0 && t.Pause != nil {
			if err := t.Pause(ctx); err != nil {
				return err
			}
		}
		t.print(paragraph, t.Page.heading(i+1, len(steps), step.Title))
		for _, part := range step.Parts {
			if err := part.show(ctx, t); err != nil {
				return fmt.Errorf("step %d of %d (%s): %w", i+1, len(steps), step.Name, err)
			}
		}
	}
	return nil
}

// writeManifests writes the manifests into the directory, with the address of this emulator.
func (t *Tour) writeManifests() error {
	entries, err := manifests.ReadDir("manifests")
	if err != nil {
		return fmt.Errorf("reading the manifests of the tour: %w", err)
	}
	for _, entry := range entries {
		text, err := t.manifest(entry.Name())
		if err == nil {
			err = os.WriteFile(filepath.Join(t.Directory, entry.Name()), []byte(text), 0o600)
		}
		if err != nil {
			return fmt.Errorf("writing the manifests of the tour: %w", err)
		}
	}
	return nil
}

func (t *Tour) manifest(name string) (string, error) {
	text, err := manifests.ReadFile("manifests/" + name)
	return strings.ReplaceAll(string(text), manifestURL, t.ClerkURL), err
}
