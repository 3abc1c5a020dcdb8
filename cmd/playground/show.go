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
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/hack/progress"
)

const (
	pollInterval = 250 * time.Millisecond
	// keptLogLines is how much of the operator's log is shown if it ended by itself.
	keptLogLines = 20
)

var (
	errOperatorEnded = errors.New("the operator ended by itself")
	errNotReady      = errors.New("not every sample is Ready")
)

// show applies the samples and waits until they are Ready. Then it prints them and the users at Clerk, or the tour.
func (p *playground) show(ctx context.Context) error {
	step := p.steps.Begin(fmt.Sprintf("Apply %d samples and wait until they are Ready", len(p.samples)))
	waiting, err := p.applySamples(ctx, step)
	if err != nil || ctx.Err() != nil {
		step.Failed()
		return errors.Join(err, ctx.Err())
	}
	if len(waiting) > 0 {
		step.Failed()
		err = fmt.Errorf("%w within %s:\n  %s", errNotReady, p.limit, strings.Join(waiting, "\n  "))
	} else {
		step.Done("every sample is Ready")
	}
	if p.tour && err == nil {
		return p.guidedTour(ctx)
	}
	return errors.Join(p.printTables(ctx), err)
}

// applySamples returns a line for each sample that is not Ready within the limit.
func (p *playground) applySamples(ctx context.Context, step *progress.Step) ([]string, error) {
	p.samples.pointAt(p.clerk.URL())
	if err := p.samples.apply(ctx, p.client); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, p.limit)
	defer cancel()
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		waiting := p.notReady(context.WithoutCancel(ctx))
		if len(waiting) == 0 {
			return nil, nil
		}
		step.Sayf("%d are not Ready yet", len(waiting))
		select {
		case <-ctx.Done():
			return waiting, nil
		case <-p.operator.Done():
			return nil, p.operatorEnded()
		case <-tick.C:
		}
	}
}

// notReady returns a line for each sample of a kind with a Ready condition that is not Ready.
func (p *playground) notReady(ctx context.Context) []string {
	var waiting []string
	for _, sample := range append(p.samples.ofKind(kindInstance), p.samples.ofKind(kindUser)...) {
		object := &unstructured.Unstructured{}
		object.SetGroupVersionKind(sample.GroupVersionKind())
		err := p.client.Get(ctx, client.ObjectKeyFromObject(sample), object)
		name := fmt.Sprintf("%s %s/%s", sample.GetKind(), sample.GetNamespace(), sample.GetName())
		if err != nil {
			waiting = append(waiting, fmt.Sprintf("%s: %v", name, err))
		} else if ready, why := readiness(object); !ready {
			waiting = append(waiting, name+": "+why)
		}
	}
	return waiting
}

// readiness reports whether an object's present generation is Ready, and what its condition says if not.
func readiness(object *unstructured.Unstructured) (bool, string) {
	conditions, _, _ := unstructured.NestedSlice(object.Object, "status", "conditions")
	for _, entry := range conditions {
		condition, ok := entry.(map[string]any)
		if !ok || condition["type"] != v1alpha1.ConditionReady {
			continue
		}
		seen, _, _ := unstructured.NestedInt64(condition, "observedGeneration")
		if condition["status"] == "True" && seen == object.GetGeneration() {
			return true, ""
		}
		return false, fmt.Sprintf("Ready=%v %v: %v", condition["status"], condition["reason"], condition["message"])
	}
	return false, "no result yet"
}

// printTables prints the users as kubectl shows them and as Clerk stores them.
func (p *playground) printTables(ctx context.Context) error {
	args := append(p.getUsers(), p.connection()...)
	table, err := exec.CommandContext(ctx, p.plane.Kubectl(), args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("running kubectl: %w: %s", err, table)
	}
	fmt.Fprintf(p.out, "\n$ kubectl %s\n%s\n", strings.Join(p.getUsers(), " "), table)
	for _, instance := range p.emulator.Instances() {
		fmt.Fprintf(p.out, "the same users at Clerk (%s instance %s)\n%s\n",
			instance.Environment(), instance.ID(), usersTable(instance.Users()))
	}
	return nil
}

// getUsers returns kubectl's arguments for the samples' users.
func (p *playground) getUsers() []string {
	args := []string{"get", "clerkusers"}
	for _, user := range p.samples.ofKind(kindUser) {
		if user.GetNamespace() != "default" {
			return append(args, "--all-namespaces")
		}
	}
	return args
}

// connection returns more and kubectl's arguments for the control plane.
func (p *playground) connection(more ...string) []string {
	return append(more, "--kubeconfig", p.plane.Kubeconfig(), "--cache-dir", p.plane.KubectlCache())
}

// operatorEnded returns how the operator ended, with the end of its log.
func (p *playground) operatorEnded() error {
	text, err := os.ReadFile(p.log.Name())
	if err != nil {
		return errors.Join(errOperatorEnded, err)
	}
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	lines = lines[max(0, len(lines)-keptLogLines):]
	return errors.Join(errOperatorEnded, p.operator.Err(), fmt.Errorf("the end of its log:\n%s", bytes.Join(lines, []byte("\n"))))
}
