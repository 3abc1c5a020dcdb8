// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// guide returns what runs where, and what to try next.
func (p *playground) guide() string {
	users := p.samples.ofKind(kindUser)
	first, last := users[0], users[len(users)-1]
	user := first.GetName() + inNamespace(first.GetNamespace())
	change := func(spec string) string {
		return fmt.Sprintf("  kubectl patch clerkuser %s --type=merge -p '{\"spec\":{%s}}'", user, spec)
	}
	clerk := "http://" + p.clerk.Address()
	lines := []string{
		"",
		"Clerk's dashboard:      " + clerk + "  (the emulator's page: users, requests, faults)",
		"The operator's log:     " + p.log.Name(),
		"",
		"In another terminal, with kubectl of the API server's version and the plugin of this checkout:",
		"",
		"  export KUBECONFIG=" + quote(p.plane.Kubeconfig()),
		"  export PATH=" + quote(p.path()) + string(os.PathListSeparator) + `"$PATH"`,
		"",
		"  # 1. What is there, and what needs somebody.",
		"  kubectl clerk status -A",
		"  # 2. What a change would do at Clerk; then make it.",
		change(`"firstName":"Changed"`) + " --dry-run=client -o yaml |",
		// The plugin must be told of the emulator, as the operator is.
		"    kubectl clerk diff -f - --allowed-api-hosts=" + clerk,
		change(`"firstName":"Changed"`),
		"  # 3. Ban a user, see why the user is as it is, and lift the ban.",
		change(`"banned":true`),
		"  kubectl clerk why " + user,
		change(`"banned":null`),
		"  # 4. Somebody changes the user at Clerk, on the page or like this. The operator corrects that within a minute.",
		`  curl -sSf -X PATCH -d '{"first_name":"Mallory"}' \`,
		`    "` + clerk + emulator.ControlPath + `/users/$(kubectl get clerkuser ` + user + ` -o jsonpath='{.status.userID}')"`,
		"  kubectl get events" + inNamespace(first.GetNamespace()) + " --field-selector=involvedObject.name=" + first.GetName(),
		"  # 5. Delete a user. Clerk's user follows after the deletionDelay of the ClerkInstance.",
		fmt.Sprintf("  kubectl delete clerkuser %s%s --wait=false", last.GetName(), inNamespace(last.GetNamespace())),
		"",
	}
	if !p.tour {
		lines = append(lines, "A guided tour in seven steps: make demo ARGS=--tour")
	}
	lines = append(lines,
		`"kubectl delete namespace" does not finish here, because no kube-controller-manager runs.`,
		"Ctrl-C stops everything.", "")
	return strings.Join(lines, "\n")
}

// path returns the directories of the plugin and of kubectl, which has the version of the API server; another one that is on the
// PATH may be too old for it.
func (p *playground) path() string {
	return filepath.Dir(p.plugin) + string(os.PathListSeparator) + filepath.Dir(p.plane.Kubectl())
}

func inNamespace(namespace string) string {
	if namespace == "default" {
		return ""
	}
	return " -n " + namespace
}
