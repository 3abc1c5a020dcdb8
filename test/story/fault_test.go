// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

func TestLostAnswerAfterCreate(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		fault emulator.Fault
		edit  func(*spec)
		posts int
	}{
		"Applied":          {fault: emulator.Fault{Cut: true, AfterApplying: true}, posts: 1},
		"NotApplied":       {fault: emulator.Fault{Cut: true}, posts: 2},
		"BadGateway":       {fault: emulator.Fault{Status: 502, Body: "<html>", AfterApplying: true}, posts: 1},
		"MalformedAnswer":  {fault: emulator.Fault{Status: 200, Body: "{", AfterApplying: true}, posts: 1},
		"IdentifierEdited": {fault: emulator.Fault{Cut: true, AfterApplying: true}, edit: func(s *spec) { s.EmailAddresses[0].Address = address("anna") }, posts: 1},
	}
	for name, tc := range tests {
		for _, restart := range []bool{false, true} {
			t.Run(fmt.Sprintf("%sRestarted%t", name, restart), func(t *testing.T) {
				env := newRunningEnvironment(t)
				fault := tc.fault
				fault.Method, fault.Path = "POST", "/users"
				env.clerk.InjectFault(fault)
				env.create(env.user("ann"))
				env.eventually("the creating call", func() error {
					if env.calls("POST", "/users") == 0 {
						return errNotYet
					}
					return nil
				})
				if restart {
					env.halt()
				}
				if tc.edit != nil {
					env.edit("ann", tc.edit)
				}
				if restart {
					env.start()
				}
				env.expectReason("ann", v1alpha1.ReasonInSync)
				if n := len(env.clerk.Users()); n != 1 {
					t.Fatalf("%d users at Clerk, want 1\n%s", n, env.describe())
				}
				u := env.atClerk("ann")
				if want := env.read("ann").Spec.EmailAddresses[0].Address; len(u.EmailAddresses) != 1 || u.EmailAddresses[0].EmailAddress != want {
					t.Errorf("addresses at Clerk: %+v, want %s alone", u.EmailAddresses, want)
				}
				if !restart {
					env.expectCalls(tc.posts, "POST", "/users")
				}
				env.expectNoWrites()
			})
		}
	}
}

func TestDeletedAfterLostAnswerLeavesNoOrphan(t *testing.T) {
	env := newRunningEnvironment(t)
	env.clerk.InjectFault(emulator.Fault{Method: "POST", Path: "/users", Cut: true, AfterApplying: true})
	env.create(env.user("ann"))
	env.eventually("the creating call", func() error {
		if env.calls("POST", "/users") == 0 {
			return errNotYet
		}
		return nil
	})
	env.halt()
	env.delete(env.read("ann"))
	env.start()
	env.expectGone("ann")
	if n := len(env.clerk.Users()); n != 0 {
		t.Errorf("%d users are left\n%s", n, env.describe())
	}
}

func TestRejectedByClerkNamesTheFieldAndRecovers(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		settings func(*emulator.Settings)
		bad, fix func(*spec)
		says     []string
		calls    string
	}{
		"InvalidUsername": {
			bad: func(s *spec) { s.Username = ptr.To("a!") }, fix: func(s *spec) { s.Username = ptr.To("ann_lee") },
			says: []string{"spec.username", "form_username_"}, calls: "/users",
		},
		"PlanWithoutBans": {
			settings: func(s *emulator.Settings) { s.BanUnsupported = true },
			bad:      func(s *spec) { s.Banned = ptr.To(true) }, fix: func(s *spec) { s.Banned = nil },
			says: []string{"402", "unsupported_subscription_plan_features", "plan"}, calls: "/users",
		},
		"DisabledAttribute": {
			settings: func(s *emulator.Settings) { s.UsernameDisabled = true },
			bad:      func(s *spec) { s.Username = ptr.To("ann_lee") }, fix: func(s *spec) { s.Username = nil },
			says: []string{"spec.username", "form_param_unknown"}, calls: "/users",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			env := newRunningEnvironment(t)
			if tc.settings != nil {
				env.clerk.Configure(tc.settings)
			}
			env.create(env.user("ann", tc.bad))
			user := env.expectReason("ann", v1alpha1.ReasonRejectedByClerk)
			message := user.Status.Conditions[0].Message
			for _, part := range tc.says {
				if !strings.Contains(message, part) {
					t.Errorf("message %q does not say %q", message, part)
				}
			}
			if !meta.IsStatusConditionTrue(user.Status.Conditions, v1alpha1.ConditionStalled) {
				t.Error("Stalled is not True")
			}
			env.expectNoWrites()
			env.expectCalls(1, "POST", tc.calls)
			env.edit("ann", tc.fix)
			env.expectReason("ann", v1alpha1.ReasonInSync)
			env.expectNoWrites()
		})
	}
}

func TestRejectedUpdateLosesNothing(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("ann", full))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	before := env.atClerk("ann")
	env.edit("ann", func(s *spec) { s.Username = ptr.To("?") })
	env.expectReason("ann", v1alpha1.ReasonRejectedByClerk)
	env.expectNoWrites()
	after := env.atClerk("ann")
	if *after.Username != *before.Username || after.PublicMetadata["role"] != "admin" || len(after.EmailAddresses) != 1 {
		t.Errorf("the user at Clerk is %+v", after)
	}
	env.edit("ann", func(s *spec) { s.Username = ptr.To("ann_lee") })
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectNoWrites()
}

func TestThrottledCallsWaitAsTold(t *testing.T) {
	env := newRunningEnvironment(t)
	env.create(env.user("ann"))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.clerk.InjectFault(emulator.Fault{Method: "PATCH", Path: "/users/*", Status: 429, Header: map[string]string{"Retry-After": "2"}, Body: "slow down"})
	env.edit("ann", func(s *spec) { s.FirstName = ptr.To("Ann") })
	env.expectReason("ann", v1alpha1.ReasonInSync)
	patches := env.clerk.Journal().Matching("PATCH", "/users/*")
	if len(patches) != 2 || patches[1].Time.Sub(patches[0].Time) < 2*time.Second {
		t.Errorf("the call was not repeated once after two seconds: %+v", patches)
	}
	env.expectNoWrites()
}

func TestThrottledCreationSaysThatItWaits(t *testing.T) {
	env := newRunningEnvironment(t)
	env.clerk.InjectFault(emulator.Fault{Method: "POST", Path: "/users", Status: 429, Header: map[string]string{"Retry-After": "2"}})
	env.create(env.user("ann"))
	env.eventually("status to say that it waits", func() error {
		user := env.read("ann")
		ready := meta.FindStatusCondition(user.Status.Conditions, v1alpha1.ConditionReady)
		if ready == nil || ready.Reason != v1alpha1.ReasonWaiting || user.Status.ObservedGeneration != -1 {
			return errNotYet
		}
		return nil
	})
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectCalls(2, "POST", "/users")
	env.expectNoWrites()
}

func TestStormOfUnavailability(t *testing.T) {
	env := newRunningEnvironment(t)
	env.clerk.InjectFault(emulator.Fault{
		Status: 503, Body: "<html>unavailable</html>", Times: -1,
		Match: func(e emulator.Entry) bool { return strings.HasPrefix(e.Path, "/v1/users") },
	})
	for _, name := range []string{"ann", "bob", "eve"} {
		env.create(env.user(name))
	}
	env.eventually("the calls to fail", func() error {
		if len(env.clerk.Journal()) < 10 {
			return errNotYet
		}
		return nil
	})
	env.server.Clock().Advance(time.Minute)
	env.expectMessage(env.expectReason("ann", v1alpha1.ReasonRetrying), "503")
	env.clerk.ClearFaults()
	for _, name := range []string{"ann", "bob", "eve"} {
		env.expectReason(name, v1alpha1.ReasonInSync)
	}
	if n := len(env.clerk.Users()); n != 3 {
		t.Errorf("%d users, want 3", n)
	}
	env.expectNoWrites()
}

func TestRestartCostsNoWrites(t *testing.T) {
	env := newRunningEnvironment(t)
	const n = 12
	for i := range n {
		env.create(env.user(fmt.Sprintf("user%d", i), full, func(s *spec) {
			s.ExternalID, s.Username, s.PhoneNumbers = ptr.To(fmt.Sprintf("hr-%d", i)), ptr.To(fmt.Sprintf("user_%d", i)), nil
		}))
	}
	for i := range n {
		env.expectReason(fmt.Sprintf("user%d", i), v1alpha1.ReasonInSync)
	}
	env.expectCalls(n, "POST", "/users")
	if got := len(env.clerk.Journal().Writes()); got != n {
		t.Errorf("%d writes for %d new users", got, n)
	}
	// The instance's users are counted once per start: the first restart sees their number change.
	env.restart()
	env.expectNoWrites()
	before := env.versions()
	env.clerk.ResetJournal()
	env.restart()
	env.expectAllRead(n)
	env.settle()
	if difference := before.differences(env.versions()); difference != "" {
		t.Errorf("the restart wrote to the API server: %s", difference)
	}
	if got := len(env.clerk.Journal().Writes()); got != 0 {
		t.Errorf("the restart wrote %d times to Clerk", got)
	}
	env.expectNoWrites()
}
