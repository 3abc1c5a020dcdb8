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
)

const (
	pollInterval = 250 * time.Millisecond
	// keptLogLines is how much of the operator's log is shown if it ended by itself.
	keptLogLines = 20
)

var errOperatorEnded = errors.New("the operator ended by itself")

// show prints the users while they become Ready, then the final table and the users as Clerk stores them. Its error
// names the samples that are not Ready.
func (p *playground) show(ctx context.Context) error {
	fmt.Fprintf(p.out, "\n$ kubectl %s --watch\n", strings.Join(p.getUsers(), " "))
	watch, err := p.plane.Run(p.out, p.plane.Kubectl(), append(p.getUsers(), p.connection("--watch")...)...)
	if err != nil {
		return err
	}
	started := time.Now()
	ctx, cancel := context.WithTimeout(ctx, p.limit)
	defer cancel()
	waiting, err := p.awaitReady(ctx)
	// A stopped watch ends with an error that says nothing.
	_ = watch.Stop()
	if err != nil {
		return err
	}
	if err := p.printTables(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	if len(waiting) > 0 {
		return fmt.Errorf("not Ready within %s:\n  %s", p.limit, strings.Join(waiting, "\n  "))
	}
	p.sayf("every sample is Ready, %s after the last one was applied", time.Since(started).Round(100*time.Millisecond))
	return nil
}

// awaitReady waits until all samples are Ready. When ctx ends it returns a line for each that is not.
func (p *playground) awaitReady(ctx context.Context) ([]string, error) {
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		waiting := p.notReady(context.WithoutCancel(ctx))
		if len(waiting) == 0 {
			return nil, nil
		}
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
	text, err := os.ReadFile(p.logPath())
	if err != nil {
		return errors.Join(errOperatorEnded, err)
	}
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	lines = lines[max(0, len(lines)-keptLogLines):]
	return errors.Join(errOperatorEnded, p.operator.Err(), fmt.Errorf("the end of its log:\n%s", bytes.Join(lines, []byte("\n"))))
}
