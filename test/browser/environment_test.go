// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
	"github.com/clerk-operator/clerk-operator/internal/emulator/page"
	"github.com/clerk-operator/clerk-operator/test/controlplane"
	"github.com/clerk-operator/clerk-operator/test/manager"
)

// site is an emulator with its page.
type site struct {
	t      testing.TB
	server *emulator.Server
	clerk  *emulator.Instance
	// address is host:port, and url is the address of the page.
	address, url string
	close        func()
	// program is a client with connections of its own.
	program *http.Client
}

// newSite serves an emulator with one instance until the end of the test.
func newSite(t testing.TB) *site {
	t.Helper()
	needChromium(t)
	server := emulator.New(emulator.Config{})
	s := &site{t: t, server: server, clerk: server.AddInstance(emulator.InstanceConfig{Keys: []string{"sk_test_browser"}}), program: &http.Client{Transport: &http.Transport{}}}
	s.serve("127.0.0.1:0")
	t.Cleanup(func() { s.close() })
	return s
}

// serve begins to serve at an address.
func (s *site) serve(address string) {
	s.t.Helper()
	listener, err := s.server.ListenWith(s.t.Context(), address, page.Handler(s.server))
	if err != nil {
		s.t.Fatal(err)
	}
	s.address, s.url = listener.Address(), "http://"+listener.Address()
	s.close = func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := listener.Close(ctx); err != nil {
			s.t.Errorf("closing the emulator: %v", err)
		}
	}
}

// userPage is the address of a user's page.
func (s *site) userPage(u *emulator.User) string { return s.url + "/users/" + u.ID }

// cluster is a namespace with an operator that uses the site.
type cluster struct {
	*site
	client    client.Client
	namespace string
}

// operate runs the operator, as its binary, for a new namespace with a ClerkInstance.
func (s *site) operate() *cluster {
	s.t.Helper()
	scheme := runtime.NewScheme()
	err := errors.Join(corev1.AddToScheme(scheme), v1alpha1.AddToScheme(scheme))
	if err != nil {
		s.t.Fatal(err)
	}
	c := &cluster{site: s, namespace: controlplane.Namespace(s.t)}
	if c.client, err = client.New(controlplane.Config(s.t), client.Options{Scheme: scheme}); err != nil {
		s.t.Fatal(err)
	}
	c.run()
	c.create(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: c.namespace, Name: "clerk"},
		StringData: map[string]string{v1alpha1.DefaultSecretKey: s.clerk.Key()},
	})
	c.create(&v1alpha1.ClerkInstance{
		ObjectMeta: metav1.ObjectMeta{Namespace: c.namespace, Name: "default"},
		Spec: v1alpha1.ClerkInstanceSpec{
			APIURL:       new(s.url + emulator.BasePath),
			SecretKeyRef: v1alpha1.SecretKeyReference{Name: "clerk"},
			Drift:        &v1alpha1.DriftCheck{Interval: &metav1.Duration{Duration: time.Second}},
		},
	})
	return c
}

// run runs the operator until the end of the test.
func (c *cluster) run() {
	c.t.Helper()
	group, err := controlplane.NewGroup()
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() {
		if err := group.Stop(); err != nil {
			c.t.Error(err)
		}
	})
	_, err = group.Run(c.t.Output(), manager.Path(),
		"--kubeconfig="+controlplane.Kubeconfig(c.t), "--operator-namespace="+c.namespace, "--watch-namespaces="+c.namespace,
		"--cluster-id=browser", "--health-probe-bind-address=0", "--metrics-bind-address=0", "--allowed-api-hosts="+c.url)
	if err != nil {
		c.t.Fatal(err)
	}
}

func (c *cluster) create(o client.Object) {
	c.t.Helper()
	if err := c.client.Create(c.t.Context(), o); err != nil {
		c.t.Fatal(err)
	}
}

// user creates a ClerkUser and waits until its Ready condition has the reason.
func (c *cluster) user(name string, spec v1alpha1.ClerkUserSpec) *v1alpha1.ClerkUser {
	c.t.Helper()
	u := &v1alpha1.ClerkUser{ObjectMeta: metav1.ObjectMeta{Namespace: c.namespace, Name: name}, Spec: spec}
	c.create(u)
	return c.expectReason(name, v1alpha1.ReasonInSync)
}

// expectReason waits until the Ready condition of a ClerkUser has the reason.
func (c *cluster) expectReason(name, reason string) *v1alpha1.ClerkUser {
	c.t.Helper()
	u := &v1alpha1.ClerkUser{}
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if err := c.client.Get(c.t.Context(), client.ObjectKey{Namespace: c.namespace, Name: name}, u); err != nil {
			c.t.Fatal(err)
		}
		for _, condition := range u.Status.Conditions {
			if condition.Type == v1alpha1.ConditionReady && condition.Reason == reason {
				return u
			}
		}
	}
	c.t.Fatalf("waiting for the reason %s of %s: %+v", reason, name, u.Status.Conditions)
	return nil
}
