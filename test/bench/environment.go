// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
	"github.com/clerk-operator/clerk-operator/test/controlplane"
)

const (
	operatorNamespace = "bench-system"
	// usersNamespace has the ClerkInstance and the measured users; loadNamespace has others that are created beside them.
	usersNamespace = "bench"
	loadNamespace  = "bench-load"
	instanceName   = "default"
	secretName     = "clerk"

	// operatorKey and controlKey are keys of the same instance, a production instance by the prefix.
	operatorKey = "sk_live_bench"
	controlKey  = "sk_live_control"

	// defaultBudget is the default API budget in a production instance, in calls per 10 seconds: half of Clerk's limit.
	defaultBudget = 500
	// journalLimit is more than the requests of any phase.
	journalLimit = 1_000_000
	closeLimit   = 5 * time.Second
)

// environment has a control plane, a Clerk emulator and the operator, for one size.
type environment struct {
	options
	size int
	log  io.Writer
	fail context.CancelCauseFunc

	plane    *controlplane.ControlPlane
	servers  servers
	client   client.WithWatch
	metrics  rest.Interface
	own      *ownWrites
	ready    *readiness
	clerk    *emulator.Instance
	listener *emulator.Listener
	server   *emulator.Server
	operator *operator
	// scraper scrapes the operator's metrics; nil without -scrape.
	scraper *scraper
	// pid is the operator's process id, which changes with a restart.
	pid    atomic.Int64
	people *people
	// budget is the operator's API budget in calls per 10 seconds.
	budget int
	// users are the users that the phase create made.
	users    []*v1alpha1.ClerkUser
	document *document
}

// servers are the processes of the control plane.
type servers struct{ etcd, apiserver int }

// start starts everything except the operator's users.
func (env *environment) start(ctx context.Context) error {
	for _, step := range []func(context.Context) error{
		env.startClerk, env.startControlPlane, env.declareInstance, env.startScraper, env.startOperator, env.awaitInstance,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (env *environment) startClerk(ctx context.Context) error {
	env.server = emulator.New(emulator.Config{Latency: env.latency, JournalLimit: journalLimit})
	env.clerk = env.server.AddInstance(emulator.InstanceConfig{Keys: []string{operatorKey, controlKey}})
	listener, err := env.server.Listen(ctx, "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("starting the Clerk emulator: %w", err)
	}
	env.listener = listener
	return nil
}

func (env *environment) startControlPlane(ctx context.Context) (err error) {
	env.sayf("starting etcd and kube-apiserver")
	if env.plane, err = controlplane.StartWithCRDs(); err != nil {
		return err
	}
	if env.servers.etcd, err = findDescendant(os.Getpid(), "etcd"); err != nil {
		return err
	}
	if env.servers.apiserver, err = findDescendant(os.Getpid(), "kube-apiserver"); err != nil {
		return err
	}
	if err := env.makeClients(); err != nil {
		return err
	}
	go func() { env.fail(env.ready.watch(ctx)) }()
	return nil
}

// makeClients makes clients without client-side rate limits, whose writes are counted.
func (env *environment) makeClients() error {
	scheme, err := controller.Scheme()
	if err != nil {
		return err
	}
	config := env.plane.Config()
	env.own = &ownWrites{counts: map[string]int{}}
	config.Wrap(env.own.wrap)
	if env.client, err = client.NewWithWatch(config, client.Options{Scheme: scheme}); err != nil {
		return fmt.Errorf("making a client: %w", err)
	}
	clients, err := kubernetes.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("making a client: %w", err)
	}
	env.metrics = clients.RESTClient()
	env.ready = &readiness{client: env.client, waiting: map[client.ObjectKey]wait{}}
	return nil
}

// declareInstance applies the namespaces, the Secret with the key, and the ClerkInstance with its defaults. The
// deletion brake and the deletion delay are off, because phases also delete users, and all namespaces may use the instance.
func (env *environment) declareInstance(ctx context.Context) error {
	objects := []client.Object{
		&corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Namespace: usersNamespace, Name: secretName},
			StringData: map[string]string{v1alpha1.DefaultSecretKey: operatorKey},
		},
		&v1alpha1.ClerkInstance{
			ObjectMeta: metav1.ObjectMeta{Namespace: usersNamespace, Name: instanceName},
			Spec: v1alpha1.ClerkInstanceSpec{
				SecretKeyRef:      v1alpha1.SecretKeyReference{Name: secretName},
				APIURL:            ptr.To(env.listener.URL()),
				AllowedNamespaces: &v1alpha1.AllowedNamespaces{From: ptr.To(v1alpha1.NamespacesFromAll)},
				DeletionBrake:     &v1alpha1.DeletionBrake{MaxCount: ptr.To[int32](0)},
				DeletionDelay:     &metav1.Duration{},
			},
		},
	}
	for _, name := range []string{loadNamespace, usersNamespace, operatorNamespace} {
		namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
		objects = append([]client.Object{namespace}, objects...)
	}
	for _, o := range objects {
		if err := env.client.Create(ctx, o); err != nil {
			return fmt.Errorf("applying %s: %w", o.GetName(), err)
		}
	}
	return nil
}

// awaitInstance waits until the operator accepts the key.
func (env *environment) awaitInstance(ctx context.Context) error {
	const limit, tick = time.Minute, 50 * time.Millisecond
	for began := time.Now(); time.Since(began) < limit; {
		instance, err := env.instance(ctx)
		if err != nil {
			return err
		}
		for _, c := range instance.Status.Conditions {
			if c.Type == v1alpha1.ConditionReady && c.Status == metav1.ConditionTrue {
				return nil
			}
		}
		if err := pause(ctx, tick); err != nil {
			return err
		}
	}
	return fmt.Errorf("waiting for the ClerkInstance: it is not Ready after %s; the operator's log is %s", limit, env.logPath())
}

func (env *environment) instance(ctx context.Context) (*v1alpha1.ClerkInstance, error) {
	instance := &v1alpha1.ClerkInstance{}
	err := env.client.Get(ctx, client.ObjectKey{Namespace: usersNamespace, Name: instanceName}, instance)
	if err != nil {
		return nil, fmt.Errorf("reading the ClerkInstance: %w", err)
	}
	return instance, nil
}

// editInstance changes the ClerkInstance's spec and waits until the operator is at rest again.
func (env *environment) editInstance(ctx context.Context, change func(*v1alpha1.ClerkInstanceSpec)) error {
	instance, err := env.instance(ctx)
	if err != nil {
		return err
	}
	before := instance.DeepCopy()
	change(&instance.Spec)
	if err := env.client.Patch(ctx, instance, client.MergeFrom(before)); err != nil {
		return fmt.Errorf("editing the ClerkInstance: %w", err)
	}
	return env.rest(ctx)
}

func (env *environment) logPath() string {
	return filepath.Join(env.root, "out", "bench", "manager.log")
}

// stop stops everything in the reverse order of its start.
func (env *environment) stop(ctx context.Context) error {
	var errs []error
	if env.operator != nil {
		env.operator.expected.Store(true)
	}
	if env.plane != nil {
		errs = append(errs, env.plane.Stop())
	}
	if env.listener != nil {
		ctx, cancel := context.WithTimeout(ctx, closeLimit)
		defer cancel()
		errs = append(errs, env.listener.Close(ctx))
	}
	return errors.Join(errs...)
}

func (env *environment) sayf(format string, args ...any) {
	fmt.Fprintf(env.log, "bench: "+format+"\n", args...)
}

// pause waits, unless ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
