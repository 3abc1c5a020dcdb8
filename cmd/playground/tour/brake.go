// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package tour

import (
	"slices"
)

// brake is the sixth step.
func brake() Step {
	return Step{Name: "brake", Title: "A commit deletes too many users", Parts: []Part{
		text("guests.yaml declares twelve users, guest-01 to guest-12."),
		command("kubectl apply -f guests.yaml > /dev/null"),
		command("kubectl wait --for=condition=Ready clerkuser -l team=guests \\\n  --timeout=60s > /dev/null"),
		guests("all twelve are InSync", 12, "InSync"),
		calls(slices.Repeat([]string{"POST /users 200"}, 12)),
		text(`Now somebody removes the file. On a production instance, the brake lets ten users go in ten minutes. The others wait, at Clerk
			and in the cluster.`),
		command("kubectl delete -f guests.yaml --wait=false > /dev/null"),
		guests("two of them wait with the reason DeletionHeld", 2, "DeletionHeld"),
		command("kubectl get clerkusers -l team=guests -o name"),
		command(`kubectl get clerkusers -l team=guests \
  -o jsonpath='{.items[0].status.conditions[0].message}{"\n"}'`),
		calls(slices.Repeat([]string{"DELETE /users/{id} 200"}, 10)),
		text("If it was meant, the command in the message releases everything that was requested until now."),
		command(`kubectl annotate clerkinstance -n tour default --overwrite \
  clerk-operator.io/release-deletions=$(date -u +%Y-%m-%dT%H:%M:%SZ)`),
		guests("all twelve are gone", 0, ""),
		calls(slices.Repeat([]string{"DELETE /users/{id} 200"}, 2)),
	}}
}
