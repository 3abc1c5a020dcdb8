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
				w := newLiveWorld(t)
				fault := tc.fault
				fault.Method, fault.Path = "POST", "/users"
				w.clerk.InjectFault(fault)
				w.create(w.user("ann"))
				w.eventually("the creating call", func() error {
					if w.calls("POST", "/users") == 0 {
						return errNotYet
					}
					return nil
				})
				if restart {
					w.halt()
				}
				if tc.edit != nil {
					w.edit("ann", tc.edit)
				}
				if restart {
					w.start()
				}
				w.becomes("ann", v1alpha1.ReasonInSync)
				if n := len(w.clerk.Users()); n != 1 {
					t.Fatalf("%d users at Clerk, want 1\n%s", n, w.describe())
				}
				u := w.atClerk("ann")
				if want := w.read("ann").Spec.EmailAddresses[0].Address; len(u.EmailAddresses) != 1 || u.EmailAddresses[0].EmailAddress != want {
					t.Errorf("addresses at Clerk: %+v, want %s alone", u.EmailAddresses, want)
				}
				if !restart {
					w.wantCalls(tc.posts, "POST", "/users")
				}
				w.rests()
			})
		}
	}
}

func TestDeletedAfterLostAnswerLeavesNoOrphan(t *testing.T) {
	w := newLiveWorld(t)
	w.clerk.InjectFault(emulator.Fault{Method: "POST", Path: "/users", Cut: true, AfterApplying: true})
	w.create(w.user("ann"))
	w.eventually("the creating call", func() error {
		if w.calls("POST", "/users") == 0 {
			return errNotYet
		}
		return nil
	})
	w.halt()
	w.delete(w.read("ann"))
	w.start()
	w.vanishes("ann")
	if n := len(w.clerk.Users()); n != 0 {
		t.Errorf("%d users are left\n%s", n, w.describe())
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
			w := newLiveWorld(t)
			if tc.settings != nil {
				w.clerk.Configure(tc.settings)
			}
			w.create(w.user("ann", tc.bad))
			user := w.becomes("ann", v1alpha1.ReasonRejectedByClerk)
			message := user.Status.Conditions[0].Message
			for _, part := range tc.says {
				if !strings.Contains(message, part) {
					t.Errorf("message %q does not say %q", message, part)
				}
			}
			if !meta.IsStatusConditionTrue(user.Status.Conditions, v1alpha1.ConditionStalled) {
				t.Error("Stalled is not True")
			}
			w.rests()
			w.wantCalls(1, "POST", tc.calls)
			w.edit("ann", tc.fix)
			w.becomes("ann", v1alpha1.ReasonInSync)
			w.rests()
		})
	}
}

func TestRejectedUpdateLosesNothing(t *testing.T) {
	w := newLiveWorld(t)
	w.create(w.user("ann", full))
	w.becomes("ann", v1alpha1.ReasonInSync)
	before := w.atClerk("ann")
	w.edit("ann", func(s *spec) { s.Username = ptr.To("?") })
	w.becomes("ann", v1alpha1.ReasonRejectedByClerk)
	w.rests()
	after := w.atClerk("ann")
	if *after.Username != *before.Username || after.PublicMetadata["role"] != "admin" || len(after.EmailAddresses) != 1 {
		t.Errorf("the user at Clerk is %+v", after)
	}
	w.edit("ann", func(s *spec) { s.Username = ptr.To("ann_lee") })
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.rests()
}

func TestThrottledCallsWaitAsTold(t *testing.T) {
	w := newLiveWorld(t)
	w.create(w.user("ann"))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.clerk.InjectFault(emulator.Fault{Method: "PATCH", Path: "/users/*", Status: 429, Header: map[string]string{"Retry-After": "2"}, Body: "slow down"})
	w.edit("ann", func(s *spec) { s.FirstName = ptr.To("Ann") })
	w.becomes("ann", v1alpha1.ReasonInSync)
	patches := w.clerk.Journal().Matching("PATCH", "/users/*")
	if len(patches) != 2 || patches[1].Time.Sub(patches[0].Time) < 2*time.Second {
		t.Errorf("the call was not repeated once after two seconds: %+v", patches)
	}
	w.rests()
}

func TestThrottledCreationSaysThatItWaits(t *testing.T) {
	w := newLiveWorld(t)
	w.clerk.InjectFault(emulator.Fault{Method: "POST", Path: "/users", Status: 429, Header: map[string]string{"Retry-After": "2"}})
	w.create(w.user("ann"))
	w.eventually("status to say that it waits", func() error {
		user := w.read("ann")
		ready := meta.FindStatusCondition(user.Status.Conditions, v1alpha1.ConditionReady)
		if ready == nil || ready.Reason != v1alpha1.ReasonWaiting || user.Status.ObservedGeneration != -1 {
			return errNotYet
		}
		return nil
	})
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.wantCalls(2, "POST", "/users")
	w.rests()
}

func TestStormOfUnavailability(t *testing.T) {
	w := newLiveWorld(t)
	w.clerk.InjectFault(emulator.Fault{
		Status: 503, Body: "<html>unavailable</html>", Times: -1,
		Match: func(e emulator.Entry) bool { return strings.HasPrefix(e.Path, "/v1/users") },
	})
	for _, name := range []string{"ann", "bob", "eve"} {
		w.create(w.user(name))
	}
	w.eventually("the calls to fail", func() error {
		if len(w.clerk.Journal()) < 10 {
			return errNotYet
		}
		return nil
	})
	w.server.Clock().Advance(time.Minute)
	w.says(w.becomes("ann", v1alpha1.ReasonRetrying), "503")
	w.clerk.ClearFaults()
	for _, name := range []string{"ann", "bob", "eve"} {
		w.becomes(name, v1alpha1.ReasonInSync)
	}
	if n := len(w.clerk.Users()); n != 3 {
		t.Errorf("%d users, want 3", n)
	}
	w.rests()
}

func TestRestartCostsNoWrites(t *testing.T) {
	w := newLiveWorld(t)
	const n = 12
	for i := range n {
		w.create(w.user(fmt.Sprintf("user%d", i), full, func(s *spec) {
			s.ExternalID, s.Username, s.PhoneNumbers = ptr.To(fmt.Sprintf("hr-%d", i)), ptr.To(fmt.Sprintf("user_%d", i)), nil
		}))
	}
	for i := range n {
		w.becomes(fmt.Sprintf("user%d", i), v1alpha1.ReasonInSync)
	}
	w.wantCalls(n, "POST", "/users")
	if got := len(w.clerk.Journal().Writes()); got != n {
		t.Errorf("%d writes for %d new users", got, n)
	}
	// The instance's users are counted once per start: the first restart sees their number change.
	w.restart()
	w.rests()
	before := w.versions()
	w.clerk.ResetJournal()
	w.restart()
	w.compared(n)
	w.settle()
	if difference := before.differences(w.versions()); difference != "" {
		t.Errorf("the restart wrote to the API server: %s", difference)
	}
	if got := len(w.clerk.Journal().Writes()); got != 0 {
		t.Errorf("the restart wrote %d times to Clerk", got)
	}
	w.rests()
}
