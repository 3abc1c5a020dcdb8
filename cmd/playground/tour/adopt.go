// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package tour

import "github.com/clerk-operator/clerk-operator/internal/emulator"

// adopt is the fifth step.
func adopt() Step {
	return Step{Name: "adopt", Title: "Adopt a user that exists", Parts: []Part{
		text("bob registered in the application months ago. Nobody wrote a manifest for him."),
		command(`curl -sSf "$CLERK/_emulator/users?instance=$INSTANCE" -d '{
  "first_name": "Bob", "public_metadata": {"role": "member"},
  "email_addresses": [{"email_address": "bob@example.com",
    "verification": {"status": "verified"}}]}' > /dev/null`),
		text("With mode: Observe, the operator changes nothing and reports what differs."),
		manifest("bob-observed.yaml"),
		command("kubectl apply -f bob-observed.yaml"),
		ready("the message says what differs", "bob", "Observed", "publicMetadata"),
		command(`kubectl get clerkuser bob \
  -o jsonpath='{.status.conditions[?(@.type=="Ready")].message}{"\n"}'`),
		calls(nil),
		text("Without that line, it adopts the user: it writes its owner mark into the private metadata, and makes the change."),
		manifest("bob.yaml"),
		command("kubectl apply -f bob.yaml"),
		ready("bob is Ready with the reason InSync", "bob", "InSync"),
		event("bob", "Adopted"),
		userAtClerk("it is the same user, with the declared role and his own first name", "bob@example.com", func(u *emulator.User) bool {
			return u.PublicMetadata["role"] == "admin" && u.FirstName != nil && *u.FirstName == "Bob"
		}),
		command("kubectl get clerkuser bob"),
		text(`The first call is refused because the address is taken. That makes sure that nobody is created twice. Then the operator
			looks whose address it is.`),
		calls{"POST /users 422", "PATCH /users/{id}/metadata 200"},
	}}
}
