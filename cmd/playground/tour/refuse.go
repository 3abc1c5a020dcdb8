// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package tour

import "github.com/clerk-operator/clerk-operator/internal/emulator"

// refuse is the fourth step.
func refuse() Step {
	return Step{Name: "refuse", Title: "Clerk refuses a value", Parts: []Part{
		text("This manifest adds a last name, and a username that is too short for Clerk."),
		manifest("ada-refused.yaml"),
		command("kubectl apply -f ada-refused.yaml"),
		ready("the message names the field and the remedy", "ada", "RejectedByClerk", "spec.username", "Correct the value"),
		command(`kubectl get clerkuser ada \
  -o jsonpath='{.status.conditions[?(@.type=="Ready")].message}{"\n"}'`),
		userAtClerk("the last name is at Clerk: only the username is withheld", "ada@example.com", func(u *emulator.User) bool {
			return u.LastName != nil && *u.LastName == "Lovelace" && u.Username == nil
		}),
		calls{"PATCH /users/{id} 422", "PATCH /users/{id} 200"},
		text("ada-mended.yaml has the username ada_lovelace."),
		command("kubectl apply -f ada-mended.yaml"),
		ready("ada is Ready with the reason InSync", "ada", "InSync"),
		userAtClerk("the username at Clerk is ada_lovelace", "ada@example.com", func(u *emulator.User) bool {
			return u.Username != nil && *u.Username == "ada_lovelace"
		}),
		calls{"PATCH /users/{id} 200"},
	}}
}
