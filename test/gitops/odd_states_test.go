// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package gitops

import (
	"fmt"
	"strings"
	"testing"
)

// TestOddObjectsAreNoErrors runs the scripts on objects that no version of the operator writes: Argo CD shows an error in a script as
// the health Unknown, and then everything that waits for the object waits for ever.
func TestOddObjectsAreNoErrors(t *testing.T) {
	t.Parallel()
	for _, kind := range kinds() {
		for _, rest := range []string{
			"", "status: {}", "status: null", "status: nothing", "status: 7", "status: []", "status: {conditions: null}", "status: {conditions: 3}",
			"status: {conditions: {}}", "status: {conditions: []}", "status: {conditions: [1, a, null, []]}", "status: {conditions: [{}]}",
			"status: {conditions: [{type: 4, status: true}]}", "status: {observedGeneration: one}", "spec: {}", "spec: {suspend: perhaps}",
			"status: {observedGeneration: 2, conditions: [{type: Ready}]}",
			"status: {observedGeneration: 2, conditions: [{type: Ready, status: 'True', observedGeneration: 2}]}",
			"status: {observedGeneration: 2, conditions: [{type: Ready, status: 'False', observedGeneration: 2, reason: 3, message: {a: b}}]}",
			"status: {observedGeneration: 2, conditions: [{type: Complete, status: 'True', reason: null, message: ''}]}",
			"status: {observedGeneration: 2, conditions: [{type: Stalled, status: 'True', observedGeneration: 2, reason: [], message: 7}]}",
			"status: {observedGeneration: 2, heldDeletions: many, massAbsentUsers: []}",
		} {
			for _, metadata := range []string{"{name: ann, generation: 2}", "{name: ann, generation: 2, deletionTimestamp: '2026-01-01T00:00:00Z'}"} {
				o := objectIn(t, fmt.Sprintf("apiVersion: clerk-operator.io/v1alpha1\nkind: %s\nmetadata: %s\n%s", kind, metadata, rest))
				if _, err := healthOf(t, o); err != nil {
					t.Errorf("health of %s with %q: %v", kind, rest, err)
				}
				if _, err := discover(t, o); err != nil {
					t.Errorf("actions of %s with %q: %v", kind, rest, err)
				}
			}
		}
	}
}

// TestUnknownReasonsFollowTheirConditions has the health of a reason of a later version.
func TestUnknownReasonsFollowTheirConditions(t *testing.T) {
	t.Parallel()
	for conditions, want := range map[string]string{
		"Ready=True":                      "Healthy",
		"Ready=False":                     "Degraded",
		"Ready=Unknown":                   "Progressing",
		"Ready=False Stalled=True":        "Degraded",
		"Ready=False Reconciling=True":    "Progressing",
		"Ready=True Suspended=True":       "Healthy",
		"Suspended=True":                  "Healthy",
		"Ready=Unknown Reconciling=True":  "Progressing",
		"Ready=True Stalled=False":        "Healthy",
		"Ready=False Reconciling=Unknown": "Degraded",
	} {
		text := "apiVersion: clerk-operator.io/v1alpha1\nkind: ClerkUser\nmetadata: {name: ann, generation: 2}\nstatus:\n" +
			"  observedGeneration: 2\n  conditions:\n"
		for one := range strings.FieldsSeq(conditions) {
			name, status, _ := strings.Cut(one, "=")
			text += fmt.Sprintf("  - {type: %s, status: '%s', observedGeneration: 2, reason: Future, message: soon}\n", name, status)
		}
		health, err := healthOf(t, objectIn(t, text))
		if err != nil || health.Status != want || health.Message != "Future: soon" {
			t.Errorf("%s: %+v, %v, want %s", conditions, health, err, want)
		}
	}
}
