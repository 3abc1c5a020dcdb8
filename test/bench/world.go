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
	// usersNamespace holds the ClerkInstance and the users that are measured; loadNamespace others that are created beside
	// them.
	usersNamespace = "bench"
	loadNamespace  = "bench-load"
	instanceName   = "default"
	secretName     = "clerk"

	// operatorKey and controlKey open the same instance; the prefix makes it one in production.
	operatorKey = "sk_live_bench"
	controlKey  = "sk_live_control"

	// defaultBudget is what an operator may ask of a production instance in 10 seconds: half of Clerk's limit.
	defaultBudget = 500
	// journalLimit is more requests than any phase makes.
	journalLimit = 1_000_000
	closeLimit   = 5 * time.Second
)

// world is a control plane, a Clerk and the operator between them, for one size.
type world struct {
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
	// pid is the operator's, for those who look at it while it is restarted.
	pid    atomic.Int64
	people *people
	// budget is what the operator may ask in 10 seconds.
	budget int
	// users are those that the phase create made.
	users    []*v1alpha1.ClerkUser
	document *document
}

// servers are the processes of the control plane.
type servers struct{ etcd, apiserver int }

// start makes everything but the operator's users.
func (w *world) start(ctx context.Context) error {
	for _, step := range []func(context.Context) error{
		w.startClerk, w.startControlPlane, w.declareInstance, w.startOperator, w.awaitInstance,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) startClerk(ctx context.Context) error {
	w.server = emulator.New(emulator.Config{Latency: w.latency, JournalLimit: journalLimit})
	w.clerk = w.server.AddInstance(emulator.InstanceConfig{Keys: []string{operatorKey, controlKey}})
	listener, err := w.server.Listen(ctx, "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("starting the Clerk emulator: %w", err)
	}
	w.listener = listener
	return nil
}

func (w *world) startControlPlane(ctx context.Context) (err error) {
	w.sayf("starting etcd and kube-apiserver")
	if w.plane, err = controlplane.StartWithCRDs(); err != nil {
		return err
	}
	if w.servers.etcd, err = findDescendant(os.Getpid(), "etcd"); err != nil {
		return err
	}
	if w.servers.apiserver, err = findDescendant(os.Getpid(), "kube-apiserver"); err != nil {
		return err
	}
	if err := w.makeClients(); err != nil {
		return err
	}
	go func() { w.fail(w.ready.watch(ctx)) }()
	return nil
}

// makeClients makes clients without limits of their own, whose writes are counted.
func (w *world) makeClients() error {
	scheme, err := controller.Scheme()
	if err != nil {
		return err
	}
	config := w.plane.Config()
	w.own = &ownWrites{counts: map[string]int{}}
	config.Wrap(w.own.wrap)
	if w.client, err = client.NewWithWatch(config, client.Options{Scheme: scheme}); err != nil {
		return fmt.Errorf("making a client: %w", err)
	}
	clients, err := kubernetes.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("making a client: %w", err)
	}
	w.metrics = clients.RESTClient()
	w.ready = &readiness{client: w.client, waiting: map[client.ObjectKey]wait{}}
	return nil
}

// declareInstance applies the namespaces, the Secret with the key, and the ClerkInstance with its defaults, but without a
// brake, since users are also deleted here, and open to other namespaces.
func (w *world) declareInstance(ctx context.Context) error {
	objects := []client.Object{
		&corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Namespace: usersNamespace, Name: secretName},
			StringData: map[string]string{v1alpha1.DefaultSecretKey: operatorKey},
		},
		&v1alpha1.ClerkInstance{
			ObjectMeta: metav1.ObjectMeta{Namespace: usersNamespace, Name: instanceName},
			Spec: v1alpha1.ClerkInstanceSpec{
				SecretKeyRef:      v1alpha1.SecretKeyReference{Name: secretName},
				APIURL:            ptr.To(w.listener.URL()),
				AllowedNamespaces: &v1alpha1.AllowedNamespaces{From: ptr.To(v1alpha1.NamespacesFromAll)},
				DeletionBrake:     &v1alpha1.DeletionBrake{MaxCount: ptr.To[int32](0)},
			},
		},
	}
	for _, name := range []string{loadNamespace, usersNamespace, operatorNamespace} {
		namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
		objects = append([]client.Object{namespace}, objects...)
	}
	for _, o := range objects {
		if err := w.client.Create(ctx, o); err != nil {
			return fmt.Errorf("applying %s: %w", o.GetName(), err)
		}
	}
	return nil
}

// awaitInstance waits until the operator accepts the key.
func (w *world) awaitInstance(ctx context.Context) error {
	const limit, tick = time.Minute, 50 * time.Millisecond
	for began := time.Now(); time.Since(began) < limit; {
		instance, err := w.instance(ctx)
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
	return fmt.Errorf("waiting for the ClerkInstance: it is not Ready after %s; the operator's log is %s", limit, w.logPath())
}

func (w *world) instance(ctx context.Context) (*v1alpha1.ClerkInstance, error) {
	instance := &v1alpha1.ClerkInstance{}
	err := w.client.Get(ctx, client.ObjectKey{Namespace: usersNamespace, Name: instanceName}, instance)
	if err != nil {
		return nil, fmt.Errorf("reading the ClerkInstance: %w", err)
	}
	return instance, nil
}

// editInstance changes the ClerkInstance's spec and waits until the operator has come to rest again.
func (w *world) editInstance(ctx context.Context, change func(*v1alpha1.ClerkInstanceSpec)) error {
	instance, err := w.instance(ctx)
	if err != nil {
		return err
	}
	before := instance.DeepCopy()
	change(&instance.Spec)
	if err := w.client.Patch(ctx, instance, client.MergeFrom(before)); err != nil {
		return fmt.Errorf("editing the ClerkInstance: %w", err)
	}
	return w.rest(ctx)
}

func (w *world) logPath() string { return filepath.Join(w.root, "out", "bench", "manager.log") }

// stop ends what was started, in the reverse order.
func (w *world) stop(ctx context.Context) error {
	var errs []error
	if w.operator != nil {
		w.operator.expected.Store(true)
	}
	if w.plane != nil {
		errs = append(errs, w.plane.Stop())
	}
	if w.listener != nil {
		ctx, cancel := context.WithTimeout(ctx, closeLimit)
		defer cancel()
		errs = append(errs, w.listener.Close(ctx))
	}
	return errors.Join(errs...)
}

func (w *world) sayf(format string, args ...any) {
	fmt.Fprintf(w.log, "bench: "+format+"\n", args...)
}

// pause lets time pass, unless ctx ends.
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
