// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"

	"github.com/clerk-operator/clerk-operator/internal/plan"
)

func TestOldCopiesAreKnownByResourceVersion(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		wrote, version string
		want           bool
	}{
		"NothingWritten":         {"", "5", false},
		"Older":                  {"100", "99", true},
		"OlderWithFewerDigits":   {"1000", "999", true},
		"Same":                   {"100", "100", false},
		"Newer":                  {"100", "101", false},
		"NewerWithMoreDigits":    {"999", "1000", false},
		"BeyondSixtyFourBits":    {"36893488147419103232", "36893488147419103231", true},
		"UnreadableCopy":         {"100", "x99", false},
		"UnreadableWrite":        {"v100", "99", false},
		"NoVersion":              {"100", "", false},
		"ZeroIsNoVersion":        {"100", "0", false},
		"LeadingZeroIsNoVersion": {"100", "099", false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMemory()
			if tc.wrote != "" {
				m.wroteObject("a", tc.wrote)
			}
			if got := m.outdated("a", tc.version); got != tc.want {
				t.Errorf("outdated is %t, want %t", got, tc.want)
			}
			if m.outdated("b", tc.version) {
				t.Error("the write to one object makes a copy of another old")
			}
			m.forget("a")
			if m.outdated("a", tc.version) {
				t.Error("a forgotten object still has old copies")
			}
		})
	}
}

func TestNamesOfObjectsThatThisProcessHasMet(t *testing.T) {
	t.Parallel()
	m := newMemory()
	ann := types.NamespacedName{Namespace: "team-a", Name: "ann"}
	m.wroteObject("b", "1")
	for _, uid := range []types.UID{"a", "b"} {
		if name, met := m.nameOf(uid); met {
			t.Errorf("%s was met as %s", uid, name)
		}
	}
	m.meet("a", types.NamespacedName{Namespace: "team-a", Name: "former"})
	m.meet("a", ann)
	if name, met := m.nameOf("a"); !met || name != ann {
		t.Errorf("the object that was met is %s, %t; want %s", name, met, ann)
	}
	m.forget("a")
	if _, met := m.nameOf("a"); met {
		t.Error("an object that is gone is still known")
	}
	if len(m.objects) != 1 {
		t.Errorf("asking for names leaves %d recollections, want the one that there was", len(m.objects))
	}
}

// Answers help a pass over its waits. One that only observes has nothing else that tells it when to look again.
func TestLookUpsAreForgottenWhenAPassComesToItsEnd(t *testing.T) {
	t.Parallel()
	observes := func(u *v1alpha1.ClerkUser) { u.Spec.Mode = ptr.To(v1alpha1.ModeObserve) }
	tests := map[string]struct {
		user          func(*v1alpha1.ClerkUser)
		err           error
		lookUp, taken bool
	}{
		"Done":              {nil, nil, false, false},
		"Failed":            {nil, errAmbiguous, false, false},
		"Waits":             {nil, &clerk.WaitError{At: start}, true, true},
		"ObservesDone":      {observes, nil, true, false},
		"ObservesAndFailed": {observes, errAmbiguous, true, false},
		"ObservesAndWaits":  {observes, &clerk.WaitError{At: start}, true, true},
	}
	question := clerk.Identifier{Kind: clerk.KindEmailAddress, Value: "ann@example.com"}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			user := newTestUser("ann")
			if tc.user != nil {
				tc.user(user)
			}
			p := newTestPass(t, newTestReconciler(t, newClock()), user)
			p.memory.rememberLookUp(user.UID, question, lookUp{asked: start})
			p.memory.refuse(user.UID, &takenRefusal{generation: user.Generation})
			p.err = tc.err
			p.memory.finish(p)
			if _, found := p.memory.lookUp(user.UID, question); found != tc.lookUp {
				t.Errorf("the answer is remembered: %t, want %t", found, tc.lookUp)
			}
			if found := p.memory.lastRefusal(user.UID, user.Generation) != nil; found != tc.taken {
				t.Errorf("the refusal is remembered: %t, want %t", found, tc.taken)
			}
			p.memory.forgetLookUps(user.UID)
			if _, found := p.memory.lookUp(user.UID, question); found {
				t.Error("an answer about a user that is no longer as it was is remembered")
			}
		})
	}
}

func TestHoldIsReleased(t *testing.T) {
	t.Parallel()
	m, c := newMemory(), circumstances{generation: 1}
	cause := errors.New("cause")
	m.holdBack("a", c, cause, start)
	if h, stands := m.held("a", c, start.Add(firstHold-time.Nanosecond)); !stands || !errors.Is(h.err, cause) || !h.until.Equal(start.Add(firstHold)) {
		t.Errorf("the hold is %+v, stands %t", h, stands)
	}
	if _, stands := m.held("a", c, start.Add(firstHold)); stands {
		t.Error("the hold stands when its time has come")
	}
	m.release("a")
	if _, stands := m.held("a", c, start); stands {
		t.Error("a released hold stands")
	}
	if pause := m.holdBack("a", c, cause, start); pause != firstHold {
		t.Errorf("after a release the hold begins with %s", pause)
	}
	m.forget("a")
	if _, stands := m.held("a", c, start); stands {
		t.Error("a forgotten object is held")
	}
}

func TestDoubtAboutAnAnswer(t *testing.T) {
	t.Parallel()
	m := newMemory()
	if m.lookDue("a") {
		t.Error("doubt from the start")
	}
	m.loseAnswer("a")
	if !m.lookDue("a") || m.lookDue("b") {
		t.Error("the doubt is not where it belongs")
	}
	m.announce("a")
	m.looked("a")
	if m.lookDue("a") || m.nothingCreated("a") {
		t.Error("a look that finds nothing is due again, or ends the doubt")
	}
	m.answered("a")
	if m.lookDue("a") || m.nothingCreated("a") {
		t.Error("an answer left the doubt, or counts as a refusal")
	}
	m.announce("a")
	if !m.nothingCreated("a") {
		t.Error("a call that was not made yet counts as one that made a user")
	}
	m.doubt("a")
	if m.nothingCreated("a") || m.lookDue("a") {
		t.Error("an unclear answer counts as a refusal, or as a lost one")
	}
}

func TestFailingSinceTheFirstFailure(t *testing.T) {
	t.Parallel()
	m := newMemory()
	steps := []struct {
		at, want time.Duration
	}{{0, 0}, {10 * time.Second, 10 * time.Second}, {time.Minute, time.Minute}}
	for _, s := range steps {
		if got := m.failingFor("a", start.Add(s.at)); got != s.want {
			t.Errorf("at %s failing for %s, want %s", s.at, got, s.want)
		}
	}
	m.succeeded("a")
	if got := m.failingFor("a", start.Add(time.Hour)); got != 0 {
		t.Errorf("after a success failing for %s", got)
	}
}

func TestFieldsBeginAnewWithEveryGeneration(t *testing.T) {
	t.Parallel()
	m := newMemory()
	m.fields("a", 1, "").ignored(plan.Part{Field: "locale"}, "x")
	if !m.fields("a", 1, "").futile(plan.Part{Field: "locale"}, "x") {
		t.Error("the memory of a field was lost between passes")
	}
	if m.fields("b", 1, "").futile(plan.Part{Field: "locale"}, "x") {
		t.Error("two objects share what is remembered of fields")
	}
	if m.fields("a", 2, "").futile(plan.Part{Field: "locale"}, "x") || m.fields("a", 1, "").futile(plan.Part{Field: "locale"}, "x") {
		t.Error("another generation knows what was futile for an earlier one")
	}
}

// What one worker learns must not disturb what others learn; run with the race detector.
func TestMemoryIsSafeForConcurrentUse(t *testing.T) {
	t.Parallel()
	m := newMemory()
	var workers sync.WaitGroup
	for i := range 8 {
		workers.Go(func() {
			uid := types.UID(fmt.Sprint("uid-", i%4))
			for range 200 {
				m.holdBack(uid, circumstances{}, errAmbiguous, start)
				m.held(uid, circumstances{}, start)
				m.failingFor(uid, start)
				m.wroteObject(uid, "1")
				m.outdated(uid, "2")
				m.loseAnswer(uid)
				m.lookDue(uid)
				m.release(uid)
				m.succeeded(uid)
				m.forget(uid)
			}
		})
	}
	workers.Wait()
}
