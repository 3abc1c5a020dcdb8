// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package leaders

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/test/controlplane"
)

// TestMissingRightOnLeasesIsNamed runs a manager that may do everything but what leader election needs.
func TestMissingRightOnLeasesIsNamed(t *testing.T) {
	t.Parallel()
	namespace := controlplane.Namespace(t)
	command := exec.CommandContext(t.Context(), os.Getenv(managerVariable),
		"--kubeconfig="+kubeconfigWithoutLeases(t, namespace), "--operator-namespace="+namespace,
		"--watch-namespaces="+namespace, "--cluster-id=leaders", "--health-probe-bind-address=0")
	timeout := time.AfterFunc(patience, func() { _ = command.Process.Kill() })
	defer timeout.Stop()
	output, err := command.CombinedOutput()
	if err == nil {
		t.Error("it ends as if all were well")
	}
	for _, want := range []string{"get, create and update", "leases.coordination.k8s.io", namespace + "/clerk-operator", "--operator-namespace"} {
		if !strings.Contains(string(output), want) {
			t.Errorf("it ends without saying %q (%v):\n%s", want, err, output)
		}
	}
}

// kubeconfigWithoutLeases returns the kubeconfig of somebody who has these rights in a namespace and no others.
func kubeconfigWithoutLeases(t *testing.T, namespace string) string {
	t.Helper()
	c, err := client.New(controlplane.Config(t), client.Options{Scheme: scheme.Scheme})
	if err != nil {
		t.Fatal(err)
	}
	every := []string{rbacv1.VerbAll}
	name := metav1.ObjectMeta{Namespace: namespace, Name: "manager"}
	for _, o := range []client.Object{
		&rbacv1.Role{ObjectMeta: name, Rules: []rbacv1.PolicyRule{
			{APIGroups: []string{"clerk-operator.io"}, Resources: every, Verbs: every},
			{APIGroups: []string{""}, Resources: []string{"secrets", "configmaps"}, Verbs: every},
		}},
		&rbacv1.RoleBinding{
			ObjectMeta: name,
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: name.Name},
			Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: namespace}},
		},
	} {
		if err := c.Create(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	config, err := clientcmd.LoadFromFile(controlplane.Kubeconfig(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, user := range config.AuthInfos {
		user.Impersonate = namespace
	}
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		t.Fatal(err)
	}
	return path
}
