// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plugin_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/internal/controller/binding"
	"github.com/clerk-operator/clerk-operator/internal/plugin/diff"
	"github.com/clerk-operator/clerk-operator/test/controlplane"
)

// leakMarker is in each value that diff must not print.
const leakMarker = "leak-marker-of-diff"

// storeKey puts the operator's key where diff looks for it.
func (env *environment) storeKey() {
	env.t.Helper()
	env.create(&corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: env.namespace, Name: binding.SecretName}, Data: map[string][]byte{"key": env.key.Bytes()},
	})
}

// diff runs "kubectl clerk diff" in the namespace, and fails the test if it changes something or prints what it must not.
func (env *environment) diff(args ...string) result {
	env.t.Helper()
	return env.diffOf("", nil, args...)
}

// diffOf is diff with a text as standard input, and with environment variables.
func (env *environment) diffOf(in string, variables map[string]string, args ...string) result {
	env.t.Helper()
	versions, calls := env.versions(), len(env.clerk.Journal().Writes())
	args = append([]string{"diff", "--allowed-api-hosts", env.url, "--operator-namespace", env.namespace}, args...)
	r := env.runIn(in, variables, append(args, "--namespace", env.namespace)...)
	if after := env.versions(); after != versions {
		env.t.Errorf("diff changed an object. Before:\n%s\nafter:\n%s", versions, after)
	}
	if after := len(env.clerk.Journal().Writes()); after != calls {
		env.t.Errorf("diff made %d calls that write", after-calls)
	}
	for _, text := range []string{r.out, r.errOut} {
		if strings.Contains(text, leakMarker) || strings.Contains(text, env.clerk.Key()) {
			env.t.Errorf("diff printed a secret value:\n%s", text)
		}
	}
	return r
}

// runIn runs the plugin with a text as standard input.
func (env *environment) runIn(in string, variables map[string]string, args ...string) result {
	env.t.Helper()
	var out bytes.Buffer
	r := env.runFrom(env.t.Context(), in, variables, &out, args...)
	r.out = out.String()
	return r
}

// versions names the resource versions of everything in the namespace that a manifest could change.
func (env *environment) versions() string {
	env.t.Helper()
	var b strings.Builder
	for _, kind := range []schema.GroupVersionKind{
		{Group: "clerk-operator.io", Version: "v1alpha1", Kind: "ClerkUserList"},
		{Group: "clerk-operator.io", Version: "v1alpha1", Kind: "ClerkUserActionList"},
		{Version: "v1", Kind: "SecretList"},
		{Version: "v1", Kind: "ConfigMapList"},
	} {
		list := &unstructured.UnstructuredList{}
		list.SetGroupVersionKind(kind)
		if err := env.client.List(env.t.Context(), list, client.InNamespace(env.namespace)); err != nil {
			env.t.Fatal(err)
		}
		for i := range list.Items {
			fmt.Fprintf(&b, "%s %s %s\n", kind.Kind, list.Items[i].GetName(), list.Items[i].GetResourceVersion())
		}
	}
	return b.String()
}

// kubectl runs kubectl in the namespace.
func (env *environment) kubectl(args ...string) {
	env.t.Helper()
	args = append([]string{"--kubeconfig", controlplane.Kubeconfig(env.t), "--namespace", env.namespace}, args...)
	if out, err := exec.CommandContext(env.t.Context(), controlplane.Kubectl(env.t), args...).CombinedOutput(); err != nil {
		env.t.Fatalf("kubectl %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// manifests is a directory with manifests, one file each.
type manifests struct {
	t   *testing.T
	dir string
}

func newManifests(t *testing.T) manifests {
	t.Helper()
	return manifests{t, t.TempDir()}
}

// user writes the manifest of a ClerkUser with the label team=a. The spec is YAML in one line.
func (m manifests) user(name, spec string) {
	m.t.Helper()
	m.write(name, fmt.Sprintf(
		"apiVersion: clerk-operator.io/v1alpha1\nkind: ClerkUser\nmetadata: {name: %s, labels: {team: a}}\nspec: %s\n", name, spec))
}

func (m manifests) write(name, text string) {
	m.t.Helper()
	if err := os.WriteFile(filepath.Join(m.dir, name+".yaml"), []byte(text), 0o600); err != nil {
		m.t.Fatal(err)
	}
}

func (m manifests) remove(name string) {
	m.t.Helper()
	if err := os.Remove(filepath.Join(m.dir, name+".yaml")); err != nil {
		m.t.Fatal(err)
	}
}

// report returns what diff prints with -o json.
func (env *environment) report(args ...string) diff.Report {
	env.t.Helper()
	report := diff.Report{}
	env.diff(append(args, "-o", "json")...).decode(env, &report)
	return report
}

// expect compares what a command came to. Ids and the namespace, which differ from run to run, are replaced by names.
func (env *environment) expect(r result, code int, want string) {
	env.t.Helper()
	if got := env.anonymous(r.out); r.code != code || got != want {
		env.t.Errorf("exit code %d, want %d. Output:\n%s\nwant:\n%s\nstandard error:\n%s", r.code, code, got, want, r.errOut)
	}
}

// idsOfUsers are ids of users in texts.
var idsOfUsers = regexp.MustCompile(`user_[A-Za-z0-9]+`)

// anonymous replaces the namespace, and the ids of users by their usernames.
func (env *environment) anonymous(text string) string {
	text = idsOfUsers.ReplaceAllStringFunc(text, func(id string) string {
		if user := env.clerk.User(id); user != nil && user.Username != nil {
			return "USER-" + *user.Username
		}
		return id
	})
	return strings.ReplaceAll(text, env.namespace, "HERE")
}

// foreseenCalls returns the calls of a report, sorted: objects are reconciled at the same time.
func foreseenCalls(report diff.Report) []string {
	var calls []string
	for _, object := range report.Objects {
		for _, call := range object.Calls {
			calls = append(calls, call.Method+" "+call.Path)
		}
	}
	slices.Sort(calls)
	return calls
}

// made returns the calls that wrote to Clerk, except the first ones, sorted.
func (env *environment) made(except int) []string {
	var calls []string
	for _, entry := range env.clerk.Journal().Writes()[except:] {
		calls = append(calls, entry.Method+" "+strings.TrimPrefix(entry.Path, "/v1"))
	}
	slices.Sort(calls)
	return calls
}
