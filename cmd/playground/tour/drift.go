// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package tour

import "github.com/clerk-operator/clerk-operator/internal/emulator"

// drift is the second step.
func drift() Step {
	return Step{Name: "drift", Title: "Somebody changes a role at Clerk", Parts: []Part{
		text("An admin makes ada an owner in Clerk's dashboard. Here, a request to the emulator does the same."),
		command(`ID=$(kubectl get clerkuser ada -o jsonpath='{.status.userID}')
curl -sSf -X PATCH -d '{"public_metadata":{"role":"owner"}}' \
  "$CLERK/_emulator/users/$ID" > /dev/null`),
		userAtClerk("the role at Clerk is admin again", "ada@example.com", func(u *emulator.User) bool {
			return u.PublicMetadata["role"] == "admin"
		}),
		event("ada", "DriftCorrected"),
		command("kubectl events --for clerkuser/ada"),
		text(`The operator lists the users that changed last once per drift.interval: every two seconds in clerk.yaml, every minute by default.
			It corrects what the manifest declares, and nothing else.`),
		calls{"PATCH /users/{id}/metadata 200"},
	}}
}
