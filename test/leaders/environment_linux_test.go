// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package leaders

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
	"github.com/clerk-operator/clerk-operator/internal/lease"
	"github.com/clerk-operator/clerk-operator/test/contract"
	"github.com/clerk-operator/clerk-operator/test/controlplane"
	"github.com/clerk-operator/clerk-operator/test/rights"
)

const (
	// patience is how long to wait for what is expected. A removal waits out the minute in which Clerk may not show a new user,
	// and a machine that is busy with other tests is slow.
	patience = 2 * time.Minute
	tick     = 20 * time.Millisecond
)

// environment is a namespace, a Clerk of its own, and two managers of which one leads.
type environment struct {
	t         *testing.T
	namespace string
	client    client.WithWatch
	clerk     *emulator.Instance
	// kubeconfig is that of the managers; "" is the administrator's.
	kubeconfig string
	// url is the address of the emulator; "" if there is none.
	url         string
	traffic     *traffic
	replicas    []*replica
	transitions *transitions
	// frozen is how often a process was frozen.
	frozen int
}

func newEnvironment(t *testing.T) *environment {
	t.Helper()
	env := newClerk(t)
	for _, name := range []string{"a", "b"} {
		env.start(name, "--leader-elect-lease-duration=4s", "--leader-elect-renew-deadline=3s", "--leader-elect-retry-period=500ms")
	}
	return env
}

// newClerk is an environment without a manager.
func newClerk(t *testing.T) *environment {
	t.Helper()
	env := &environment{t: t, namespace: controlplane.Namespace(t), client: newClient(t)}
	server := emulator.New(emulator.Config{})
	env.clerk = server.AddInstance(emulator.InstanceConfig{Settings: emulator.Settings{InstanceRateLimit: -1, UserRateLimit: -1}})
	env.traffic = &traffic{next: contract.Enforce(t, server), processes: env.pids}
	listener := httptest.NewServer(env.traffic)
	t.Cleanup(func() { server.Close(); listener.Close() })
	env.url = listener.URL
	env.declare(listener.URL)
	env.transitions = watchTransitions(t, env.client, env.namespace)
	account := rights.Shipped(t).In(env.namespace)
	account.Grant(t, controlplane.Config(t))
	env.kubeconfig = account.Kubeconfig(t)
	return env
}

// start starts a manager with these flags beside the usual ones, which they can replace.
func (env *environment) start(name string, flags ...string) *replica {
	env.t.Helper()
	args := []string{
		"--kubeconfig=" + cmp.Or(env.kubeconfig, controlplane.Kubeconfig(env.t)),
		"--operator-namespace=" + env.namespace,
		"--watch-namespaces=" + env.namespace,
		"--cluster-id=leaders",
		"--health-probe-bind-address=0",
	}
	if env.url != "" {
		args = append(args, "--allowed-api-hosts="+env.url)
	}
	r := startReplica(env.t, name, append(args, flags...))
	env.replicas = append(env.replicas, r)
	return r
}

func newClient(t *testing.T) client.WithWatch {
	t.Helper()
	scheme, err := controller.Scheme()
	if err != nil {
		t.Fatal(err)
	}
	c, err := client.NewWithWatch(controlplane.Config(t), client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// declare applies the Secret with the key, and the ClerkInstance.
func (env *environment) declare(url string) {
	env.t.Helper()
	env.create(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: env.namespace, Name: "clerk"},
		StringData: map[string]string{v1alpha1.DefaultSecretKey: env.clerk.Key()},
	})
	env.create(&v1alpha1.ClerkInstance{
		ObjectMeta: metav1.ObjectMeta{Namespace: env.namespace, Name: "default"},
		Spec: v1alpha1.ClerkInstanceSpec{
			SecretKeyRef:  v1alpha1.SecretKeyReference{Name: "clerk"},
			APIURL:        ptr.To(url + "/v1"),
			RateLimit:     &v1alpha1.RateLimit{RequestsPer10s: ptr.To[int32](10000)},
			Drift:         &v1alpha1.DriftCheck{Interval: &metav1.Duration{Duration: time.Second}},
			DeletionBrake: &v1alpha1.DeletionBrake{MaxCount: ptr.To[int32](0)},
		},
	})
}

func (env *environment) create(o client.Object) {
	env.t.Helper()
	if err := env.client.Create(env.t.Context(), o); err != nil {
		env.t.Fatalf("creating %T %s: %v", o, o.GetName(), err)
	}
}

// pids are the processes of all runs of all replicas.
func (env *environment) pids() []int {
	var pids []int
	for _, r := range env.replicas {
		for _, p := range r.all() {
			pids = append(pids, p.pid())
		}
	}
	return pids
}

// leader waits until a process leads that is none of those given.
func (env *environment) leader(but ...*process) *process {
	env.t.Helper()
	var found *process
	env.eventually("a leader", func() error {
		held := &coordinationv1.Lease{}
		if err := env.client.Get(env.t.Context(), client.ObjectKey{Namespace: env.namespace, Name: lease.Name}, held); err != nil {
			return err
		}
		for _, r := range env.replicas {
			p := r.current()
			if id := p.identity(); id != "" && id == ptr.Deref(held.Spec.HolderIdentity, "") && !p.ended() && !slices.Contains(but, p) {
				found = p
				return nil
			}
		}
		return fmt.Errorf("the lease is held by %q", ptr.Deref(held.Spec.HolderIdentity, ""))
	})
	return found
}

// freeze stops a process where it is. It returns false if the process has ended by itself, for want of time to renew the lease
// on a machine that is busy.
func (env *environment) freeze(p *process) bool {
	env.t.Helper()
	err := syscall.Kill(p.pid(), syscall.SIGSTOP)
	if err != nil && !p.ended() {
		<-p.done
	}
	if err == nil {
		env.frozen++
	}
	return err == nil
}

// resume lets a frozen process go on, does more, and checks that the process ended without writing anything to Clerk but what
// it may have been about to send when it was frozen.
func (env *environment) resume(p *process, more ...func()) {
	env.t.Helper()
	at := time.Now()
	if err := syscall.Kill(p.pid(), syscall.SIGCONT); err != nil {
		env.t.Fatalf("waking process %d: %v", p.pid(), err)
	}
	for _, f := range more {
		f()
	}
	select {
	case <-p.done:
	case <-time.After(patience):
		env.t.Fatalf("process %d still runs %s after it woke without the lease\n%s", p.pid(), patience, env.describe())
	}
	if calls := env.traffic.after(p.pid(), at); len(calls) > 1 {
		env.t.Errorf("process %d wrote to Clerk after it woke without the lease: %v", p.pid(), calls)
	}
}

// eventually waits until check returns nil, and fails with its last error.
func (env *environment) eventually(what string, check func() error) {
	env.t.Helper()
	deadline := time.Now().Add(patience)
	var err error
	for time.Now().Before(deadline) {
		if err = check(); err == nil {
			return
		}
		time.Sleep(tick)
	}
	env.t.Fatalf("waiting for %s: %v\n%s", what, err, env.describe())
}

// describe returns the state of the environment, for the message of a failure.
func (env *environment) describe() string {
	var b strings.Builder
	users := &v1alpha1.ClerkUserList{}
	if err := env.client.List(context.Background(), users, client.InNamespace(env.namespace)); err == nil {
		for i := range users.Items {
			u := &users.Items[i]
			fmt.Fprintf(&b, "ClerkUser %s generation %d deletion %v: %+v\n", u.Name, u.Generation, u.DeletionTimestamp, u.Status)
		}
	}
	for _, e := range env.journal() {
		fmt.Fprintf(&b, "%s %s %s -> %d applied %t %s\n", e.Time.Format("05.000"), e.Method, e.Path, e.Status, e.Applied, e.Body)
	}
	for _, r := range env.replicas {
		b.WriteString(r.logs())
	}
	return b.String()
}

// journal is what was written to Clerk, if there is one.
func (env *environment) journal() emulator.Entries {
	if env.clerk == nil {
		return nil
	}
	return env.clerk.Journal().Writes()
}

// expectInSync waits until Ready of these objects has reason InSync.
func (env *environment) expectInSync(names ...string) {
	env.t.Helper()
	for _, name := range names {
		env.eventually("ClerkUser "+name+" to be in sync", func() error {
			user, err := env.read(name)
			if err != nil {
				return err
			}
			ready := meta.FindStatusCondition(user.Status.Conditions, v1alpha1.ConditionReady)
			if ready == nil || ready.Reason != v1alpha1.ReasonInSync || ready.ObservedGeneration != user.Generation {
				return fmt.Errorf("Ready is %+v at generation %d", ready, user.Generation)
			}
			return nil
		})
	}
}

func (env *environment) read(name string) (*v1alpha1.ClerkUser, error) {
	user := &v1alpha1.ClerkUser{}
	if err := env.client.Get(env.t.Context(), client.ObjectKey{Namespace: env.namespace, Name: name}, user); err != nil {
		return nil, fmt.Errorf("reading ClerkUser %s: %w", name, err)
	}
	return user, nil
}

// add creates ClerkUsers, each with an address after its name.
func (env *environment) add(names ...string) {
	env.t.Helper()
	for _, name := range names {
		env.create(&v1alpha1.ClerkUser{
			ObjectMeta: metav1.ObjectMeta{Namespace: env.namespace, Name: name},
			Spec: v1alpha1.ClerkUserSpec{
				EmailAddresses: []v1alpha1.EmailAddress{{Address: name + "@example.com"}},
				PublicMetadata: &runtime.RawExtension{Raw: []byte(`{"name":"` + name + `"}`)},
			},
		})
	}
}

// remove deletes ClerkUsers.
func (env *environment) remove(names ...string) {
	env.t.Helper()
	for _, name := range names {
		user := &v1alpha1.ClerkUser{ObjectMeta: metav1.ObjectMeta{Namespace: env.namespace, Name: name}}
		if err := env.client.Delete(env.t.Context(), user); err != nil {
			env.t.Fatalf("deleting ClerkUser %s: %v", name, err)
		}
	}
}

// grant adds a key to the metadata and an address, both after the name of the thing; withdraw removes them.
func (env *environment) grant(thing string, names ...string) {
	env.t.Helper()
	for _, name := range names {
		env.edit(name, func(spec *v1alpha1.ClerkUserSpec, metadata map[string]any) {
			metadata[thing] = true
			spec.EmailAddresses = append(spec.EmailAddresses, v1alpha1.EmailAddress{Address: name + "-" + thing + "@example.com"})
		})
	}
}

func (env *environment) withdraw(thing string, names ...string) {
	env.t.Helper()
	for _, name := range names {
		env.edit(name, func(spec *v1alpha1.ClerkUserSpec, metadata map[string]any) {
			delete(metadata, thing)
			spec.EmailAddresses = slices.DeleteFunc(spec.EmailAddresses, func(e v1alpha1.EmailAddress) bool {
				return e.Address == name+"-"+thing+"@example.com"
			})
		})
	}
}

// edit changes a spec as kubectl edit would.
func (env *environment) edit(name string, change func(spec *v1alpha1.ClerkUserSpec, metadata map[string]any)) {
	env.t.Helper()
	user, err := env.read(name)
	if err != nil {
		env.t.Fatal(err)
	}
	before, metadata := user.DeepCopy(), map[string]any{}
	if err := json.Unmarshal(user.Spec.PublicMetadata.Raw, &metadata); err != nil {
		env.t.Fatal(err)
	}
	change(&user.Spec, metadata)
	raw, err := json.Marshal(metadata)
	if err != nil {
		env.t.Fatal(err)
	}
	user.Spec.PublicMetadata = &runtime.RawExtension{Raw: raw}
	if err := env.client.Patch(env.t.Context(), user, client.MergeFrom(before)); err != nil {
		env.t.Fatalf("editing ClerkUser %s: %v", name, err)
	}
}
