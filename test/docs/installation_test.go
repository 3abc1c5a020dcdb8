// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package docs

// aroundInstallation has the pages from the first try of the operator to its removal. Most of their commands are run by test/install, on
// an API server with a node for the operator's pod.
func aroundInstallation() map[string]entry {
	const (
		threeWays  = "test/install.TestFromNothingToReadyAndBack"
		fromFormer = "test/install.TestFormerManifestsAreUpgraded"
	)
	return map[string]entry{
		"docs/tutorial.md":                   {bare: tutorial, after: afterTutorial},
		"docs/how-to/back-up-and-restore.md": restoration(),
		"docs/how-to/configure.md": {elsewhere: map[string]string{
			"":                  fromFormer,
			"Another namespace": "test/manifests.TestAnotherNamespace",
		}},
		"docs/how-to/install.md": {elsewhere: map[string]string{
			"One YAML": threeWays, "Kustomize": threeWays, "Helm": threeWays, "Connect a Clerk instance": threeWays, "Create a user": threeWays,
			"Outside the cluster": threeWays,
		}},
		"docs/how-to/run-with-the-emulator.md": {bare: withoutKey},
		"docs/how-to/uninstall.md": {
			cluster: stranded,
			elsewhere: map[string]string{
				"Keep the users": threeWays, "The order": threeWays, "One YAML": threeWays, "Kustomize": threeWays, "Helm": threeWays,
			},
			after: expectNoneStranded,
		},
		"docs/how-to/upgrade.md": {elsewhere: map[string]string{
			"See what changes": threeWays, "Upgrade": threeWays, "Roll back": threeWays, "Conflicts": fromFormer,
		}},
		"docs/how-to/watch-some-namespaces.md": {
			cluster:   team,
			elsewhere: map[string]string{"Install": "test/install.TestSomeNamespacesOnly"},
		},
	}
}

// stranded has ClerkUsers that are being deleted, and no operator.
func stranded(c *cluster) {
	c.apply("team.yaml")
	c.apply("three-users.yaml")
	c.must(`for user in $(kubectl get clerkusers -o name); do
  kubectl patch "$user" --type=merge -p '{"metadata":{"finalizers":["clerk-operator.io/finalizer"]}}'
done
kubectl delete clerkusers --all --wait=false`)
}

// expectNoneStranded wants the objects to be gone.
func expectNoneStranded(c *cluster) {
	c.t.Helper()
	if left := c.must("kubectl get clerkusers -A -o name"); left != "" {
		c.t.Errorf("these ClerkUsers are left: %s", left)
	}
}
