// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package leaders

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"os"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
	"github.com/clerk-operator/clerk-operator/internal/lease"
)

// stopLimit is how long a manager may take to end whose calls are answered soon. It is shorter than the grace period of its pod.
const stopLimit = 15 * time.Second

// underWay is how long a call may take from the process to the emulator on a busy machine.
const underWay = 500 * time.Millisecond

// TestCallsInFlightAreFinishedAtTheEnd terminates the leader while it creates users, and looks at what it leaves before another
// one starts.
func TestCallsInFlightAreFinishedAtTheEnd(t *testing.T) {
	t.Parallel()
	env := newClerk(t)
	r := env.start("a")
	env.add("first")
	env.expectInSync("first")
	const answerTime = 2 * time.Second
	env.clerk.InjectFault(emulator.Fault{Method: http.MethodPost, Path: "/users", Times: -1, Delay: answerTime})
	people := []string{"ann", "bob", "cat"}
	env.add(people...)
	env.eventually("calls in flight", func() error {
		if n := len(env.clerk.Journal().Matching(http.MethodPost, "/users")); n < 1+len(people) {
			return fmt.Errorf("%d users are being created", n)
		}
		return nil
	})
	p := r.terminate()
	env.eventually("the process to notice", p.logged("Stopping and waiting"))
	noticed := time.Now()
	env.expectEnd(p)
	t.Logf("the process ended %s after the signal; the calls took %s", time.Since(noticed), answerTime)
	// A call that was begun before the signal may arrive after it.
	if late := env.traffic.those(func(c *sentCall) bool { return c.at.After(noticed.Add(underWay)) }); len(late) > 0 {
		t.Errorf("calls were begun after the signal: %v", late)
	}
	if cut := env.traffic.those(func(c *sentCall) bool { return c.cut }); len(cut) > 0 {
		t.Errorf("calls were cut: %v", cut)
	}
	for _, name := range people {
		env.expectRecorded(name)
	}
	env.expectLeaseReleased()

	env.start("b")
	env.expectInSync(people...)
	env.expectDeclared()
	if created := env.clerk.Journal().Matching(http.MethodPost, "/users"); len(created) != 1+len(people) {
		t.Errorf("%d users were created, want each once", len(created))
	}
}

// TestActionInFlightIsFinishedAtTheEnd terminates the leader while Clerk stores an authenticator secret.
func TestActionInFlightIsFinishedAtTheEnd(t *testing.T) {
	t.Parallel()
	env := newClerk(t)
	instance := &v1alpha1.ClerkInstance{ObjectMeta: metav1.ObjectMeta{Namespace: env.namespace, Name: "default"}}
	allows := client.RawPatch(types.MergePatchType, []byte(`{"spec":{"policy":{"actions":["createTOTP"]}}}`))
	if err := env.client.Patch(t.Context(), instance, allows); err != nil {
		t.Fatal(err)
	}
	r := env.start("a")
	env.add("ann")
	env.expectInSync("ann")
	env.clerk.InjectFault(emulator.Fault{Method: http.MethodPatch, Path: "/users/*", BodyContains: "totp_secret", Delay: 2 * time.Second})
	action := &v1alpha1.ClerkUserAction{
		ObjectMeta: metav1.ObjectMeta{Namespace: env.namespace, Name: "ann"},
		Spec: v1alpha1.ClerkUserActionSpec{
			UserRef: v1alpha1.UserReference{Name: "ann"}, CreateTOTP: &v1alpha1.OutputSecret{SecretName: "ann-totp"},
		},
	}
	env.create(action)
	env.eventually("the call in flight", func() error {
		if len(env.clerk.Journal().Matching(http.MethodPatch, "/users/*")) == 0 {
			return errors.New("it was not made")
		}
		return nil
	})
	env.expectEnd(r.terminate())
	secret := &corev1.Secret{}
	if err := env.client.Get(t.Context(), client.ObjectKey{Namespace: env.namespace, Name: "ann-totp"}, secret); err != nil || len(secret.Data) == 0 {
		t.Errorf("the Secret has %d entries: %v\n%s", len(secret.Data), err, env.describe())
	}
	if err := env.client.Get(t.Context(), client.ObjectKeyFromObject(action), action); err != nil {
		t.Fatal(err)
	}
	if !meta.IsStatusConditionTrue(action.Status.Conditions, v1alpha1.ConditionComplete) {
		t.Errorf("the action is not complete: %+v", action.Status)
	}
}

// TestNextLeaderTakesOverSoon terminates the leader of two managers with the default timings.
func TestNextLeaderTakesOverSoon(t *testing.T) {
	t.Parallel()
	env := newClerk(t)
	leaving, next := env.start("a"), env.start("b")
	leader := env.leader()
	if leader == next.current() {
		leaving, next = next, leaving
	}
	env.eventually("the standby to wait for the lease", next.current().logged("Attempting to acquire leader lease"))
	env.expectEnd(leaving.terminate())
	ended := time.Now()
	env.eventually("the next leader", next.current().logged("this process leads"))
	took := time.Since(ended)
	t.Logf("the next process leads %s after the end of the former one", took)
	if limit := lease.DefaultTimings().RenewDeadline; took > limit {
		t.Errorf("it took %s to take a lease that was released, want less than %s", took, limit)
	}
}

// logged returns a check that a process wrote a text into its log.
func (p *process) logged(text string) func() error {
	return func() error {
		log, err := os.ReadFile(p.log)
		if err != nil {
			return fmt.Errorf("reading a log: %w", err)
		}
		if !bytes.Contains(log, []byte(text)) {
			return fmt.Errorf("the log does not say %q", text)
		}
		return nil
	}
}

// expectEnd waits until a process ended with exit code 0.
func (env *environment) expectEnd(p *process) {
	env.t.Helper()
	select {
	case <-p.done:
	case <-time.After(stopLimit):
		env.t.Fatalf("process %d still runs %s after the signal\n%s", p.pid(), stopLimit, env.describe())
	}
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		env.t.Errorf("process %d ends with exit code %d\n%s", p.pid(), code, env.describe())
	}
}

// expectRecorded checks that status names the user, and that an event says that it was created.
func (env *environment) expectRecorded(name string) {
	env.t.Helper()
	user, err := env.read(name)
	if err != nil {
		env.t.Fatal(err)
	}
	if user.Status.UserID == "" {
		env.t.Errorf("status of ClerkUser %s does not name the user that was created: %+v", name, user.Status)
	}
	for _, c := range user.Status.Conditions {
		if c.Status != "True" && c.Type == v1alpha1.ConditionReady {
			env.t.Errorf("the end of the process shows in a condition of ClerkUser %s: %+v", name, c)
		}
	}
	env.eventually("the event Created of ClerkUser "+name, func() error {
		events := &eventsv1.EventList{}
		if err := env.client.List(env.t.Context(), events, client.InNamespace(env.namespace)); err != nil {
			return fmt.Errorf("listing events: %w", err)
		}
		for _, e := range events.Items {
			if e.Regarding.Name == name && e.Reason == v1alpha1.EventCreated {
				return nil
			}
		}
		return errors.New("there is none")
	})
}

// expectLeaseReleased checks that nobody holds the lease.
func (env *environment) expectLeaseReleased() {
	env.t.Helper()
	held := &coordinationv1.Lease{}
	if err := env.client.Get(env.t.Context(), client.ObjectKey{Namespace: env.namespace, Name: lease.Name}, held); err != nil {
		env.t.Fatal(err)
	}
	if holder := ptr.Deref(held.Spec.HolderIdentity, ""); holder != "" {
		env.t.Errorf("the lease is still held by %q", holder)
	}
}
