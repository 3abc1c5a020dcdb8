// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package why

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/reasons"
)

var start = time.Date(2026, 5, 12, 9, 30, 0, 0, time.UTC)

func ago(d time.Duration) metav1.Time { return metav1.NewTime(start.Add(-d)) }

func condition(kind string, status metav1.ConditionStatus, reason, message string, generation int64) metav1.Condition {
	return metav1.Condition{
		Type: kind, Status: status, Reason: reason, Message: message, ObservedGeneration: generation, LastTransitionTime: ago(5 * time.Minute),
	}
}

func TestPage(t *testing.T) {
	t.Parallel()
	const want = `ClerkUser team-a/ann: Retrying
  Reconciling is True since 2026-05-12T09:25:00Z (5m ago).
  Message: the current generation is not applied yet and is retried: update (lastName): clerk
  answered 503
  A changed spec is not applied yet, because calls fail. Ready still describes the former spec.
  The present spec (generation 2) has no final result yet. The last one is that of generation 1.
  These fields differ at Clerk: lastName
  The operator last changed the user 2026-05-12T08:30:00Z (60m ago).
  Next try: After 1 s, doubling to 1 minute.
  What to do: Nothing if Clerk or the network is down.
    kubectl get clerkinstance -n team-a default -o wide

Ready: InSync
  Ready is True since 2026-05-12T09:25:00Z (5m ago); it describes the former spec.
  Message: the user at Clerk is as declared
  The user at Clerk is as declared.

Unfinished action: ClerkUserAction team-a/lost-phone: no conditions
  The operator has not reported anything about this object.
  What to do: Wait: the object was just created. The operator reports after a few seconds.

Events, newest first
  30s Normal Updated (3 times): changed lastName
  60m Normal Created: created user user_1
  … and 2 older

Writes to Clerk, in the operator's log
    kubectl logs -n clerk-operator-system -l app.kubernetes.io/name=clerk-operator --tail=-1 | grep -E '"audit":true.*("namespace":"team-a","name":"ann"|"clerkUserID":"user_1")'

Not shown
  list clerkinstances: no
`
	user := &v1alpha1.ClerkUser{ObjectMeta: metav1.ObjectMeta{Namespace: "team-a", Name: "ann", Generation: 2}}
	user.Status.ObservedGeneration = 1
	user.Status.Conditions = []metav1.Condition{
		condition("Ready", metav1.ConditionTrue, v1alpha1.ReasonInSync, "the user at Clerk is as declared", 1),
		condition("Reconciling", metav1.ConditionTrue, v1alpha1.ReasonRetrying,
			"the current generation is not applied yet and is retried: update (lastName): clerk answered 503", 2),
	}
	subject := reasons.Subject{Kind: "ClerkUser", Namespace: "team-a", Name: "ann", InstanceNamespace: "team-a", InstanceName: "default"}
	action := &v1alpha1.ClerkUserAction{ObjectMeta: metav1.ObjectMeta{CreationTimestamp: ago(time.Second)}}
	written := ago(time.Hour)
	report := &Report{
		Kind: "ClerkUser", Namespace: "team-a", Name: "ann", Findings: findings(subject, user), Differs: []string{"lastName"},
		Facts: objectFacts(user.Generation, stateOf(user)), LastWriteTime: &written,
		UnfinishedActions: []Related{{Kind: "ClerkUserAction", Namespace: "team-a", Name: "lost-phone", Finding: unreported(action, start)}},
		Events: []Event{
			{Time: ago(30 * time.Second), Count: 3, Type: "Normal", Reason: "Updated", Message: "changed lastName"},
			{Time: ago(time.Hour), Count: 1, Type: "Normal", Reason: "Created", Message: "created user user_1"},
		},
		OlderEvents: 2,
		LogCommand:  (&collector{operatorNamespace: "clerk-operator-system"}).logCommand("team-a", "ann", "user_1"),
		NotShown:    []string{"list clerkinstances: no"},
	}
	var out bytes.Buffer
	page{out: &out, now: start}.write(report)
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("the page (-want +got):\n%s", diff)
	}
}

// TestLogCommandFindsAuditLines compares the command with the lines in the documentation, which other tests compare with the log.
func TestLogCommandFindsAuditLines(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../../docs/reference/audit.md")
	if err != nil {
		t.Fatal(err)
	}
	c := &collector{operatorNamespace: "o"}
	for command, want := range map[string]int{
		c.logCommand("shop", "ann", "user_2abc"): 1, c.logCommand("shop", "bob", ""): 1, c.logCommand("shop", "an", "user_2"): 0,
	} {
		pattern := regexp.MustCompile(`grep -E '(.*)'$`).FindStringSubmatch(command)
		if pattern == nil {
			t.Fatalf("the command is %s", command)
		}
		if got := len(regexp.MustCompile("(?m)^"+`.*`+pattern[1]).FindAllString(string(text), -1)); got < want || want == 0 && got > 0 {
			t.Errorf("%s finds %d lines, want %d", pattern[1], got, want)
		}
	}
	if got := c.logCommand("shop", "ann", "user_$(reboot)"); strings.Contains(got, "reboot") {
		t.Errorf("the command is %s", got)
	}
}

func TestEventsAreSortedAndCounted(t *testing.T) {
	t.Parallel()
	micro := func(d time.Duration) metav1.MicroTime { return metav1.NewMicroTime(start.Add(-d)) }
	got := eventsIn([]eventsv1.Event{
		{Reason: "Once", EventTime: micro(2 * time.Hour)},
		{Reason: "Series", EventTime: micro(3 * time.Hour), Series: &eventsv1.EventSeries{Count: 7, LastObservedTime: micro(time.Minute)}},
		{Reason: "Old", DeprecatedCount: 4, DeprecatedLastTimestamp: ago(time.Hour)},
		{Reason: "Bare", ObjectMeta: metav1.ObjectMeta{CreationTimestamp: ago(4 * time.Hour)}},
	})
	var said []string
	for _, e := range got {
		said = append(said, e.Reason+strings.Repeat("+", int(e.Count)))
	}
	if diff := cmp.Diff([]string{"Series+++++++", "Old++++", "Once+", "Bare+"}, said); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestDecisiveCondition(t *testing.T) {
	t.Parallel()
	c := func(kind, reason string) metav1.Condition {
		return metav1.Condition{Type: kind, Status: metav1.ConditionTrue, Reason: reason}
	}
	for name, tc := range map[string]struct {
		kind       string
		conditions []metav1.Condition
		want       []string
	}{
		"None":                {"ClerkUser", nil, nil},
		"Ready":               {"ClerkUser", []metav1.Condition{c("Ready", "InSync")}, []string{"Ready"}},
		"StalledAccompanies":  {"ClerkUser", []metav1.Condition{c("Ready", "Conflict"), c("Stalled", "Conflict")}, []string{"Ready"}},
		"ReconcilingTheSame":  {"ClerkUser", []metav1.Condition{c("Ready", "Waiting"), c("Reconciling", "Waiting")}, []string{"Ready"}},
		"ReconcilingAnother":  {"ClerkInstance", []metav1.Condition{c("Ready", "KeyAccepted"), c("Reconciling", "Waiting")}, []string{"Reconciling", "Ready"}},
		"Suspended":           {"ClerkUser", []metav1.Condition{c("Ready", "InSync"), c("Suspended", "Suspended")}, []string{"Suspended", "Ready"}},
		"ActionWaits":         {"ClerkUserAction", []metav1.Condition{c("Reconciling", "Waiting")}, []string{"Reconciling"}},
		"ActionFailedStalled": {"ClerkUserAction", []metav1.Condition{c("Stalled", "Missing"), c("Failed", "Missing")}, []string{"Failed"}},
	} {
		var got []string
		for _, one := range decisive(tc.kind, tc.conditions) {
			got = append(got, one.Type)
		}
		if diff := cmp.Diff(tc.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestReasonOfAnotherVersion(t *testing.T) {
	t.Parallel()
	found := newFinding(reasons.Subject{Kind: "ClerkUser"}, condition("Ready", metav1.ConditionFalse, "Unheard", "what", 1))
	if !strings.Contains(found.Meaning, "does not know the reason") || found.Reason != "Unheard" || len(found.Commands) > 0 {
		t.Errorf("the finding is %+v", found)
	}
}

// TestEveryCommandIsMapped has a report with all places for commands.
func TestEveryCommandIsMapped(t *testing.T) {
	t.Parallel()
	finding := func(name string) Finding { return Finding{Commands: []string{"kubectl get " + name}} }
	r := Report{
		Findings: []Finding{finding("a"), finding("b")}, Causes: []Related{{Finding: finding("c")}},
		UnfinishedActions: []Related{{Finding: finding("d")}}, LogCommand: "kubectl logs",
	}
	r.mapCommands(strings.ToUpper)
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "kubectl") || strings.Count(string(text), "KUBECTL GET") != 4 {
		t.Errorf("a command is left as it was: %s", text)
	}
}
