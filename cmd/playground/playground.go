// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/cmd/playground/tour"
	"github.com/clerk-operator/clerk-operator/hack/progress"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
	"github.com/clerk-operator/clerk-operator/test/controlplane"
)

const (
	// operatorNamespace is the namespace of the operator's own Secret.
	operatorNamespace = "clerk-operator-system"
	// closeLimit is how long the emulator's last requests may take.
	closeLimit = 5 * time.Second
	// ownSteps is how many steps this program prints.
	ownSteps = 3
)

// playground has everything that runs.
type playground struct {
	options
	in       io.Reader
	typed    *bufio.Reader
	out      io.Writer
	steps    *progress.Steps
	samples  samples
	plane    *controlplane.ControlPlane
	emulator *emulator.Server
	clerk    *emulator.Listener
	operator *controlplane.Process
	log      *os.File
	client   client.Client
}

// play starts everything, and shows the users or the tour. Then it stops, with --exit, or when ctx ends.
func play(ctx context.Context, o options, in io.Reader, out io.Writer) (err error) {
	p := &playground{options: o, in: in, out: out}
	defer func() { err = errors.Join(err, p.stop(context.WithoutCancel(ctx))) }()
	if err := p.prepare(ctx); err != nil {
		return err
	}
	p.steps = progress.New(out, o.firstStep, o.firstStep+ownSteps-1)
	err = p.start(ctx)
	if err == nil {
		err = p.show(ctx)
	}
	switch {
	case ctx.Err() != nil:
		return p.interrupted()
	case errors.Is(err, tour.ErrQuit):
		return nil
	case err != nil && (p.exit || p.tour || !errors.Is(err, errNotReady)):
		return err
	case err != nil:
		fmt.Fprintf(p.out, "\nplayground: %v\n", err)
	case p.exit:
		return nil
	}
	fmt.Fprint(p.out, p.guide())
	select {
	case <-ctx.Done():
		return nil
	case <-p.operator.Done():
		return p.operatorEnded()
	}
}

// interrupted returns an error for a run with --exit that was interrupted before its end.
func (p *playground) interrupted() error {
	if p.exit {
		return errors.New("interrupted before the end")
	}
	return nil
}

// prepare does what comes before the first step.
func (p *playground) prepare(ctx context.Context) error {
	var err error
	if p.samples, err = loadSamples(p.options.samples); err != nil {
		return err
	}
	return p.buildBinaries(ctx)
}

// start starts everything and applies the samples.
func (p *playground) start(ctx context.Context) error {
	for _, next := range []struct {
		title string
		start func(context.Context) (string, error)
	}{
		{"Start etcd and kube-apiserver", p.startControlPlane},
		{"Start the Clerk emulator and the operator", p.startClerkAndOperator},
	} {
		step := p.steps.Begin(next.title)
		result, err := next.start(ctx)
		if err != nil || ctx.Err() != nil {
			step.Failed()
			return errors.Join(err, ctx.Err())
		}
		step.Done(result)
	}
	return nil
}

// stop stops everything in the reverse order of its start.
func (p *playground) stop(ctx context.Context) error {
	if p.plane != nil {
		fmt.Fprintln(p.out, "playground: stopping everything")
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
	if p.log != nil {
		errs = append(errs, p.log.Close())
	}
	return errors.Join(errs...)
}
