// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/yaml"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// requests records what the operator asks the API server for.
type requests struct {
	mu        sync.Mutex
	seen      []string
	forbidden []string
}

func (r *requests) wrap(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(request *http.Request) (*http.Response, error) {
		response, err := next.RoundTrip(request)
		r.mu.Lock()
		defer r.mu.Unlock()
		line := request.Method + " " + request.URL.Path
		r.seen = append(r.seen, line)
		if err == nil && response.StatusCode == http.StatusForbidden {
			r.forbidden = append(r.forbidden, line)
		}
		return response, err
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return f(request) }

// limitRights has the operator work as a user who has the shipped ClusterRole and nothing else, under this name.
func (env *environment) limitRights(name string) *rbacv1.ClusterRole {
	env.t.Helper()
	role := shippedRole(env.t)
	role.ObjectMeta = metav1.ObjectMeta{Name: name}
	env.create(role)
	env.create(&rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: name},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.UserKind, APIGroup: rbacv1.GroupName, Name: name}},
	})
	env.config = rest.CopyConfig(env.config)
	env.config.Impersonate = rest.ImpersonationConfig{UserName: name}
	return role
}

// TestShippedRightsSuffice runs the operator as a service account that has the shipped ClusterRole and nothing else.
func TestShippedRightsSuffice(t *testing.T) {
	env := newEnvironment(t, func(i *v1alpha1.ClerkInstance) {
		i.Spec.AllowedNamespaces = &v1alpha1.AllowedNamespaces{
			From:     ptr.To(v1alpha1.NamespacesFromSelector),
			Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"kubernetes.io/metadata.name": "elsewhere"}},
		}
		i.Spec.DeletionBrake = &v1alpha1.DeletionBrake{MaxCount: ptr.To[int32](10)}
	})
	env.limitRights("operator-" + env.namespace)
	r := &requests{}
	env.config.Wrap(r.wrap)
	guest := env.inOtherNamespace()
	env.start()

	env.create(env.user("ann", full))
	env.create(env.user("bob", func(s *spec) { s.UserID = ptr.To(env.clerk.Seed(verified("bob")).ID) }))
	guest.create(guest.user("eve", guest.refersTo(env)))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectReason("bob", v1alpha1.ReasonInSync)
	guest.expectReason("eve", v1alpha1.ReasonNotAllowed)
	env.edit("ann", addEmail)
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.delete(env.read("ann"))
	env.expectGone("ann")
	env.expectEvent("ann", v1alpha1.EventDeleted)
	env.delete(&corev1.Secret{ObjectMeta: env.secret("").ObjectMeta})
	env.eventually("the Secret to be let go", func() error {
		secrets := &corev1.SecretList{}
		if err := env.client.List(t.Context(), secrets); err != nil {
			return err
		}
		for i := range secrets.Items {
			if secrets.Items[i].Namespace == env.namespace {
				return errNotYet
			}
		}
		return nil
	})

	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.forbidden) > 0 {
		t.Errorf("the shipped rights do not suffice: %v", r.forbidden)
	}
	for _, line := range r.seen {
		if strings.HasPrefix(line, "GET ") && strings.HasSuffix(line, "/secrets") {
			t.Errorf("Secrets were listed or watched: %s", line)
		}
	}
}

func shippedRole(t *testing.T) *rbacv1.ClusterRole {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "config", "rbac", "role.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for document := range strings.SplitSeq(string(text), "\n---\n") {
		role := &rbacv1.ClusterRole{}
		if err := yaml.UnmarshalStrict([]byte(strings.TrimPrefix(document, "---\n")), role); err == nil && role.Kind == "ClusterRole" {
			return role
		}
	}
	t.Fatal("config/rbac/role.yaml holds no ClusterRole")
	return nil
}
