// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package docs

import "fmt"

// onCall is a team with an impatient deletion brake, and with a key that somebody will type.
func onCall(c *cluster) {
	c.apply("team.yaml")
	c.must(`kubectl patch clerkinstance default --type=merge -p '{"spec":{"rateLimit":{"sharePercent":50},` +
		`"deletionDelay":"0s","deletionBrake":{"maxCount":1,"window":"10m"}}}'`)
	c.apply("on-call.yaml")
	const typed = "sk_live_typedNotARealKey"
	c.clerk.AddKey(typed)
	c.input = typed + "\n"
	c.startOperator()
	c.awaitInstance()
	for _, name := range []string{"ada-lovelace", "checkout-test", "load-test", "preview-bot"} {
		c.await(name, "InSync")
	}
	c.awaitManaged(4)
}

// alertsOfOperations are what happened before somebody reads the section of an alert.
func alertsOfOperations() map[string]func(*cluster) {
	return map[string]func(*cluster){
		"ClerkOperatorInstanceNotReady": func(c *cluster) { c.addInstance("staging", "changeme", "InvalidKey") },
		"ClerkOperatorKeyRejected":      func(c *cluster) { c.addInstance("payments", "sk_live_revokedNotARealKey", "KeyRejected") },
		"ClerkOperatorUsersOutOfSync":   declareShortUsername,
		"ClerkOperatorDeletionsHeld":    deleteThreeUsers,
		"ClerkOperatorActionFailed": func(c *cluster) {
			c.addAction("ada-code", "ada-lovelace", "createTOTP: {secretName: ada-totp}", "NotAllowed")
		},
		"ClerkOperatorActionUnfinished": func(c *cluster) { c.addAction("ada-mfa", "ada", "disableMFA: {}", "UserNotFound") },
	}
}

// addInstance adds a ClerkInstance with a key, and waits until it is not Ready for a reason.
func (c *cluster) addInstance(name, key, reason string) {
	c.t.Helper()
	c.must(fmt.Sprintf("kubectl create secret generic clerk-%s --from-literal=secret-key=%s", name, key))
	c.must(fmt.Sprintf(`kubectl apply -f - <<'EOF'
apiVersion: clerk-operator.io/v1alpha1
kind: ClerkInstance
metadata:
  name: %[1]s
spec:
  secretKeyRef:
    name: clerk-%[1]s
EOF
kubectl wait clerkinstance/%[1]s --for=jsonpath='{.status.conditions[0].reason}'=%[2]s --timeout=1m`, name, reason))
}

func declareShortUsername(c *cluster) {
	c.must(`kubectl apply -f - <<'EOF'
apiVersion: clerk-operator.io/v1alpha1
kind: ClerkUser
metadata:
  name: break-glass
spec:
  username: bg
EOF`)
	c.await("break-glass", "RejectedByClerk")
}

// deleteThreeUsers has the brake hold two of three deletions.
func deleteThreeUsers(c *cluster) {
	c.must("kubectl delete clerkuser load-test && kubectl delete clerkuser checkout-test preview-bot --wait=false")
	for _, name := range []string{"checkout-test", "preview-bot"} {
		c.await(name, "DeletionHeld")
	}
	c.must("kubectl wait clerkinstance/default --for=jsonpath='{.status.heldDeletions}'=2 --timeout=1m")
}

// addAction creates an action, and waits until it failed, or waits, for a reason.
func (c *cluster) addAction(name, user, spec, reason string) {
	c.t.Helper()
	c.must(fmt.Sprintf(`kubectl apply -f - <<'EOF'
apiVersion: clerk-operator.io/v1alpha1
kind: ClerkUserAction
metadata:
  name: %[1]s
spec:
  userRef:
    name: %[2]s
  %[3]s
EOF
kubectl wait clerkuseraction/%[1]s --for=jsonpath='{.status.conditions[0].reason}'=%[4]s --timeout=1m`, name, user, spec, reason))
}
