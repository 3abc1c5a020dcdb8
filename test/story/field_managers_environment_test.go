// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/test/controlplane"
)

// argoManager is the field manager of Argo CD, which applies with kubectl's code and forces conflicts.
const argoManager = "argocd-controller"

// kubectlOutput runs kubectl in the namespace of the environment, and returns what it printed and its exit code.
func (env *environment) kubectlOutput(input string, arguments ...string) (string, int) {
	env.t.Helper()
	arguments = append([]string{"--kubeconfig", controlplane.Kubeconfig(env.t), "--namespace", env.namespace}, arguments...)
	command := exec.CommandContext(env.t.Context(), controlplane.Kubectl(env.t), arguments...)
	command.Stdin = strings.NewReader(input)
	out, err := command.CombinedOutput()
	if command.ProcessState == nil {
		env.t.Fatalf("running kubectl: %v", err)
	}
	return string(out), command.ProcessState.ExitCode()
}

// mustKubectl fails the story unless kubectl succeeds.
func (env *environment) mustKubectl(input string, arguments ...string) {
	env.t.Helper()
	if out, code := env.kubectlOutput(input, arguments...); code != 0 {
		env.t.Fatalf("kubectl %v: exit code %d: %s", arguments, code, out)
	}
}

// argoApplies applies a manifest as Argo CD does with ServerSideApply=true.
func (env *environment) argoApplies(manifest string) {
	env.t.Helper()
	env.mustKubectl(manifest, "apply", "--server-side", "--force-conflicts", "--field-manager", argoManager, "-f", "-")
}

// expectNoDifference fails if a manifest differs from what the API server has: for Argo CD's ServerSideDiff, which applies it in a dry
// run, and for kubectl diff.
func (env *environment) expectNoDifference(after, manifest string, withClientSide bool) {
	env.t.Helper()
	diffs := [][]string{{"diff", "--server-side", "--force-conflicts", "--field-manager", argoManager, "-f", "-"}}
	if withClientSide {
		diffs = append(diffs, []string{"diff", "-f", "-"})
	}
	for _, diff := range diffs {
		if out, code := env.kubectlOutput(manifest, diff...); code != 0 {
			env.t.Errorf("%s, kubectl %v ends with %d: %s", after, diff, code, out)
		}
	}
}

// expectOperatorOwnsLittle checks the field managers of every object of ours: the operator owns status, its finalizer and its
// annotation, and nobody else owns status.
func (env *environment) expectOperatorOwnsLittle() {
	env.t.Helper()
	owned := map[string]bool{}
	for _, list := range ourKinds() {
		env.listAll(list)
		_ = meta.EachListItem(list, func(item runtimeObject) error {
			o := item.(client.Object)
			for _, entry := range o.GetManagedFields() {
				fields := env.fieldsOf(entry)
				ofOperator := slices.ContainsFunc(fields, func(f string) bool {
					return strings.HasPrefix(f, "status") || strings.Contains(f, "clerk-operator.io/finalizer") || strings.Contains(f, "clerk-operator.io/creating")
				})
				if want := entry.Manager == v1alpha1.FieldManager; ofOperator != want {
					env.t.Errorf("field manager %q owns %v of %T %s", entry.Manager, fields, o, o.GetName())
				}
				if !ofOperator {
					continue
				}
				for _, field := range fields {
					owned[strings.SplitN(field, "/", 2)[0]] = true
					if entry.Subresource != "status" && !slices.Contains(operatorsFields, field) {
						env.t.Errorf("the operator owns %s of %T %s", field, o, o.GetName())
					}
				}
			}
			return nil
		})
	}
	if !owned["status"] || !owned["metadata"] {
		env.t.Errorf("the operator owns %v, so that nothing was compared", owned)
	}
}

// operatorsFields are the fields outside of status that the operator may own.
var operatorsFields = []string{
	`metadata`,
	`metadata/finalizers`,
	`metadata/finalizers/v:"clerk-operator.io/finalizer"`,
	`metadata/annotations`,
	`metadata/annotations/clerk-operator.io/creating`,
}

// fieldsOf lists the fields of an entry of managedFields, three levels deep.
func (env *environment) fieldsOf(entry metav1.ManagedFieldsEntry) []string {
	env.t.Helper()
	var tree map[string]any
	if err := json.Unmarshal(entry.FieldsV1.GetRawBytes(), &tree); err != nil {
		env.t.Fatal(err)
	}
	var all []string
	var walk func(prefix string, tree map[string]any)
	walk = func(prefix string, tree map[string]any) {
		for key, below := range tree {
			if key == "." {
				continue
			}
			path := strings.TrimPrefix(prefix+"/"+strings.TrimPrefix(key, "f:"), "/")
			all = append(all, path)
			walk(path, below.(map[string]any))
		}
	}
	walk("", tree)
	slices.Sort(all)
	return all
}
