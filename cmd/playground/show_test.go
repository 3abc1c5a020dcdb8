// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

func TestReadiness(t *testing.T) {
	condition := func(kind, status string, generation int64) []any {
		return []any{map[string]any{
			"type": kind, "status": status, "reason": "SecretNotFound", "message": "no Secret clerk", "observedGeneration": generation,
		}}
	}
	cases := map[string]struct {
		conditions []any
		ready      bool
		why        string
	}{
		"ReadyForThisGeneration":    {condition("Ready", "True", 2), true, ""},
		"ReadyForAnEarlierOne":      {condition("Ready", "True", 1), false, "Ready=True"},
		"NotReadyNamesTheReason":    {condition("Ready", "False", 2), false, "Ready=False SecretNotFound: no Secret clerk"},
		"OtherConditionsSayNothing": {condition("Stalled", "True", 2), false, "no result yet"},
		"NoConditions":              {nil, false, "no result yet"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			object := &unstructured.Unstructured{Object: map[string]any{"status": map[string]any{"conditions": tc.conditions}}}
			object.SetGeneration(2)
			ready, why := readiness(object)
			if ready != tc.ready || !strings.Contains(why, tc.why) {
				t.Errorf("readiness() = %t, %q, want %t, %q", ready, why, tc.ready, tc.why)
			}
		})
	}
}

func TestUsersTableShowsKeysOfMetadataAndNoValues(t *testing.T) {
	first, last, username, primary := "Ada", "Lovelace", "root", "idn_2"
	got := usersTable([]*emulator.User{
		{
			ID: "user_1", FirstName: &first, LastName: &last, PrimaryEmailAddressID: &primary, Banned: true,
			EmailAddresses: []emulator.EmailAddress{
				{ID: "idn_1", EmailAddress: "second@example.com"}, {ID: "idn_2", EmailAddress: "ada@example.com"},
			},
			PublicMetadata: map[string]any{"role": "hush", "plan": "hush"},
		},
		{ID: "user_2", Username: &username, Locked: true},
	})
	want := "" +
		"ID       EMAIL             NAME           BANNED   LOCKED   PUBLIC METADATA\n" +
		"user_1   ada@example.com   Ada Lovelace   true     false    plan,role\n" +
		"user_2   -                 root           false    true     -\n"
	if got != want {
		t.Errorf("got:\n%swant:\n%s", got, want)
	}
}

func TestFlags(t *testing.T) {
	cases := map[string]struct {
		args []string
		code int
		says string
	}{
		"HelpIsNoError":     {[]string{"--help"}, 0, "Usage:"},
		"UnknownFlag":       {[]string{"--no-such"}, 2, "--help"},
		"UnexpectedWord":    {[]string{"now"}, 2, `unexpected argument "now"`},
		"MissingSamplesDir": {[]string{"--samples", "/nonexistent"}, 1, "there is no ClerkUser"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			if code := run(t.Context(), tc.args, nil, &out, &out); code != tc.code || !strings.Contains(out.String(), tc.says) {
				t.Errorf("run() = %d, says %q, want %d and %q", code, out.String(), tc.code, tc.says)
			}
		})
	}
}
