// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkaccess

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// Keys of the two Clerk instances of an environment.
const (
	ourKey     = "sk_test_ours"
	ourLiveKey = "sk_live_ours"
	othersKey  = "sk_test_others"
	ourID      = "ins_ours"
	othersID   = "ins_others"
)

// environment has an emulated Clerk with two instances, and a ClerkInstance of the first one.
type environment struct {
	t            *testing.T
	ours, others *emulator.Instance
	server       *emulator.Server
	instance     *v1alpha1.ClerkInstance
	variables    map[string]string
	flags        Flags
}

func newEnvironment(t *testing.T) *environment {
	t.Helper()
	w := &environment{t: t, server: emulator.New(emulator.Config{Now: time.Now}), variables: map[string]string{}}
	t.Cleanup(w.server.Close)
	boundless := emulator.Settings{InstanceRateLimit: -1, UserRateLimit: -1}
	w.ours = w.server.AddInstance(emulator.InstanceConfig{ID: ourID, Keys: []string{ourKey, ourLiveKey}, Settings: boundless})
	w.others = w.server.AddInstance(emulator.InstanceConfig{ID: othersID, Keys: []string{othersKey}, Settings: boundless})
	w.flags.AllowedAPIHosts = []string{"api.clerk.com"}
	w.instance = &v1alpha1.ClerkInstance{
		ObjectMeta: metav1.ObjectMeta{Namespace: "team-a", Name: "default"},
		Spec:       v1alpha1.ClerkInstanceSpec{SecretKeyRef: v1alpha1.SecretKeyReference{Name: "clerk"}},
		Status:     v1alpha1.ClerkInstanceStatus{InstanceID: ourID, Environment: v1alpha1.EnvironmentDevelopment},
	}
	return w
}

// secret returns the Secret that the ClerkInstance names, with this key.
func secret(key string) *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: "team-a", Name: "clerk"},
		Data:       map[string][]byte{v1alpha1.DefaultSecretKey: []byte(key)},
	}
}

// opener opens the access in a cluster with these objects.
func (w *environment) opener(objects ...client.Object) opener {
	w.t.Helper()
	return opener{
		flags: w.flags, cluster: cluster(w.t, nil, objects...), now: time.Now, transport: inProcess{w.server},
		getenv: func(name string) string { return w.variables[name] },
	}
}

// cluster returns a reader of these objects. Reads of Secrets fail with the error, if it is not nil.
func cluster(t *testing.T, refusal error, objects ...client.Object) client.Reader {
	t.Helper()
	scheme, err := controller.Scheme()
	if err != nil {
		t.Fatal(err)
	}
	c := fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).Build()
	return interceptor.NewClient(c, interceptor.Funcs{Get: get(refusal)})
}

// calls returns the calls to both Clerk instances.
func (w *environment) calls() emulator.Entries {
	return append(w.ours.Journal(), w.others.Journal()...)
}

// inProcess serves calls without a network, which a bubble of virtual time could not wait for.
type inProcess struct{ http.Handler }

// RoundTrip serves a call. The server panics to cut the connection.
func (p inProcess) RoundTrip(r *http.Request) (response *http.Response, err error) {
	defer func() {
		if cut := recover(); cut != nil {
			response, err = nil, io.ErrUnexpectedEOF
		}
	}()
	recorder := httptest.NewRecorder()
	if r.Body == nil {
		r.Body = http.NoBody
	}
	p.ServeHTTP(recorder, r)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return recorder.Result(), nil
}
