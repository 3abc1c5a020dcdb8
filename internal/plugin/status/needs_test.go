// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package status

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// failed returns a ClerkUser that is not ready for some time.
func failed(name, reason string, since time.Duration) *v1alpha1.ClerkUser {
	return user(name, conditionFor(since, metav1.ConditionFalse, reason, "message of "+name))
}

func TestNeedsAreSortedByUrgency(t *testing.T) {
	t.Parallel()
	rejected := instance(func(i *v1alpha1.ClerkInstance) {
		i.Name, i.Status.HeldDeletions = "rejected", 2
		i.Status.Conditions[0] = conditionFor(time.Minute, metav1.ConditionFalse, v1alpha1.ReasonKeyRejected, "Clerk rejects the key")
	})
	f := allFacts([]*v1alpha1.ClerkInstance{instance(nil), rejected},
		failed("b-invalid", v1alpha1.ReasonInvalidSpec, time.Minute), failed("a-invalid", v1alpha1.ReasonInvalidSpec, time.Minute),
		failed("old-invalid", v1alpha1.ReasonInvalidSpec, time.Hour), failed("blocked", v1alpha1.ReasonDeletionBlocked, time.Minute),
		failed("missing", v1alpha1.ReasonMissing, 2*time.Minute), failed("retrying", v1alpha1.ReasonRetrying, time.Minute),
		failed("lasting", v1alpha1.ReasonRetrying, 2*time.Hour), failed("waits", v1alpha1.ReasonInstanceNotReady, time.Minute),
		failed("pending", v1alpha1.ReasonDeletionPending, time.Minute), failed("newer", "ReasonOfTheFuture", time.Minute),
		user("healthy", inSync()), user("observed", conditionFor(0, metav1.ConditionTrue, v1alpha1.ReasonObserved, "")),
	)
	var got []string
	for _, n := range f.needs(runs()) {
		got = append(got, n.Name+" "+n.Reason)
		if n.Next == "" || n.Why == "" {
			t.Errorf("%+v does not say why and what next", n)
		}
	}
	want := []string{
		"rejected KeyRejected", "rejected DeletionHeld", "missing Missing", "blocked DeletionBlocked", "old-invalid InvalidSpec",
		"a-invalid InvalidSpec", "b-invalid InvalidSpec", "newer ReasonOfTheFuture", "lasting Retrying",
	}
	if !slices.Equal(got, want) {
		t.Errorf("the order is\n%v, want\n%v", got, want)
	}
}

func TestNeedsOfUsersWhoseInstanceCannotBeRead(t *testing.T) {
	t.Parallel()
	f := newFacts(scope{namespace: "team"}, noon())
	f.addUser(failed("held", v1alpha1.ReasonDeletionHeld, time.Minute))
	f.tally(types.NamespacedName{Namespace: "clerk", Name: "prod"}).presence = NotReadable
	if needs := f.needs(runs()); len(needs) != 1 || needs[0].Reason != v1alpha1.ReasonDeletionHeld {
		t.Errorf("the needs are %+v", needs)
	}
}

func TestSuspendedUsersAreNotReady(t *testing.T) {
	t.Parallel()
	suspended := metav1.Condition{Type: v1alpha1.ConditionSuspended, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonSuspended}
	f := allFacts([]*v1alpha1.ClerkInstance{instance(nil)}, user("was-ready", inSync(), suspended), user("was-not", suspended), user("ada", inSync()))
	i := f.report(runs()).Instances[0]
	if i.Users != 3 || i.ReadyUsers != 1 || i.UsersByReason[0] != (ReasonCount{v1alpha1.ReasonSuspended, 2}) || len(f.troubled) > 0 {
		t.Errorf("the instance has %+v", i)
	}
}

func TestInstanceOfAUser(t *testing.T) {
	t.Parallel()
	f := allFacts([]*v1alpha1.ClerkInstance{instance(func(i *v1alpha1.ClerkInstance) { i.Namespace, i.Name = "team", "default" })})
	bound, implied, elsewhere := user("bound"), user("implied"), user("elsewhere")
	bound.Spec.InstanceRef, implied.Spec.InstanceRef, elsewhere.Spec.InstanceRef, elsewhere.Namespace = nil, nil, nil, "other"
	bound.Status.UserID, bound.Status.Instance = "user_1", &v1alpha1.BoundInstance{Namespace: "clerk", Name: "prod", ID: "ins_1"}
	here := user("here")
	here.Spec.InstanceRef = &v1alpha1.InstanceReference{Name: "own"}
	for name, test := range map[string]struct {
		user *v1alpha1.ClerkUser
		want string
	}{
		"Bound": {bound, "clerk/prod"}, "Named": {user("named"), "clerk/prod"}, "NamedHere": {here, "team/own"},
		"Default": {implied, "team/default"}, "OfTheOperator": {elsewhere, "/"},
	} {
		if got := f.instanceOf(test.user).String(); got != test.want {
			t.Errorf("%s: the ClerkInstance is %s, want %s", name, got, test.want)
		}
	}
}

func TestSharedInstanceHasTheStrictestLimits(t *testing.T) {
	t.Parallel()
	other := instance(func(i *v1alpha1.ClerkInstance) {
		i.Name = "second"
		i.Spec.RateLimit = &v1alpha1.RateLimit{RequestsPer10s: ptr.To[int32](40)}
		i.Spec.DeletionBrake = &v1alpha1.DeletionBrake{MaxCount: ptr.To[int32](3), Window: &metav1.Duration{Duration: time.Hour}}
		i.Spec.Drift = &v1alpha1.DriftCheck{Interval: &metav1.Duration{Duration: 5 * time.Second}}
		i.Status.Deletions = &v1alpha1.DeletionCount{Since: before(time.Minute), Count: 2}
	})
	foreign := instance(func(i *v1alpha1.ClerkInstance) {
		i.Name, i.Status.InstanceID = "foreign", "ins_2"
		i.Spec.RateLimit = &v1alpha1.RateLimit{RequestsPer10s: ptr.To[int32](1)}
	})
	report := allFacts([]*v1alpha1.ClerkInstance{instance(nil), other, foreign}).report(runs())
	for _, i := range report.Instances {
		got := fmt.Sprintf("%d %d/%d %s %s", i.Budget.RequestsPer10s, i.Brake.Counted, i.Brake.MaxCount, i.Brake.Window.Duration, i.Sync.Interval.Duration)
		want := "40 2/3 1h0m0s 5s"
		if i.Name == "foreign" {
			want = "1 0/10 10m0s 1m0s"
		}
		if got != want {
			t.Errorf("%s has %s, want %s", i.Name, got, want)
		}
	}
}

func TestNeedsOfManyUsersAreAllKept(t *testing.T) {
	t.Parallel()
	f := allFacts([]*v1alpha1.ClerkInstance{instance(nil)})
	for n := range 300 {
		f.addUser(failed(fmt.Sprintf("u%05d", n), v1alpha1.ReasonRejectedByClerk, time.Minute))
	}
	if needs := f.needs(runs()); len(needs) != 300 || needs[0].Name != "u00000" || needs[299].Name != "u00299" {
		t.Errorf("there are %d needs", len(needs))
	}
}

// TestEveryCommandIsMapped has a report with all places for commands. Each is replaced, also that which releases deletions.
func TestEveryCommandIsMapped(t *testing.T) {
	t.Parallel()
	held := instance(func(i *v1alpha1.ClerkInstance) { i.Status.HeldDeletions = 3 })
	report := allFacts([]*v1alpha1.ClerkInstance{held},
		user("bob", conditionFor(time.Minute, metav1.ConditionFalse, v1alpha1.ReasonRejectedByClerk, "no")),
	).report(Operator{State: OperatorNotRunning, Message: "see: " + findOperator})
	report.mapCommands(func(text string) string { return strings.ReplaceAll(text, "kubectl", "KUBECTL") })
	text, err := json.Marshal(report)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "kubectl ") || strings.Count(string(text), "KUBECTL annotate") != 2 || strings.Count(string(text), "KUBECTL") < 5 {
		t.Errorf("a command is left as it was: %s", text)
	}
}
