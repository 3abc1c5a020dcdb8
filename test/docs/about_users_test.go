// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"strings"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// aboutUsers has the pages that lead through a task with users.
func aboutUsers() map[string]entry {
	return map[string]entry{
		"docs/how-to/adopt-existing-users.md":        {cluster: staff, after: expectSameUsers},
		"docs/how-to/help-desk.md":                   {cluster: ada},
		"docs/how-to/migrate-from-another-system.md": {cluster: migration, after: expectMigrated},
		"docs/how-to/moderate-by-pull-request.md":    {cluster: moderators},
		"docs/how-to/move-users.md":                  {cluster: mover, after: expectOneUser},
		"docs/how-to/offboard.md":                    {cluster: offboarding, after: expectHold},
		"docs/how-to/preview-environments.md":        {cluster: previews},
		"docs/how-to/rotate-keys.md":                 rotation(),
	}
}

// staff exists at Clerk, and nobody manages it.
func staff(c *cluster) {
	for _, person := range []struct{ first, domain, role string }{
		{"Edsger", "example.com", "admin"}, {"Barbara", "example.com", "editor"}, {"Edith", "example.org", ""}, {"Frances", "example.org", ""},
	} {
		user := emulator.User{FirstName: &person.first}
		user.EmailAddresses = []emulator.EmailAddress{emulator.VerifiedEmail(strings.ToLower(person.first) + "@" + person.domain)}
		if person.role != "" {
			user.PublicMetadata = map[string]any{"role": person.role}
		}
		c.clerk.Seed(user)
	}
	team(c)
}

// expectSameUsers wants the users of staff, of whom Barbara has another role.
func expectSameUsers(c *cluster) {
	c.t.Helper()
	roles := map[any]int{}
	for _, user := range c.clerk.Users() {
		roles[user.PublicMetadata["role"]]++
	}
	if len(c.clerk.Users()) != 4 || roles["admin"] != 2 || roles["editor"] != 1 {
		c.t.Errorf("there are %d users with the roles %v, want the 4 of before, with two admins and an editor", len(c.clerk.Users()), roles)
	}
}

// ada is the only user of team-a.
func ada(c *cluster) {
	team(c)
	c.must(`kubectl apply -f - <<'EOF'
apiVersion: clerk-operator.io/v1alpha1
kind: ClerkUser
metadata:
  name: ada-lovelace
  namespace: team-a
spec:
  firstName: Ada
  emailAddresses:
  - address: ada@example.com
  publicMetadata:
    role: admin
EOF`)
	c.await("ada-lovelace", "InSync")
}

// mover has a user, and needs jq.
func mover(c *cluster) {
	withJQ(c.terminal)
	ada(c)
}

func expectOneUser(c *cluster) {
	c.t.Helper()
	if users := c.clerk.Users(); len(users) != 1 {
		c.t.Errorf("there are %d users at Clerk, want Ada alone", len(users))
	}
}

// readLog has the commands of a page read the log of the operator's process, since there is no pod.
func (c *cluster) readLog() {
	c.replace = []string{"kubectl logs -n clerk-operator-system deployment/clerk-operator-controller-manager", "cat '" + c.logFile + "'"}
}

// offboarding has a ClerkInstance without a delay.
func offboarding(c *cluster) {
	withJQ(c.terminal)
	team(c)
	c.must(`kubectl patch clerkinstance default --type=merge -p '{"spec":{"deletionDelay":"0s"}}'`)
	c.readLog()
}

// expectHold deletes the namespace, and wants the deletion to name the legal hold.
func expectHold(c *cluster) {
	c.t.Helper()
	c.plane.ControllerManager(c.t)
	c.must("kubectl delete namespace team-a --wait=false")
	c.until(`kubectl get namespace team-a -o jsonpath='{.status.conditions}' | grep -q 'legal hold'`)
	c.must("kubectl get clerkuser trudy -n team-a")
}

// moderators have a repository in the working directory.
func moderators(c *cluster) {
	withJQ(c.terminal)
	team(c)
	c.readLog()
	c.environment = append(c.environment,
		"GIT_AUTHOR_NAME=Grace Hopper", "GIT_AUTHOR_EMAIL=grace@example.com", "GIT_COMMITTER_NAME=Grace Hopper", "GIT_COMMITTER_EMAIL=grace@example.com")
	c.write("CODEOWNERS", "/users/      @example/moderators\n/CODEOWNERS  @example/platform\n")
	for _, name := range []string{"ada", "mallory"} {
		c.write("users/"+name+".yaml", "apiVersion: clerk-operator.io/v1alpha1\nkind: ClerkUser\nmetadata:\n  name: "+name+
			"\n  namespace: team-a\nspec:\n  emailAddresses:\n  - address: "+name+"@example.com\n")
	}
	c.must("git init --quiet --initial-branch=main && git add CODEOWNERS users && git commit --quiet --message 'Declare users'")
	c.must("kubectl apply -f users/")
	c.await("ada", "InSync")
	c.await("mallory", "InSync")
}

// previews have a namespace with the key of a development instance.
func previews(c *cluster) {
	const key = "sk_test_previewsNotARealKey"
	c.clerk.Another(key)
	c.plane.ControllerManager(c.t)
	team(c)
	c.must("kubectl create namespace clerk-previews && kubectl create secret generic clerk -n clerk-previews --from-literal=secret-key=" + key)
}

// migration needs jq.
func migration(c *cluster) {
	withJQ(c.terminal)
	team(c)
}

// expectMigrated wants the passwords of the old system, and the user that was released.
func expectMigrated(c *cluster) {
	c.t.Helper()
	for _, user := range c.clerk.Users() {
		if user.ExternalID == nil || !strings.HasPrefix(*user.ExternalID, "legacy-") || user.Credentials.PasswordDigest == "" || time.UnixMilli(user.CreatedAt).Year() > 2020 {
			c.t.Errorf("user %s has the external id %v and is of %v, want both and the password of the old system", user.ID, user.ExternalID, user.CreatedAt)
		}
	}
	if users := c.clerk.Users(); len(users) != 2 {
		c.t.Errorf("there are %d users at Clerk, want two", len(users))
	}
}

// rotation has keys that somebody creates and revokes in the dashboard.
func rotation() entry {
	return entry{
		cluster: func(c *cluster) {
			for _, key := range []string{"sk_live_secondNotARealKey", "sk_live_thirdNotARealKey"} {
				c.clerk.AddKey(key)
				c.input += key + "\n"
			}
			c.clerk.Another("sk_live_ofAnotherInstanceNotReal")
			team(c)
		},
		steps: map[string]func(*cluster){
			"Rotate it in place": func(c *cluster) { c.revoke("sk_live_examplesNotARealKey") },
			// Earlier than the operator reads the Secret again by itself.
			"Rotate a password": func(c *cluster) { c.revoke("sk_live_secondNotARealKey") },
		},
	}
}

func (c *cluster) revoke(key string) {
	c.t.Helper()
	if !c.clerk.RevokeKey(key) {
		c.t.Errorf("there is no key %s to revoke", key)
	}
}
