// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gitops

import (
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/clerkinstance"
	"github.com/clerk-operator/clerk-operator/internal/controller/clerkuser"
)

// recordedStates returns one object for each state that an object was in while the stories ran (make statuses).
func recordedStates(t testing.TB) []*unstructured.Unstructured {
	t.Helper()
	var all []*unstructured.Unstructured
	for _, document := range strings.Split(readFile(t, filepath.Join("testdata", "statuses.yaml")), "\n---\n")[1:] {
		all = append(all, objectIn(t, document))
	}
	if len(all) < 50 {
		t.Fatalf("only %d states are recorded", len(all))
	}
	return all
}

// reasonsOf returns every reason that the conditions of a kind can have.
func reasonsOf(kind string) []string {
	switch kind {
	case "ClerkUser":
		reasons := map[string]bool{}
		for _, one := range clerkuser.ReadyStates() {
			reasons[one.Reason] = true
		}
		return slices.Sorted(maps.Keys(reasons))
	case "ClerkInstance":
		return slices.Sorted(slices.Values(clerkinstance.ReadyReasons()))
	default:
		return []string{
			v1alpha1.ReasonAmbiguous, v1alpha1.ReasonCarriedOut, v1alpha1.ReasonInstanceChanged, v1alpha1.ReasonInstanceNotFound,
			v1alpha1.ReasonInstanceNotReady, v1alpha1.ReasonInvalidSpec, v1alpha1.ReasonMissing, v1alpha1.ReasonNotAllowed,
			v1alpha1.ReasonNotFoundAtClerk, v1alpha1.ReasonOutcomeUnknown, v1alpha1.ReasonProviderNotConnected,
			v1alpha1.ReasonRejectedByClerk, v1alpha1.ReasonRetrying, v1alpha1.ReasonSecretExists, v1alpha1.ReasonSecretNotFound,
			v1alpha1.ReasonSuspended, v1alpha1.ReasonUserNotBound, v1alpha1.ReasonUserNotFound, v1alpha1.ReasonWaiting,
		}
	}
}

// TestEveryReasonIsRecorded fails if a reason that a kind can have is not among the recorded states: then a story that reaches it is
// missing, or "make statuses" was not run.
func TestEveryReasonIsRecorded(t *testing.T) {
	t.Parallel()
	recorded := map[string]map[string]bool{}
	for _, o := range recordedStates(t) {
		if recorded[o.GetKind()] == nil {
			recorded[o.GetKind()] = map[string]bool{}
		}
		for _, c := range conditionsOf(o) {
			recorded[o.GetKind()][fmt.Sprint(c["reason"])] = true
		}
	}
	for _, kind := range kinds() {
		if diff := cmp.Diff(reasonsOf(kind), slices.Sorted(maps.Keys(recorded[kind]))); diff != "" {
			t.Errorf("reasons of %s (-that it can have +that are recorded):\n%s", kind, diff)
		}
	}
}

// TestNothingPersonalIsRecorded looks for what a recorded state must not name.
func TestNothingPersonalIsRecorded(t *testing.T) {
	t.Parallel()
	text := readFile(t, filepath.Join("testdata", "statuses.yaml"))
	text = strings.ReplaceAll(text, "somebody@example.com", "")
	for _, pattern := range []string{`@[a-z]`, `\b(user|ins)_[A-Za-z0-9]{20}`, `\b(127\.|10\.)\d`, `sk_(live|test)_[A-Za-z0-9]{3}`, `localhost`, `/home/|/root/|/tmp/`} {
		if found := regexp.MustCompile(pattern).FindString(text); found != "" {
			t.Errorf("the recorded states have %q", found)
		}
	}
}

func conditionsOf(o *unstructured.Unstructured) []map[string]any {
	list, _, _ := unstructured.NestedSlice(o.Object, "status", "conditions")
	var all []map[string]any
	for _, one := range list {
		if c, is := one.(map[string]any); is {
			all = append(all, c)
		}
	}
	return all
}

// kstatusOf is what tools that read kstatus make of an object.
func kstatusOf(t testing.TB, o *unstructured.Unstructured) string {
	t.Helper()
	result, err := status.Compute(o)
	if err != nil {
		t.Fatal(err)
	}
	return result.Status.String()
}

// agreement is the health of Argo CD that means the same as a kstatus.
func agreement() map[string]string {
	return map[string]string{"Current": "Healthy", "InProgress": "Progressing", "Failed": "Degraded", "Terminating": "Progressing"}
}

// differences are the states in which Argo CD shows something else than kstatus, and why.
func differences() map[string]string {
	const (
		failing = "it is not Stalled, because it can pass without a change of the object. Degraded shows it and sends notifications"
		held    = "as for a deletion that the brake holds. Somebody has to look at Clerk"
		blocked = "kstatus has no status for a deletion that fails"
	)
	return map[string]string{
		"ClerkUser Ready=False/ConfigMapNotFound":    failing,
		"ClerkUser Ready=False/DeletionHeld":         held,
		"ClerkUser Ready=False/InstanceNotFound":     failing,
		"ClerkUser Ready=False/InstanceNotReady":     failing,
		"ClerkUser Ready=False/NotAllowed":           failing,
		"ClerkUser Ready=False/SecretNotFound":       failing,
		"ClerkInstance Ready=False/MirrorStale":      failing,
		"ClerkInstance Ready=False/SecretNotFound":   failing,
		"ClerkInstance Ready=False/UnexpectedAnswer": failing,
		"ClerkUser deleted Stalled":                  blocked,
		"ClerkInstance deleted Stalled":              blocked,
	}
}

// TestHealthOfEveryState compares what Argo CD and kstatus make of every recorded state. They agree but where the table says why.
func TestHealthOfEveryState(t *testing.T) {
	t.Parallel()
	needed := map[string]bool{}
	for _, o := range recordedStates(t) {
		health, err := healthOf(t, o)
		if err != nil {
			t.Errorf("%s: %v", describe(o), err)
			continue
		}
		if _, err := discover(t, o); err != nil {
			t.Errorf("%s: %v", describe(o), err)
		}
		_, differs := differences()[difference(o)]
		if differs {
			needed[difference(o)] = true
		}
		if agrees := agreement()[kstatusOf(t, o)] == health.Status; agrees == differs {
			t.Errorf("%s: Argo CD shows %s (%s), and kstatus is %s; the table says that they differ: %t",
				describe(o), health.Status, health.Message, kstatusOf(t, o), differs)
		}
		if !strings.Contains(health.Message, reasonIn(o)) {
			t.Errorf("%s: the message %q does not name the reason %s", describe(o), health.Message, reasonIn(o))
		}
	}
	for key := range differences() {
		if !needed[key] {
			t.Errorf("%s is in the table of differences, and no such state is recorded", key)
		}
	}
}

// difference is the key of a state in the table of differences.
func difference(o *unstructured.Unstructured) string {
	if o.GetDeletionTimestamp() != nil {
		if currentIn(o, "Stalled") != nil {
			return o.GetKind() + " deleted Stalled"
		}
		return o.GetKind() + " deleted"
	}
	ready := currentIn(o, "Ready")
	if currentIn(o, "Stalled") != nil || currentIn(o, "Reconciling") != nil || ready == nil {
		return ""
	}
	return fmt.Sprintf("%s Ready=%v/%v", o.GetKind(), ready["status"], ready["reason"])
}

// reasonIn is the reason that the message must name; "" if there is none for the current generation.
func reasonIn(o *unstructured.Unstructured) string {
	if ready := currentIn(o, "Ready"); o.GetDeletionTimestamp() != nil && ready != nil && ready["status"] == "False" {
		return fmt.Sprint(ready["reason"])
	}
	for _, name := range []string{"Suspended", "Complete", "Failed", "Stalled", "Reconciling", "Ready"} {
		if c := currentIn(o, name); c != nil && o.GetDeletionTimestamp() == nil {
			return fmt.Sprint(c["reason"])
		}
	}
	return ""
}

// currentIn returns a condition about the current generation; nil if there is none.
func currentIn(o *unstructured.Unstructured, name string) map[string]any {
	if c := conditionIn(o, name); c != nil && c["observedGeneration"] == o.GetGeneration() {
		return c
	}
	return nil
}

func observed(o *unstructured.Unstructured) bool {
	generation, _, _ := unstructured.NestedInt64(o.Object, "status", "observedGeneration")
	return generation == o.GetGeneration()
}

func conditionIn(o *unstructured.Unstructured, name string) map[string]any {
	for _, c := range conditionsOf(o) {
		if c["type"] == name {
			return c
		}
	}
	return nil
}

// describe names a state in one line.
func describe(o *unstructured.Unstructured) string {
	parts := []string{o.GetKind()}
	if o.GetDeletionTimestamp() != nil {
		parts = append(parts, "that is being deleted")
	}
	if !observed(o) {
		parts = append(parts, "with a new generation")
	}
	for _, c := range conditionsOf(o) {
		parts = append(parts, fmt.Sprintf("%v=%v/%v@%v", c["type"], c["status"], c["reason"], c["observedGeneration"]))
	}
	return strings.Join(parts, " ")
}
