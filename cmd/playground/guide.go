// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// guide prints what to try next.
func (p *playground) guide() {
	users := p.samples.ofKind(kindUser)
	first, last := users[0], users[len(users)-1]
	control := "http://" + p.clerk.Address() + emulator.ControlPath
	lines := []string{
		"", "Try it in another terminal:", "",
		"  export KUBECONFIG=" + p.plane.Kubeconfig(),
		`  export PATH="` + p.path() + `"`,
		"  kubectl " + strings.Join(p.getUsers(), " ") + " -o wide",
		"",
		"  # the kubectl plugin: what needs a human, the state of a user, what a change would do at Clerk",
		"  kubectl clerk status -A",
		"  kubectl clerk why " + first.GetName() + inNamespace(first.GetNamespace()),
		"  " + patch(first.GetNamespace(), first.GetName(), `{"spec":{"firstName":"Changed"}}`) + " --dry-run=client -o yaml |",
		// The plugin must be told of the emulator, as the operator is.
		"    kubectl clerk diff -f - --allowed-api-hosts=http://" + p.clerk.Address(),
		"  kubectl clerk --help",
		"",
		"  # change a user, ban a user, remove the ban, delete a user",
		"  " + patch(first.GetNamespace(), first.GetName(), `{"spec":{"firstName":"Changed"}}`),
		"  " + patch(first.GetNamespace(), first.GetName(), `{"spec":{"banned":true}}`),
		"  " + patch(first.GetNamespace(), first.GetName(), `{"spec":{"banned":null}}`),
		fmt.Sprintf("  kubectl delete clerkuser %s%s", last.GetName(), inNamespace(last.GetNamespace())),
		fmt.Sprintf("  kubectl describe clerkuser %s%s", first.GetName(), inNamespace(first.GetNamespace())),
		"",
		"  # remove all second factors of a user",
		"  " + actionCommand(first.GetNamespace(), first.GetName(), `"disableMFA":{}`),
		"  kubectl get clerkuseractions -o wide" + inNamespace(first.GetNamespace()),
		"",
		"  # the users at Clerk, and the operator's requests",
		"  curl -s " + control + "/users",
		"  curl -s " + control + "/journal",
		"",
		"The emulator's API is " + p.clerk.URL() + ".",
		"\"kubectl delete namespace\" does not finish here, because no kube-controller-manager runs.",
		"Ctrl-C stops everything.",
	}
	fmt.Fprintln(p.out, strings.Join(lines, "\n"))
}

// path returns the value of PATH for the shell: with the plugin, and with kubectl if this machine has none.
func (p *playground) path() string {
	path := filepath.Dir(p.plugin) + ":$PATH"
	if _, err := exec.LookPath("kubectl"); err != nil {
		path += ":" + filepath.Dir(p.plane.Kubectl())
	}
	return path
}

func patch(namespace, name, change string) string {
	return fmt.Sprintf("kubectl patch clerkuser %s%s --type=merge -p '%s'", name, inNamespace(namespace), change)
}

// actionCommand returns a command that creates a ClerkUserAction.
func actionCommand(namespace, user, what string) string {
	manifest := fmt.Sprintf(`{"apiVersion":"%s","kind":"%s","metadata":{"generateName":"%s-"},"spec":{"userRef":{"name":"%s"},%s}}`,
		v1alpha1.GroupVersion, kindAction, user, user, what)
	return fmt.Sprintf("echo '%s' | kubectl create%s -f -", manifest, inNamespace(namespace))
}

func inNamespace(namespace string) string {
	if namespace == "default" {
		return ""
	}
	return " -n " + namespace
}
