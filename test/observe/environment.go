// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	prometheusv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/internal/controller"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
	"github.com/clerk-operator/clerk-operator/test/controlplane"
	"github.com/clerk-operator/clerk-operator/test/rights"
)

const (
	// patience is how long one step may take, also on a machine that is busy with other tests.
	patience = 90 * time.Second
	tick     = 100 * time.Millisecond
	// closeLimit is how long the emulator's last requests may take.
	closeLimit = 5 * time.Second
)

// Options say where a run takes place.
type Options struct {
	// Admin may do everything at the API server.
	Admin *rest.Config
	// Kubectl, Manager and Rules are paths: of kubectl, of the operator's binary, and of the rule file.
	Kubectl, Manager, Rules string
	// Prefix begins the names of all namespaces; "" is for a control plane that nobody else uses.
	Prefix string
	// Logs is a directory for the logs of all processes.
	Logs string
	// Say receives sentences about what happens.
	Say func(format string, args ...any)
}

// Environment has everything that runs. The zero value is of no use; see Start.
type Environment struct {
	Options

	client client.Client
	group  *controlplane.Group

	operatorAccount            rights.Account
	operatorToken, readerToken string
	gateway                    *gateway
	replicas                   []*replica

	server *emulator.Server
	clerk  *emulator.Listener
	stages []*stage

	prometheus    prometheusv1.API
	prometheusURL string
	// alerts are all alerts of the rule file, each with its "for".
	alerts map[string]string
}

// Start starts everything but the script. The caller must call Stop, also after an error.
func Start(ctx context.Context, o Options) (*Environment, error) {
	env := &Environment{Options: o}
	for _, step := range []func(context.Context) error{
		env.connect, env.startClerk, env.addNamespaces, env.grant, env.openGateway, env.startOperator, env.declareInstances,
		env.startPrometheus,
	} {
		if err := step(ctx); err != nil {
			return env, err
		}
	}
	return env, nil
}

// PrometheusURL is the address of Prometheus.
func (env *Environment) PrometheusURL() string { return env.prometheusURL }

// Prometheus is Prometheus' API.
func (env *Environment) Prometheus() prometheusv1.API { return env.prometheus }

// connect makes a client, and a group for the processes.
func (env *Environment) connect(context.Context) (err error) {
	if env.group, err = controlplane.NewGroup(); err != nil {
		return err
	}
	scheme, err := controller.Scheme()
	if err != nil {
		return err
	}
	if env.client, err = client.New(env.Admin, client.Options{Scheme: scheme}); err != nil {
		return fmt.Errorf("making a client: %w", err)
	}
	return nil
}

func (env *Environment) startClerk(ctx context.Context) (err error) {
	env.server = emulator.New(emulator.Config{Latency: 5 * time.Millisecond})
	if env.clerk, err = env.server.Listen(ctx, "127.0.0.1:0"); err != nil {
		return fmt.Errorf("starting the Clerk emulator: %w", err)
	}
	return nil
}

func (env *Environment) openGateway(context.Context) (err error) {
	env.gateway, err = newGateway(env.Admin)
	return err
}

func (env *Environment) namespace(name string) string { return env.Prefix + name }

func (env *Environment) operatorNamespace() string { return env.namespace("clerk-operator-system") }

func (env *Environment) usersNamespace() string { return env.namespace("users") }

func (env *Environment) addNamespaces(ctx context.Context) error {
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: env.usersNamespace()}}
	if err := env.client.Create(ctx, namespace); err != nil {
		return fmt.Errorf("creating a namespace: %w", err)
	}
	return nil
}

// path returns the path of a file that ends with the run.
func (env *Environment) path(name string) string { return filepath.Join(env.group.Directory(), name) }

// LogPath returns the path of the log of a process.
func (env *Environment) LogPath(name string) string { return filepath.Join(env.Logs, name+".log") }

// run starts a process that appends to its log.
func (env *Environment) run(name, binary string, args ...string) (*controlplane.Process, error) {
	log, err := os.OpenFile(env.LogPath(name), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening a log: %w", err)
	}
	defer log.Close()
	return env.group.Run(log, binary, args...)
}

// Stop stops everything in the reverse order of its start.
func (env *Environment) Stop(ctx context.Context) error {
	var errs []error
	if env.group != nil {
		errs = append(errs, env.group.Stop())
	}
	if env.gateway != nil {
		env.gateway.close()
	}
	if env.clerk != nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeLimit)
		defer cancel()
		errs = append(errs, env.clerk.Close(ctx))
	}
	return errors.Join(errs...)
}

// await waits until check returns nil. Its error has the last one of check.
func (env *Environment) await(ctx context.Context, what string, check func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	timer := time.NewTicker(tick)
	defer timer.Stop()
	for {
		err := check(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s: %w; %w", what, context.Cause(ctx), err)
		case <-timer.C:
		}
	}
}
