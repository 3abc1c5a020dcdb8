// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package install

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

const (
	installation = "docs/how-to/install.md"
	settingsPage = "docs/how-to/configure.md"
	someOnly     = "docs/how-to/watch-some-namespaces.md"
	upgrading    = "docs/how-to/upgrade.md"
	monitoring   = "docs/how-to/monitor.md"
	uninstalling = "docs/how-to/uninstall.md"
)

// TestFromNothingToReadyAndBack follows the documentation: it installs the operator on a bare API server, connects a Clerk
// instance, creates a user and removes everything again. The account at Clerk stays.
func TestFromNothingToReadyAndBack(t *testing.T) {
	t.Parallel()
	for way, heading := range map[string]string{"OneYAML": "One YAML", "Kustomize": "Kustomize", "Helm": "Helm"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			if testing.Short() && way != "OneYAML" {
				t.Skip("one way is enough with -short")
			}
			c := newCluster(t)
			if way == "Helm" {
				c.provideHelm()
			}
			c.follow(installation, heading)
			c.connect()
			c.follow(installation, "Create a user")
			c.expectAtClerk("ada+clerk_test@example.com")
			c.checkMetrics()
			if way == "Kustomize" {
				c.follow(upgrading, "See what changes") // nothing, which kubectl diff says by its exit code
			}
			if way == "Helm" {
				c.follow(upgrading, "Upgrade", "Roll back")
			}

			c.follow(uninstalling, "Keep the users", "The order", heading)
			c.expectNothingLeft("Namespace /team-a", "Secret team-a/clerk")
			if mark := c.expectAtClerk("ada+clerk_test@example.com").PrivateMetadata[v1alpha1.OwnerKey]; mark != nil {
				t.Errorf("the account that was kept has the owner mark %v", mark)
			}
			secret := &corev1.Secret{}
			if err := c.client.Get(t.Context(), client.ObjectKey{Namespace: "team-a", Name: "clerk"}, secret); err != nil {
				t.Fatal(err)
			}
			if len(secret.Finalizers) > 0 {
				t.Errorf("the Secret with the key has the finalizers %v", secret.Finalizers)
			}
			if strings.Contains(c.node.Log(), c.clerk.Key()) {
				t.Error("the log has the key")
			}
			if way == "Kustomize" {
				c.runOutside()
			}
		})
	}
}

// connect follows the documentation to a ClerkInstance that is Ready. Somebody pastes the key and presses Enter.
func (c *cluster) connect() {
	c.t.Helper()
	for _, block := range blocks(c.t, installation, "Connect a Clerk instance", "sh") {
		c.shell(block, c.clerk.Key()+"\n")
	}
}

// expectAtClerk returns the only account at Clerk, which has this address.
func (c *cluster) expectAtClerk(address string) *emulator.User {
	c.t.Helper()
	users := c.clerk.Users()
	if len(users) != 1 || len(users[0].EmailAddresses) != 1 || users[0].EmailAddresses[0].EmailAddress != address {
		c.t.Fatalf("the accounts at Clerk are %+v, want one with the address %s\n%s", users, address, c.describe())
	}
	return users[0]
}
