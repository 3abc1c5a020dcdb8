// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package rights

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/test/controlplane"
)

// inForce is how long the API server may take until a new role counts.
const inForce = time.Minute

// Grant creates the account and its roles, and waits until they are in force. What exists is left as it is. They stay until the
// control plane ends.
func (a Account) Grant(t testing.TB, admin *rest.Config) {
	t.Helper()
	if err := a.Create(t.Context(), admin); err != nil {
		t.Fatal(err)
	}
}

// Create is Grant for programs that are no tests.
func (a Account) Create(ctx context.Context, admin *rest.Config) error {
	c, err := client.New(admin, client.Options{Scheme: scheme.Scheme})
	if err != nil {
		return fmt.Errorf("making a client that grants rights: %w", err)
	}
	for _, o := range a.objects() {
		if err := c.Create(ctx, o); err != nil && !apierrors.IsAlreadyExists(err) {
			return fmt.Errorf("granting the rights of %s: %w", a.User(), err)
		}
	}
	return a.eachPlace(func(r Right, namespace string) error { return a.await(ctx, c, r, namespace) })
}

// eachPlace calls a function for each right of each role, with each namespace in which it counts, until it returns an error.
func (a Account) eachPlace(visit func(r Right, namespace string) error) error {
	for _, role := range a.Roles {
		for _, rule := range role.Rules {
			if len(rule.Resources) == 0 {
				continue
			}
			for _, namespace := range a.places(role) {
				if err := visit(role.right(rule), namespace); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// Objects returns the roles as they are on the API server, without their bindings.
func (a Account) Objects() []client.Object {
	return slices.DeleteFunc(a.objects(), func(o client.Object) bool {
		switch o.(type) {
		case *rbacv1.Role, *rbacv1.ClusterRole:
			return false
		}
		return true
	})
}

// places returns the namespaces in which a role counts; "" is all of them.
func (a Account) places(r Role) []string {
	switch {
	case r.Cluster:
		return []string{""}
	case len(r.Watched) > 0:
		return r.Watched
	}
	return []string{a.Namespace}
}

func (a Account) objects() []client.Object {
	all := []client.Object{
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: a.Namespace}},
		&corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: a.Namespace, Name: a.Name}},
	}
	self := []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: a.Namespace, Name: a.Name}}
	for _, r := range a.Roles {
		cluster := metav1.ObjectMeta{Name: r.Name}
		if r.Cluster {
			all = append(all, &rbacv1.ClusterRole{ObjectMeta: cluster, Rules: r.Rules}, &rbacv1.ClusterRoleBinding{
				ObjectMeta: cluster, Subjects: self,
				RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: r.Name},
			})
			continue
		}
		for _, namespace := range a.places(r) {
			inside := metav1.ObjectMeta{Namespace: namespace, Name: r.Name}
			all = append(all, &rbacv1.Role{ObjectMeta: inside, Rules: r.Rules}, &rbacv1.RoleBinding{
				ObjectMeta: inside, Subjects: self,
				RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: r.Name},
			})
		}
	}
	return all
}

// await waits until the API server allows what a right says in a namespace.
func (a Account) await(ctx context.Context, c client.Client, r Right, namespace string) error {
	resource, sub, _ := strings.Cut(r.Resource, "/")
	attributes := &authorizationv1.ResourceAttributes{Namespace: namespace, Verb: r.Verb, Group: r.Group, Resource: resource, Subresource: sub}
	review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
		User: a.User(), ResourceAttributes: attributes,
		Groups: []string{"system:serviceaccounts", "system:serviceaccounts:" + a.Namespace, "system:authenticated"},
	}}
	err := wait.PollUntilContextTimeout(ctx, 20*time.Millisecond, inForce, true, func(ctx context.Context) (bool, error) {
		asked := review.DeepCopy()
		err := c.Create(ctx, asked)
		return asked.Status.Allowed, err
	})
	if err != nil {
		return fmt.Errorf("the right to %s does not come into force: %w", r, err)
	}
	return nil
}

// Kubeconfig writes the kubeconfig of this test run, but for the account, and returns its path.
func (a Account) Kubeconfig(t testing.TB) string {
	t.Helper()
	config, err := clientcmd.LoadFromFile(controlplane.Kubeconfig(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, user := range config.AuthInfos {
		user.Impersonate = a.User()
	}
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		t.Fatal(err)
	}
	return path
}
