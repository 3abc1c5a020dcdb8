// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package cli has what the commands of kubectl-clerk have in common: kubectl's connection flags, clients of the cluster, output
// formats, colour and exit codes.
package cli

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/internal/controller"
)

// Environment is what a command runs in.
type Environment struct {
	genericiooptions.IOStreams

	// Flags are kubectl's connection flags.
	Flags *genericclioptions.ConfigFlags
	// Getenv returns an environment variable; "" if it is not set.
	Getenv func(name string) string
	// Now returns the current time.
	Now func() time.Time
	// NoColor is the value of --no-color.
	NoColor bool
}

// Namespace returns the namespace of --namespace, or else of the kubeconfig's context; default if there is none.
func (e *Environment) Namespace() (string, error) {
	namespace, _, err := e.Flags.ToRawKubeConfigLoader().Namespace()
	if err != nil {
		return "", fmt.Errorf("reading the kubeconfig: %w", err)
	}
	return namespace, nil
}

// Config returns the connection to the cluster.
func (e *Environment) Config() (*rest.Config, error) {
	config, err := e.Flags.ToRESTConfig()
	if err != nil {
		return nil, fmt.Errorf("reading the kubeconfig: %w", err)
	}
	// The API server limits requests by itself (API Priority and Fairness). A thousand objects would take minutes with client-go's
	// own limit of five requests a second.
	config.QPS = -1
	config.WarningHandler = newWarnings(e.ErrOut)
	return config, nil
}

// Reader returns a client that reads the operator's kinds and those of Kubernetes. It cannot write.
func (e *Environment) Reader() (client.Reader, error) {
	c, err := e.client()
	if err != nil {
		return nil, err
	}
	return struct{ client.Reader }{c}, nil
}

// Creator creates objects in the cluster.
type Creator interface {
	Create(ctx context.Context, object client.Object, options ...client.CreateOption) error
}

// Creator returns a client that creates objects, and does nothing else.
func (e *Environment) Creator() (Creator, error) {
	c, err := e.client()
	if err != nil {
		return nil, err
	}
	return struct{ Creator }{c}, nil
}

// DryRunner reads, and asks the API server what writes would do. It changes nothing.
type DryRunner interface {
	client.Reader
	Creator
	Patch(ctx context.Context, object client.Object, patch client.Patch, options ...client.PatchOption) error
}

// DryRunner returns a client whose writes are dry runs.
func (e *Environment) DryRunner() (DryRunner, error) {
	c, err := e.client()
	if err != nil {
		return nil, err
	}
	return struct{ DryRunner }{client.NewDryRunClient(c)}, nil
}

// Watcher reads and watches.
type Watcher interface {
	client.Reader
	Watch(ctx context.Context, list client.ObjectList, options ...client.ListOption) (watch.Interface, error)
}

// Watcher returns a client that reads and watches the operator's kinds and those of Kubernetes. It cannot write.
func (e *Environment) Watcher() (Watcher, error) {
	c, err := e.client()
	if err != nil {
		return nil, err
	}
	return struct{ Watcher }{c}, nil
}

func (e *Environment) client() (client.WithWatch, error) {
	config, err := e.Config()
	if err != nil {
		return nil, err
	}
	mapper, err := e.Flags.ToRESTMapper()
	if err != nil {
		return nil, fmt.Errorf("reading which kinds the cluster has: %w", err)
	}
	scheme, err := controller.Scheme()
	if err != nil {
		return nil, err
	}
	c, err := client.NewWithWatch(config, client.Options{Scheme: scheme, Mapper: mapper})
	if err != nil {
		return nil, fmt.Errorf("making a client of the cluster: %w", err)
	}
	return c, nil
}
