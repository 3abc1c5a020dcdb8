// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package docs

import "maps"

// entry says how the blocks of a page are run. A page with commands has either a terminal or a cluster, or other tests run all of it.
type entry struct {
	// terminal prepares an empty directory with the project's programs and kubectl in the PATH, but no cluster.
	terminal func(*terminal)
	// cluster prepares an API server with the CustomResourceDefinitions, and a Clerk instance at https://api.clerk.com.
	cluster func(*cluster)
	// bare prepares an API server with nothing on it, a Clerk instance as above, and a checkout.
	bare func(*cluster)
	// steps are what happens in the world before the first command below a heading.
	steps map[string]func(*cluster)
	// after looks at what the commands did.
	after func(*cluster)
	// elsewhere names the tests that run the commands below a heading, or "" for all of the page, as "test/install.TestX".
	elsewhere map[string]string
	// code names the tests that compile the blocks of a programming language.
	code map[string]string
}

// nothing is for pages whose commands need nothing but the programs.
func nothing(*terminal) {}

// table has an entry for each page with commands or code.
func table() map[string]entry {
	entries := map[string]entry{
		"README.md":                              {cluster: quickStart},
		"CONTRIBUTING.md":                        {code: map[string]string{"go": "test/story.TestPageShowsAStory"}},
		"docs/explanation/deletion-and-brake.md": {cluster: team},
		"docs/explanation/drift-and-budget.md":   {cluster: threeUsers},
		"docs/explanation/reconciliation.md":     {cluster: team},
		"docs/how-to/argo-cd.md":                 {cluster: argoCD},
		"docs/how-to/test-with-the-emulator.md": {
			terminal:  nothing,
			elsewhere: map[string]string{"Get it": "cmd/clerk-emulator.TestGoInstall"},
			code:      map[string]string{"js": "test/recipes.TestNodeRecipe", "go": "test/recipes.TestGoRecipe"},
		},
		"docs/how-to/monitor.md":          {cluster: installed},
		"docs/operations.md":              {cluster: onCall, steps: alertsOfOperations()},
		"docs/reference/audit.md":         {terminal: withJQ},
		"docs/reference/emulator.md":      {terminal: withPicture, code: map[string]string{"go": "test/recipes.TestReferenceCompiles"}},
		"docs/reference/events.md":        {cluster: threeUsers},
		"docs/reference/kubectl-clerk.md": {cluster: threeUsers, after: completeInShells},
		"docs/reference/metrics.md":       {cluster: team},
		"docs/reference/rbac.md":          {cluster: installed},
		"docs/reference/reasons.md":       {cluster: threeUsers},
		"docs/reference/users-api.md":     {cluster: fortyUsers, steps: usersAPI()},
		"docs/troubleshooting.md":         {cluster: threeUsers},
	}
	maps.Copy(entries, aroundInstallation())
	maps.Copy(entries, aboutUsers())
	return entries
}
