// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
	"github.com/clerk-operator/clerk-operator/internal/emulator/page"
	"github.com/clerk-operator/clerk-operator/test/controlplane"
)

const (
	// clerkAddress is where the emulator listens unless another program does: the page has the same address each time.
	clerkAddress = "127.0.0.1:8910"
	anyAddress   = "127.0.0.1:0"
)

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
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", binary, directory)
	cmd.Dir, cmd.Stdout, cmd.Stderr = p.root, p.out, p.out
	// Like "make build", whose results are in the build cache, whatever this program was built with.
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	return cmd.Run()
}

// startControlPlane returns when the kinds are served. When ctx ends before, it leaves what it started to the leashes, which
// end everything together with this process.
func (p *playground) startControlPlane(ctx context.Context) (string, error) {
	if err := v1alpha1.AddToScheme(scheme.Scheme); err != nil {
		return "", fmt.Errorf("adding the kinds to the client: %w", err)
	}
	type started struct {
		plane *controlplane.ControlPlane
		err   error
	}
	result := make(chan started, 1)
	go func() {
		plane, err := controlplane.StartWithCRDs()
		result <- started{plane, err}
	}()
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case got := <-result:
		if got.err != nil {
			return "", got.err
		}
		p.plane = got.plane
	}
	var err error
	p.client, err = client.New(p.plane.Config(), client.Options{})
	if err != nil {
		return "", fmt.Errorf("making a client: %w", err)
	}
	return "the CustomResourceDefinitions are installed", nil
}

func (p *playground) startClerkAndOperator(ctx context.Context) (string, error) {
	if err := p.startClerk(ctx); err != nil {
		return "", err
	}
	if err := p.startOperator(ctx); err != nil {
		return "", err
	}
	return "the operator's log is " + p.log.Name(), nil
}

// startClerk serves an emulated Clerk instance for every key in the samples.
func (p *playground) startClerk(ctx context.Context) error {
	p.emulator = emulator.New(emulator.Config{})
	for _, key := range p.samples.keys() {
		p.emulator.AddInstance(emulator.InstanceConfig{Keys: []string{key}})
	}
	dashboard := page.Handler(p.emulator)
	var err error
	p.clerk, err = p.emulator.ListenWith(ctx, clerkAddress, dashboard)
	if errors.Is(err, syscall.EADDRINUSE) {
		p.clerk, err = p.emulator.ListenWith(ctx, anyAddress, dashboard)
	}
	if err != nil {
		return fmt.Errorf("starting the Clerk emulator: %w", err)
	}
	return nil
}

// startOperator runs the operator as outside a cluster.
func (p *playground) startOperator(ctx context.Context) error {
	namespace := &corev1.Namespace{}
	namespace.Name = operatorNamespace
	if err := p.client.Create(ctx, namespace); err != nil {
		return fmt.Errorf("making the operator's namespace: %w", err)
	}
	var err error
	if p.log, err = openLog(filepath.Join(p.root, "out", "playground")); err != nil {
		return err
	}
	p.operator, err = p.plane.Run(p.log, p.manager,
		"--kubeconfig="+p.plane.Kubeconfig(),
		"--allowed-api-hosts=http://"+p.clerk.Address(),
		"--operator-namespace="+operatorNamespace,
		"--health-probe-bind-address=0",
		"--metrics-bind-address=0",
	)
	return err
}

// openLog opens an empty file for the operator's log which no other playground writes to: manager.log, or manager-2.log and so on
// while another one runs.
func openLog(dir string) (*os.File, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("making room for the operator's log: %w", err)
	}
	for n := 1; ; n++ {
		name := "manager.log"
		if n > 1 {
			name = fmt.Sprintf("manager-%d.log", n)
		}
		file, err := os.OpenFile(filepath.Join(dir, name), os.O_CREATE|os.O_RDWR, 0o644)
		if err != nil {
			return nil, fmt.Errorf("opening the operator's log: %w", err)
		}
		err = syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return file, file.Truncate(0)
		}
		if err = errors.Join(err, file.Close()); !errors.Is(err, syscall.EWOULDBLOCK) {
			return nil, fmt.Errorf("locking the operator's log: %w", err)
		}
	}
}
