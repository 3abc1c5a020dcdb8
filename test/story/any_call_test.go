// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// lifecycle is the short lifecycle of a user in which each kind of call is sent.
type lifecycle struct {
	*environment
}

func (l lifecycle) createUser() {
	l.putSecret("ann", "password", "first-Of-All-77")
	l.putSecret("ann-portrait", "png", string(portrait(l.t, 1)))
	l.putSecret("ann-token", "text", "tok-1")
	l.create(l.user("ann", full, withPassword, func(s *spec) {
		s.ProfileImage = &v1alpha1.ProfileImage{SecretKeyRef: ptr.To(at("ann-portrait", "png"))}
		s.PrivateMetadataFrom = []v1alpha1.PrivateMetadataSource{{Path: "/token", SecretKeyRef: at("ann-token", "text")}}
	}))
	l.expectReason("ann", v1alpha1.ReasonInSync)
}

func (l lifecycle) changeEverything() {
	l.putSecret("ann", "password", "second-Of-All-77")
	l.putSecret("ann-portrait", "png", string(portrait(l.t, 2)))
	l.putSecret("ann-token", "text", "tok-2")
	l.edit("ann", func(s *spec) {
		s.EmailAddresses = []v1alpha1.EmailAddress{{Address: "new@example.com", Primary: ptr.To(true)}}
		s.PhoneNumbers = []v1alpha1.PhoneNumber{}
		s.FirstName, s.Banned, s.Locked = ptr.To("Anna"), ptr.To(true), ptr.To(true)
		s.PublicMetadata = object(`{"role":"viewer"}`)
	})
	l.expectReason("ann", v1alpha1.ReasonInSync)
	if u := l.atClerk("ann"); u.Image == nil || u.Image.SHA256 != digestOf(portrait(l.t, 2)) {
		l.t.Errorf("the second image is not at Clerk\n%s", l.describe())
	}
	l.edit("ann", func(s *spec) { s.Banned, s.Locked, s.ProfileImage = nil, nil, nil })
	l.expectReason("ann", v1alpha1.ReasonInSync)
}

// expectAsDeclared checks what is at Clerk at the end: one user, as the last spec says.
func (l lifecycle) expectAsDeclared(t *testing.T) {
	t.Helper()
	if n := len(l.clerk.Users()); n != 1 {
		t.Fatalf("%d users, want 1\n%s", n, l.describe())
	}
	u := l.clerk.Users()[0]
	limits, _ := u.PublicMetadata["limits"].(map[string]any)
	if len(u.EmailAddresses) != 1 || u.EmailAddresses[0].EmailAddress != "new@example.com" || len(u.PhoneNumbers) != 0 ||
		u.Credentials.Password != "second-Of-All-77" || u.HasImage || u.PrivateMetadata["token"] != "tok-2" ||
		*u.FirstName != "Anna" || u.Banned || u.Locked || u.PublicMetadata["role"] != "viewer" || len(limits) != 0 {
		t.Errorf("the user at Clerk is %+v\n%s", u, l.describe())
	}
}

func (l lifecycle) deleteUser(t *testing.T) {
	t.Helper()
	// Long enough after the last write for Clerk to be believed that the user is gone, where the answer to its deletion is lost.
	l.server.Clock().Advance(2 * lagTime)
	l.delete(l.read("ann"))
	l.expectGone("ann")
	if n := len(l.clerk.Users()); n != 0 {
		t.Errorf("%d users are left\n%s", n, l.describe())
	}
}

// TestAnySingleFaultAtAnyCall injects each kind of fault into each call of a lifecycle, one at a time.
func TestAnySingleFaultAtAnyCall(t *testing.T) {
	t.Parallel()
	calls := callsOfALifecycle(t)
	faults := map[string]emulator.Fault{
		"AnswerLost":    {Cut: true, AfterApplying: true},
		"ConnectionCut": {Cut: true},
		"BadGateway":    {Status: 502, Body: "<html>"},
		"Malformed":     {Status: 200, Body: `{"id":7`, AfterApplying: true},
		"Throttled":     {Status: 429, Header: map[string]string{"Retry-After": "1"}},
		"Locked":        {Status: 409, Code: "resource_locked"},
	}
	for kind, name := range slices.Sorted(maps.Keys(faults)) {
		for i := range calls {
			if !sampled(3, kind+i) {
				continue
			}
			t.Run(fmt.Sprintf("%s%d", name, i), func(t *testing.T) {
				l := lifecycle{newEnvironment(t, patient)}
				fault := faults[name]
				fault.Skip = i
				l.clerk.InjectFault(fault)
				l.start()
				l.createUser()
				l.changeEverything()
				l.expectAsDeclared(t)
				l.expectNoWrites()
				l.deleteUser(t)
			})
		}
	}
}

// sampled reports whether the case with this number runs. All do, but with -short, as with the race detector, it is one in so many:
// always the same ones.
func sampled(every, number int) bool { return !testing.Short() || number%every == 0 }

// callsOfALifecycle counts the calls of a lifecycle without faults.
func callsOfALifecycle(t *testing.T) int {
	t.Helper()
	calls := 0
	t.Run("WithoutFault", func(t *testing.T) {
		l := lifecycle{newSerialEnvironment(t, patient)}
		l.start()
		l.createUser()
		l.changeEverything()
		l.expectAsDeclared(t)
		l.deleteUser(t)
		calls = len(l.clerk.Journal())
	})
	if calls < 12 {
		t.Fatalf("a lifecycle has only %d calls", calls)
	}
	return calls
}

// patient keeps the mirror from incremental syncs, so that all lifecycles have the same calls.
func patient(i *v1alpha1.ClerkInstance) {
	slow(i)
	i.Spec.DeletionBrake = &v1alpha1.DeletionBrake{MaxCount: ptr.To[int32](0)}
}

// TestOperatorHaltedAtAnyCall stops the operator while each call of a lifecycle is under way, once before and once
// after Clerk carried it out, and starts another.
func TestOperatorHaltedAtAnyCall(t *testing.T) {
	t.Parallel()
	calls := callsOfALifecycle(t)
	for kind, after := range []bool{false, true} {
		for i := range calls {
			if !sampled(3, kind+i) {
				continue
			}
			t.Run(fmt.Sprintf("After%t%d", after, i), func(t *testing.T) {
				l := lifecycle{newEnvironment(t, patient)}
				l.clerk.InjectFault(emulator.Fault{Hang: true, AfterApplying: after, Skip: i})
				l.start()
				stopped := make(chan struct{})
				go func() {
					defer close(stopped)
					l.restartWhenHanging()
				}()
				l.createUser()
				l.changeEverything()
				l.expectAsDeclared(t)
				<-stopped
				l.expectNoWrites()
				l.deleteUser(t)
			})
		}
	}
}

// restartWhenHanging restarts the operator once a call hangs, and gives up when the lifecycle is over without one.
func (l lifecycle) restartWhenHanging() {
	deadline := time.Now().Add(patience)
	for time.Now().Before(deadline) {
		if len(l.clerk.Faults()) == 0 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	time.Sleep(50 * time.Millisecond)
	l.crash()
	l.clerk.ClearFaults()
	l.start()
}

// TestWhatWasAddedBeforeACrashIsTakenBack ends the operator after Clerk carried out an addition and before anybody could
// record it, and removes it from the spec before the next operator starts.
func TestWhatWasAddedBeforeACrashIsTakenBack(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		path      string
		add, drop func(*spec)
	}{
		"Address": {"/email_addresses", addEmail, func(s *spec) { s.EmailAddresses = s.EmailAddresses[:1] }},
		"Metadata": {
			"/users/*/metadata", func(s *spec) { s.PublicMetadata = object(`{"role":"admin"}`) },
			func(s *spec) { s.PublicMetadata = nil },
		},
		"Ban": {"/users/*/ban", func(s *spec) { s.Banned = ptr.To(true) }, func(s *spec) { s.Banned = nil }},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			l := lifecycle{newRunningEnvironment(t, patient)}
			l.create(l.user("ann"))
			l.expectReason("ann", v1alpha1.ReasonInSync)
			l.clerk.InjectFault(emulator.Fault{Path: tc.path, Hang: true, AfterApplying: true})
			l.edit("ann", tc.add)
			l.eventually("the call to hang", func() error {
				if len(l.clerk.Faults()) > 0 {
					return errNotYet
				}
				return nil
			})
			time.Sleep(50 * time.Millisecond)
			l.crash()
			l.clerk.ClearFaults()
			l.edit("ann", tc.drop)
			l.start()
			l.expectReason("ann", v1alpha1.ReasonInSync)
			u := l.atClerk("ann")
			if len(u.EmailAddresses) != 1 || u.PublicMetadata["role"] != nil || u.Banned {
				t.Errorf("something stayed behind: %+v", u)
			}
			l.expectNoWrites()
		})
	}
}
