// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package manifests_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// documented returns the blocks of YAML below a heading of docs/how-to/configure.md, for overlay.
func documented(t *testing.T, heading string) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(directory(t), "..", "docs", "how-to", "configure.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(text), "\n"+heading+"\n")
	if !found {
		t.Fatalf("docs/how-to/configure.md has no heading %q", heading)
	}
	section, _, _ = strings.Cut(section, "\n## ")
	var blocks []string
	for _, block := range regexp.MustCompile("(?ms)^```yaml[^\n]*\n(.*?)^```$").FindAllStringSubmatch(section, -1) {
		blocks = append(blocks, strings.ReplaceAll(block[1], "../config/", "CONFIG/"))
	}
	return blocks
}

// TestAnotherNamespace moves the operator to another namespace, as the documentation says. Nothing of it stays behind, no object of the
// cluster gets a namespace, and every right is for the ServiceAccount in the new one.
func TestAnotherNamespace(t *testing.T) {
	t.Parallel()
	blocks := documented(t, "## Another namespace")
	const want = 2
	if len(blocks) != want {
		t.Fatalf("there are %d blocks, want %d", len(blocks), want)
	}
	watched := overlay(t, "namespace: team-a\nresources: [CONFIG/namespaced/watched]\n"+blocks[1])
	for name, objects := range map[string][]client.Object{
		"Default":    overlay(t, blocks[0]),
		"Namespaced": append(overlay(t, strings.Replace(blocks[0], "CONFIG/default", "CONFIG/namespaced", 1)), watched...),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkNamespaces(t, objects)
			for kind, subjects := range subjectsOf(objects) {
				for _, s := range subjects {
					if s.Namespace != "ops" {
						t.Errorf("%s is for %s of namespace %q, want ops", kind, s.Name, s.Namespace)
					}
				}
			}
		})
	}
}

func checkNamespaces(t *testing.T, objects []client.Object) {
	t.Helper()
	for _, o := range objects {
		want := "ops"
		switch o.(type) {
		case *admissionv1.ValidatingAdmissionPolicy, *admissionv1.ValidatingAdmissionPolicyBinding, *rbacv1.ClusterRole, *rbacv1.ClusterRoleBinding:
			want = ""
		case *rbacv1.Role, *rbacv1.RoleBinding:
			if o.GetName() == "clerk-operator-watched" {
				want = "team-a"
			}
		}
		switch o.GetObjectKind().GroupVersionKind().Kind {
		case "CustomResourceDefinition":
			want = ""
		case "Namespace":
			if want = ""; o.GetName() != "ops" {
				t.Errorf("there is Namespace %s", o.GetName())
			}
		}
		if o.GetNamespace() != want {
			t.Errorf("%T %s is in namespace %q, want %q", o, o.GetName(), o.GetNamespace(), want)
		}
	}
}

// subjectsOf returns the subjects of all bindings, by the binding.
func subjectsOf(objects []client.Object) map[string][]rbacv1.Subject {
	found := map[string][]rbacv1.Subject{}
	for _, b := range of[*rbacv1.RoleBinding](objects) {
		found["RoleBinding "+b.Namespace+"/"+b.Name] = b.Subjects
	}
	for _, b := range of[*rbacv1.ClusterRoleBinding](objects) {
		found["ClusterRoleBinding "+b.Name] = b.Subjects
	}
	return found
}

// TestOpenShift renders the setting of the documentation by which OpenShift chooses the user of the pod. All else stays restricted.
func TestOpenShift(t *testing.T) {
	t.Parallel()
	blocks := documented(t, "## OpenShift")
	if len(blocks) != 1 {
		t.Fatalf("there are %d blocks, want 1", len(blocks))
	}
	pod := only[*appsv1.Deployment](t, overlay(t, "resources: [CONFIG/default]\n"+blocks[0])).Spec.Template.Spec
	for _, id := range []*int64{
		pod.SecurityContext.RunAsUser, pod.SecurityContext.RunAsGroup,
		pod.Containers[0].SecurityContext.RunAsUser, pod.Containers[0].SecurityContext.RunAsGroup,
	} {
		if id != nil {
			t.Errorf("the pod names the user or group %d", *id)
		}
	}
	if nonRoot := pod.SecurityContext.RunAsNonRoot; nonRoot == nil || !*nonRoot || pod.SecurityContext.SeccompProfile == nil {
		t.Errorf("the pod is not restricted: %+v", pod.SecurityContext)
	}
}
