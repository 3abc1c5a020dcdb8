// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package status

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

func text(t *testing.T, r renderer, report Report) string {
	t.Helper()
	var b strings.Builder
	if err := r.render(&b, report); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

const wholeStatus = `Operator: running

ClerkInstance clerk/gone: does not exist
  Users:            1 ClerkUser, 0 ready
  Users by reason:  1 InstanceNotFound

ClerkInstance clerk/prod
  Ready:             True, KeyAccepted for 24h
  Environment:       Production
  Clerk instance:    ins_1
  Users:             812 managed, 10431 at Clerk; 4 ClerkUsers shown here, 2 ready
  API budget:        500 requests in 10s; how much is in use is in the metrics only (-o wide names them)
  Incremental sync:  every 1m, current
  Full sync:         every 1h, current
  Deletion brake:    10 of 10 in 10m, 3 held, 1 pending
  Release with:      kubectl annotate clerkinstance -n clerk prod --overwrite clerk-operator.io/release-deletions=$(date -u +%Y-%m-%dT%H:%M:%SZ)
  Users by reason:   2 InSync
                     1 DeletionHeld
                     1 RejectedByClerk

Needs a human, most urgent first: 2 of 3 (--all shows all)
  ClerkInstance clerk/prod: DeletionHeld
    3 ClerkUsers wait for the deletion brake; if this is intended, release them
    $ kubectl annotate clerkinstance -n clerk prod --overwrite clerk-operator.io/release-deletions=$(date -u +%Y-%m-%dT%H:%M:%SZ)
  ClerkUser team/bob: RejectedByClerk for 2m
    Clerk refused publicMetadata �[31m
    $ NEXT
`

func TestRenderWholeStatus(t *testing.T) {
	t.Parallel()
	prod := instance(func(i *v1alpha1.ClerkInstance) {
		i.Status.HeldDeletions = 3
		i.Status.Deletions = &v1alpha1.DeletionCount{Since: before(time.Minute), Count: 10}
		i.Status.PendingDeletions = make([]v1alpha1.PendingDeletion, 1)
	})
	lost := user("lost", conditionFor(time.Minute, metav1.ConditionFalse, v1alpha1.ReasonInstanceNotFound, "no ClerkInstance clerk/gone"))
	lost.Spec.InstanceRef.Name = "gone"
	report := allFacts([]*v1alpha1.ClerkInstance{prod},
		user("ada", inSync()), user("eve", inSync()), lost,
		user("bob", conditionFor(2*time.Minute, metav1.ConditionFalse, v1alpha1.ReasonRejectedByClerk, "Clerk refused publicMetadata \x1b[31m")),
		user("old", conditionFor(time.Minute, metav1.ConditionFalse, v1alpha1.ReasonDeletionHeld, "the brake")),
	).report(runs())
	for i := range report.NeedsHuman {
		if n := &report.NeedsHuman[i]; n.Name == "bob" {
			if !strings.Contains(n.Next, "bob") || !strings.Contains(n.Next, "team") {
				t.Errorf("the next command is %q", n.Next)
			}
			n.Next = "NEXT"
		}
	}
	if diff := cmp.Diff(wholeStatus, text(t, renderer{most: 2}, report)); diff != "" {
		t.Errorf("the text differs (-want +got):\n%s", diff)
	}
	all := text(t, renderer{}, report)
	if !strings.Contains(all, "ClerkUser team/lost: InstanceNotFound for 60s") || strings.Contains(all, "--all shows") {
		t.Errorf("--all does not show all:\n%s", all)
	}
}

func TestRenderPaintsOnlyOnATerminal(t *testing.T) {
	t.Parallel()
	report := allFacts([]*v1alpha1.ClerkInstance{instance(nil)}).report(runs())
	if got := text(t, renderer{}, report); strings.Contains(got, "\x1b") {
		t.Errorf("there are colours in %q", got)
	}
	if got := text(t, renderer{colors: true}, report); !strings.Contains(got, "\x1b[32mTrue\x1b[0m, KeyAccepted") {
		t.Errorf("there are no colours in %q", got)
	}
}

func TestRenderOfStates(t *testing.T) {
	t.Parallel()
	stale := instance(func(i *v1alpha1.ClerkInstance) {
		i.Status.Conditions[0] = conditionFor(5*time.Minute, metav1.ConditionFalse, v1alpha1.ReasonMirrorStale, "cannot read")
	})
	fresh := instance(func(i *v1alpha1.ClerkInstance) {
		i.Generation, i.Status = 1, v1alpha1.ClerkInstanceStatus{ObservedGeneration: -1}
	})
	stopped := Operator{State: OperatorNotRunning, Message: "its Lease was renewed 7m ago", Renewed: ptr.To(before(7 * time.Minute))}
	implied := user("nobody")
	implied.Spec.InstanceRef, implied.CreationTimestamp = nil, before(time.Second)
	for name, test := range map[string]struct {
		facts    *facts
		operator Operator
		wide     bool
		wants    []string
	}{
		"SyncsAreOverdue": {allFacts([]*v1alpha1.ClerkInstance{stale}), runs(), false, []string{
			"False, MirrorStale for 5m", "Message:           cannot read", "every 1m, overdue for 5m", "every 1h, overdue for 5m",
		}},
		"TheOperatorStopped": {allFacts([]*v1alpha1.ClerkInstance{instance(nil)}), stopped, false, []string{
			"Operator: not running: its Lease was renewed 7m ago\n", "every 1m, stopped for 7m",
			"most urgent first:\n  Operator: NotRunning for 7m\n    its Lease was renewed 7m ago\n    $ kubectl get pods",
		}},
		"NothingIsKnownOfANewInstance": {allFacts([]*v1alpha1.ClerkInstance{fresh}), Operator{State: OperatorUnknown, Message: "no Lease"}, false, []string{
			"Operator: not running: ClerkInstance clerk/prod has no status for 2d: is the operator running?", "Unknown, the operator has not looked at it yet",
			"Environment:       not known yet", "API budget:        not known yet", "Deletion brake:    none, 0 held",
		}},
		"AnOperatorThatDoesNotWatchTheNamespace": {allFacts(nil, user("ada"), user("bob")), runs(), false, []string{
			"Operator: running: its Lease is renewed; but 2 objects have no status, ClerkUser team/ada for 60m: does it watch that namespace",
			"  Operator: NoStatus for 60m\n",
		}},
		"NoInstanceIsNamed": {allFacts(nil, implied), runs(), false, []string{
			"ClerkUsers that name no ClerkInstance, in namespaces without one named default", "1 (no status yet)",
		}},
		"Nothing": {allFacts(nil), runs(), false, []string{"The cluster has no ClerkInstance and no ClerkUser. Create", "Nothing needs a human."}},
		"Wide": {allFacts([]*v1alpha1.ClerkInstance{instance(nil)}), runs(), true, []string{
			"Operator: running: its Lease is renewed (clerk-operator-0)", "Message:           the key in Secret clerk", "Cluster id:        here",
			"clerk_operator_rate_limiter_tokens, ", "clerk_operator_mirror_last_full_sync_timestamp_seconds",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := text(t, renderer{wide: test.wide}, test.facts.report(test.operator))
			for _, want := range test.wants {
				if !strings.Contains(got, want) {
					t.Errorf("%q is not in:\n%s", want, got)
				}
			}
		})
	}
}

func TestMostUrgentHasOneOfEachReason(t *testing.T) {
	t.Parallel()
	need := func(name, reason string) Need { return Need{Kind: "ClerkUser", Name: name, Reason: reason} }
	many := []Need{
		need("a", "Missing"), need("b", "Missing"), need("c", "Missing"), need("d", "InvalidSpec"), need("e", "InvalidSpec"), need("f", "NotKept"),
	}
	for most, want := range map[int]string{0: "abcdef", 1: "a", 2: "ad", 3: "adf", 4: "abdf", 5: "abcdf", 6: "abcdef", 9: "abcdef"} {
		got := ""
		for _, n := range mostUrgent(many, most) {
			got += n.Name
		}
		if got != want {
			t.Errorf("of %d, %s are shown, want %s", most, got, want)
		}
	}
}

func TestShortDuration(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		time.Second: "1s", time.Minute: "1m", time.Hour: "1h", 90 * time.Second: "1m30s", 90 * time.Minute: "1h30m", 20 * time.Minute: "20m",
		10 * time.Hour: "10h", time.Hour + time.Second: "1h0m1s",
	} {
		if got := shortDuration(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}
