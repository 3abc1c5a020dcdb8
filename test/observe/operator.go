// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"context"
	"fmt"
	"net"
	"slices"

	"github.com/clerk-operator/clerk-operator/test/controlplane"
)

// replicas is the number of replicas of the operator. One leads.
const replicas = 2

// replica is a place for a process of the operator.
type replica struct {
	name string
	// address is where it serves its metrics.
	address string
	process *controlplane.Process
}

// running reports whether the process of a replica runs. A leader that is too slow to renew the lease ends by itself.
func (r *replica) running() bool {
	if r.process == nil {
		return false
	}
	select {
	case <-r.process.Done():
		return false
	default:
		return true
	}
}

// startOperator starts a process for every replica without one that runs, as the kubelet does.
func (env *Environment) startOperator(ctx context.Context) error {
	kubeconfig, err := env.writeKubeconfig()
	if err != nil {
		return err
	}
	for n := len(env.replicas); n < replicas; n++ {
		address, err := freeAddress(ctx)
		if err != nil {
			return err
		}
		env.replicas = append(env.replicas, &replica{name: fmt.Sprintf("clerk-operator-controller-manager-%d", n), address: address})
	}
	for _, r := range env.replicas {
		if r.running() {
			continue
		}
		if r.process, err = env.run(r.name, env.Manager,
			"--kubeconfig="+kubeconfig,
			"--allowed-api-hosts=http://"+env.clerk.Address(),
			"--operator-namespace="+env.operatorNamespace(),
			"--watch-namespaces="+env.usersNamespace(),
			"--cluster-id=observe",
			"--secret-interval=1s",
			"--count-interval=1s",
			"--health-probe-bind-address=0",
			"--metrics-bind-address="+r.address,
			"--leader-elect-lease-duration=4s", "--leader-elect-renew-deadline=3s", "--leader-elect-retry-period=500ms",
		); err != nil {
			return err
		}
	}
	return nil
}

// killOperator kills all replicas at once, as the loss of their nodes does.
func (env *Environment) killOperator() error {
	for _, r := range env.replicas {
		if err := r.process.Kill(); err != nil {
			return err
		}
		r.process = nil
	}
	return nil
}

// setRights gives the operator's roles the rules of an account.
func (env *Environment) setRights(ctx context.Context, without string) error {
	account := env.operatorAccount
	for _, right := range account.Rights() {
		if right.Resource == without && slices.Contains([]string{"list", "watch"}, right.Verb) {
			account = account.Without(right)
		}
	}
	for _, role := range account.Objects() {
		role.SetResourceVersion("")
		if err := env.client.Update(ctx, role); err != nil {
			return fmt.Errorf("changing a role: %w", err)
		}
	}
	return nil
}

// freeAddress returns an address of this machine at which nobody listens.
func freeAddress(ctx context.Context) (string, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("looking for a free port: %w", err)
	}
	defer listener.Close()
	return listener.Addr().String(), nil
}
