// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
	"github.com/clerk-operator/clerk-operator/test/controlplane"
)

const (
	// operatorNamespace is the namespace of the operator's own Secret.
	operatorNamespace = "clerk-operator-system"
	// closeLimit is how long the emulator's last requests may take.
	closeLimit = 5 * time.Second
)

// playground has everything that runs.
type playground struct {
	options
	out      io.Writer
	samples  samples
	plane    *controlplane.ControlPlane
	emulator *emulator.Server
	clerk    *emulator.Listener
	operator *controlplane.Process
	client   client.Client
}

// play starts everything and shows it. It stops when ctx ends or, with --exit, after the samples have been shown.
func play(ctx context.Context, o options, out io.Writer) (err error) {
	p := &playground{options: o, out: out}
	defer func() { err = errors.Join(err, p.stop(context.WithoutCancel(ctx))) }()
	for _, step := range []func(context.Context) error{
		p.loadSamples, p.buildBinaries, p.startClerk, p.startControlPlane, p.startOperator, p.applySamples,
	} {
		if err := step(ctx); err != nil || ctx.Err() != nil {
			return errors.Join(err, p.interrupted(ctx))
		}
	}
	err = p.show(ctx)
	if ctx.Err() != nil {
		return p.interrupted(ctx)
	}
	if p.exit || errors.Is(err, errOperatorEnded) {
		return err
	}
	if err != nil {
		p.sayf("%v", err)
	}
	p.guide()
	select {
	case <-ctx.Done():
		return nil
	case <-p.operator.Done():
		return p.operatorEnded()
	}
}

// interrupted returns an error for a run with --exit that was interrupted before all samples were Ready.
func (p *playground) interrupted(ctx context.Context) error {
	if p.exit && ctx.Err() != nil {
		return errors.New("interrupted before every sample was Ready")
	}
	return nil
}

func (p *playground) loadSamples(context.Context) error {
	loaded, err := loadSamples(p.options.samples)
	p.samples = loaded
	return err
}

// buildBinaries builds the operator and the kubectl plugin from the checkout, unless flags name them.
func (p *playground) buildBinaries(ctx context.Context) error {
	if p.manager == "" {
		p.manager = filepath.Join(p.root, "bin", "manager")
		if err := p.build(ctx, p.manager, "."); err != nil {
			return fmt.Errorf("building the operator: %w", err)
		}
	}
	if p.plugin == "" {
		p.plugin = filepath.Join(p.root, "bin", "kubectl-clerk")
		if err := p.build(ctx, p.plugin, "./cmd/kubectl-clerk"); err != nil {
			return fmt.Errorf("building the kubectl plugin: %w", err)
		}
	}
	return nil
}

func (p *playground) build(ctx context.Context, binary, directory string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-o", binary, directory)
	cmd.Dir, cmd.Stdout, cmd.Stderr = p.root, p.out, p.out
	// Like "make build", whatever this program was built with.
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	return cmd.Run()
}

// startClerk serves an emulated Clerk instance for every key in the samples.
func (p *playground) startClerk(ctx context.Context) error {
	p.emulator = emulator.New(emulator.Config{})
	for _, key := range p.samples.keys() {
		p.emulator.AddInstance(emulator.InstanceConfig{Keys: []string{key}})
	}
	listener, err := p.emulator.Listen(ctx, "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("starting the Clerk emulator: %w", err)
	}
	p.clerk = listener
	p.sayf("the Clerk emulator listens at %s", listener.URL())
	return nil
}

func (p *playground) startControlPlane(context.Context) error {
	p.sayf("starting etcd and kube-apiserver")
	plane, err := controlplane.StartWithCRDs()
	if err != nil {
		return err
	}
	p.plane = plane
	if err := v1alpha1.AddToScheme(scheme.Scheme); err != nil {
		return fmt.Errorf("adding the kinds to the client: %w", err)
	}
	p.client, err = client.New(plane.Config(), client.Options{})
	if err != nil {
		return fmt.Errorf("making a client: %w", err)
	}
	p.sayf("they run; the CustomResourceDefinitions are installed")
	return nil
}

func (p *playground) applySamples(ctx context.Context) error {
	p.samples.pointAt(p.clerk.URL())
	return p.samples.apply(ctx, p.client, p.sayf)
}

// startOperator runs the operator as outside a cluster.
func (p *playground) startOperator(ctx context.Context) error {
	namespace := &corev1.Namespace{}
	namespace.Name = operatorNamespace
	if err := p.client.Create(ctx, namespace); err != nil {
		return fmt.Errorf("making the operator's namespace: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(p.logPath()), 0o755); err != nil {
		return fmt.Errorf("making room for the operator's log: %w", err)
	}
	log, err := os.Create(p.logPath())
	if err != nil {
		return fmt.Errorf("opening the operator's log: %w", err)
	}
	defer log.Close()
	p.operator, err = p.plane.Run(log, p.manager,
		"--kubeconfig="+p.plane.Kubeconfig(),
		"--allowed-api-hosts=http://"+p.clerk.Address(),
		"--operator-namespace="+operatorNamespace,
		"--health-probe-bind-address=0",
		"--metrics-bind-address=0",
	)
	if err != nil {
		return err
	}
	p.sayf("the operator runs; its log is %s", p.logPath())
	return nil
}

func (p *playground) logPath() string {
	return filepath.Join(p.root, "out", "playground", "manager.log")
}

// stop stops everything in the reverse order of its start.
func (p *playground) stop(ctx context.Context) error {
	if p.plane != nil {
		p.sayf("stopping everything")
	}
	var errs []error
	if p.plane != nil {
		errs = append(errs, p.plane.Stop())
	}
	if p.clerk != nil {
		ctx, cancel := context.WithTimeout(ctx, closeLimit)
		defer cancel()
		errs = append(errs, p.clerk.Close(ctx))
	}
	return errors.Join(errs...)
}

func (p *playground) sayf(format string, args ...any) {
	fmt.Fprintf(p.out, "playground: "+format+"\n", args...)
}
