// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package diff

import (
	"context"
	"errors"
	"fmt"
	"io"

	"k8s.io/cli-runtime/pkg/resource"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/plugin/cli"
	"github.com/clerk-operator/clerk-operator/internal/preview"
)

// comparison is one run of the command.
type comparison struct {
	environment *cli.Environment
	options     *options
	run         runFunc
}

// write writes the report. Its error has the exit code.
func (c comparison) write(ctx context.Context) error {
	report, err := c.report(ctx)
	if err != nil {
		return err
	}
	if c.options.output.Structured() {
		err = c.options.output.Print(c.environment.Out, report)
	} else {
		for _, note := range report.Notes {
			fmt.Fprintf(c.environment.ErrOut, "note: %s\n", printable(note))
		}
		_, err = io.WriteString(c.environment.Out, report.Text(c.environment.Colors()))
	}
	switch {
	case err != nil:
		return fmt.Errorf("writing the output: %w", err)
	case len(report.Refused) > 0:
		return errors.New("the API server refuses objects; correct them and run the command again")
	case report.Summary.found():
		return &cli.FoundError{}
	}
	return nil
}

// report reads the manifests, has the API server run them, and finds out what would change at Clerk.
func (c comparison) report(ctx context.Context) (Report, error) {
	read, err := c.read()
	if err != nil {
		return Report{}, err
	}
	said := &notes{}
	if len(read.ignored) > 0 {
		said.add("ignored, because they change nothing at Clerk: "+read.ignoredKinds(), "")
	}
	cluster, err := c.environment.DryRunner()
	if err != nil {
		return Report{}, err
	}
	tried, err := c.attempt(ctx, cluster, read)
	if err != nil {
		return Report{}, err
	}
	for _, o := range tried.outcomes {
		if o.note != "" {
			said.add(o.note, o.manifest.id().String())
		}
	}
	for _, object := range tried.pruned {
		if instance, is := object.(*v1alpha1.ClerkInstance); is {
			said.add("--prune deletes it; the operator keeps it until no ClerkUser uses it", instanceKind+" "+instance.Namespace+"/"+instance.Name)
		}
	}
	input, err := tried.input()
	if err != nil {
		return Report{}, err
	}
	if len(input.Applied)+len(input.Deleted) == 0 {
		return reportOf(preview.Result{}, nil, tried.refused(), said.texts()), nil
	}
	config, err := c.config(ctx, cluster, tried.namespaces, input, said)
	if err != nil {
		return Report{}, err
	}
	progress := c.environment.Progress("reading users at Clerk")
	result, err := c.run(ctx, config, input)
	progress.Done()
	if err != nil {
		return Report{}, fmt.Errorf("finding out what would change: %w", err)
	}
	return reportOf(result, input.Applied, tried.refused(), said.texts()), nil
}

// read reads the manifests.
func (c comparison) read() (manifests, error) {
	namespace, strict, err := c.environment.Flags.ToRawKubeConfigLoader().Namespace()
	if err != nil {
		return manifests{}, fmt.Errorf("reading the kubeconfig: %w", err)
	}
	o := c.options
	read, err := readManifests(c.environment.Flags, c.environment.In, selection{
		files:    resource.FilenameOptions{Filenames: o.filenames, Kustomize: o.kustomization, Recursive: o.recursive},
		selector: o.selector, namespace: namespace, strict: strict,
	})
	if err == nil && read.count() == 0 {
		err = errors.New("the manifests have no objects")
		if o.selector != "" {
			err = errors.New("no manifest has the labels " + o.selector)
		}
	}
	return read, err
}
