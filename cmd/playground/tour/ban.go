// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package tour

import "github.com/clerk-operator/clerk-operator/internal/emulator"

// ban is the third step.
func ban() Step {
	return Step{Name: "ban", Title: "Ban a user by a commit", Parts: []Part{
		text("One more line in the manifest bans ada. Clerk ends all of her sessions and refuses new ones."),
		manifest("ada-banned.yaml"),
		command("kubectl apply -f ada-banned.yaml"),
		userAtClerk("ada is banned at Clerk", "ada@example.com", func(u *emulator.User) bool { return u.Banned }),
		ready("ada is Ready with the reason InSync", "ada", "InSync"),
		command("kubectl get clerkuser ada"),
		calls{"POST /users/{id}/ban 200"},
		text("The commit is reverted: the operator lifts the ban, because the operator set it."),
		command("kubectl apply -f ada.yaml"),
		userAtClerk("ada is not banned at Clerk", "ada@example.com", func(u *emulator.User) bool { return !u.Banned }),
		ready("ada is Ready with the reason InSync", "ada", "InSync"),
		calls{"POST /users/{id}/unban 200"},
	}}
}
