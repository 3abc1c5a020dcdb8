// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"fmt"
	"time"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// reconcileNow has the operator read Secrets again.
const reconcileNow = ` --overwrite clerk-operator.io/reconcile-requested-at="$(date -u +%FT%T.%NZ)"`

// fortyUsers are at Clerk, and the operator has counted them. None has a ClerkUser.
func fortyUsers(c *cluster) {
	for range 40 {
		c.clerk.Seed(emulator.User{})
	}
	team(c)
	c.until("kubectl get clerkinstance default -o jsonpath='{.status.users}' | grep -q 40")
}

// usersAPI is what happens before the commands of the page about the Users API.
func usersAPI() map[string]func(*cluster) {
	return map[string]func(*cluster){
		"How failures look": func(c *cluster) {
			c.must("sed 's/demo-Not-A-Real-Password-4/Password123/' ci-robot.yaml | kubectl apply -f -")
			c.await("ci-robot", v1alpha1.ReasonRejectedByClerk)
		},
		"The instance": func(c *cluster) {
			c.must("kubectl apply -f ci-robot.yaml && kubectl annotate clerkuser ci-robot" + reconcileNow)
			c.await("ci-robot", v1alpha1.ReasonInSync)
			c.awaitManaged(1)
		},
		"Passwords": func(c *cluster) {
			c.changePassword()
			c.must("kubectl annotate clerkuser ci-robot" + reconcileNow)
			c.until("kubectl get events | grep -q PasswordChanged")
			c.must("kubectl patch secret ci-robot -p '{\"stringData\":{\"password\":\"demo-Not-A-Real-Password-6\"}}' && " +
				"kubectl annotate clerkuser ci-robot" + reconcileNow)
			c.until("kubectl get events | grep -q Updated")
		},
		"Organizations in status": func(c *cluster) {
			c.must("kubectl apply -f christine.yaml")
			id := c.await("christine-darden", v1alpha1.ReasonInSync).Status.UserID
			c.edit(id, func(u *emulator.User) {
				u.OrganizationMemberships = []emulator.OrganizationMembership{{
					ID: "orgmem_3MWR0nT6v4mYwQh1Zk2cXb8LpDs", Role: "org:admin",
					Organization: emulator.Organization{ID: "org_3MWR0a9Rk7VfQJc5mTn2sYdHgEx", Name: "Acme", Slug: "acme"},
				}}
			})
			c.must("kubectl annotate clerkuser christine-darden" + reconcileNow)
			c.until("kubectl get clerkuser christine-darden -o jsonpath='{.status.organizationMemberships}' | grep -q Acme")
		},
		"Actions": func(c *cluster) {
			c.must("kubectl apply -f dorothy.yaml -f verify.yaml")
			c.await("dorothy-vaughan", v1alpha1.ReasonInSync)
		},
	}
}

// changePassword changes the password of ci-robot at Clerk. Status has the time of the former change in seconds.
func (c *cluster) changePassword() {
	c.t.Helper()
	status := c.await("ci-robot", v1alpha1.ReasonInSync).Status
	for !time.Now().Truncate(time.Second).After(status.PasswordLastUpdatedAt.Time) {
		time.Sleep(tick)
	}
	c.edit(status.UserID, func(u *emulator.User) { u.Credentials.Password = "demo-Not-A-Real-Password-5" })
}

// edit changes a user at Clerk, as somebody else would.
func (c *cluster) edit(id string, change func(*emulator.User)) {
	c.t.Helper()
	if _, err := c.clerk.Edit(id, change); err != nil {
		c.t.Fatal(err)
	}
}

// until repeats a command until it succeeds, for as long as a command of a page may take.
func (c *cluster) until(command string) {
	c.t.Helper()
	c.must(fmt.Sprintf("SECONDS=0\nuntil %s; do\n  ((SECONDS < %.0f)) || { echo 'it never succeeds'; exit 1; }\n  sleep 0.2\ndone", command, limit.Seconds()))
}
