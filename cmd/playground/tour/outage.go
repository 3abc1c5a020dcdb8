// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package tour

import (
	"net/http"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// outage is the last step.
func outage() Step {
	return Step{Name: "outage", Title: "Clerk fails at the worst moment", Parts: []Part{
		text(`Clerk carries out the next creation, and its answer is lost. After that, Clerk answers every call with 503. Two faults of the
			emulator do that.`),
		command(`curl -sSf "$CLERK/_emulator/faults?instance=$INSTANCE" \
  -d '{"method": "POST", "path": "/users",
    "after_applying": true, "cut": true}' > /dev/null`),
		command(`curl -sSf "$CLERK/_emulator/faults?instance=$INSTANCE" \
  -d '{"status": 503, "times": -1}' > /dev/null`),
		manifest("tim.yaml"),
		command("kubectl apply -f tim.yaml"),
		userAtClerk("tim is at Clerk, and the operator does not know it", "tim@example.com", func(*emulator.User) bool { return true }),
		failedRead(http.StatusServiceUnavailable),
		command("kubectl clerk why tim | grep -A 1 'A call'"),
		text("Clerk recovers."),
		command(`curl -sSf -X DELETE "$CLERK/_emulator/faults?instance=$INSTANCE" \
  > /dev/null`),
		ready("tim is Ready with the reason InSync", "tim", "InSync"),
		userAtClerk("there is one tim at Clerk, not two", "tim@example.com", func(*emulator.User) bool { return true }),
		event("tim", "Resumed"),
		command("kubectl get clerkuser tim"),
		text(`The operator looked for the user before it tried again, and found the mark that its own creation had written: nothing is created
			twice.`),
		calls{"POST /users no answer, applied"},
	}}
}
