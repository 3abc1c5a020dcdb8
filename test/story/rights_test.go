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
func (w *world) limitRights(name string) *rbacv1.ClusterRole {
	w.t.Helper()
	role := shippedRole(w.t)
	role.ObjectMeta = metav1.ObjectMeta{Name: name}
	w.create(role)
	w.create(&rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: name},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.UserKind, APIGroup: rbacv1.GroupName, Name: name}},
	})
	w.config = rest.CopyConfig(w.config)
	w.config.Impersonate = rest.ImpersonationConfig{UserName: name}
	return role
}

// TestShippedRightsSuffice runs the operator as a service account that has the shipped ClusterRole and nothing else.
func TestShippedRightsSuffice(t *testing.T) {
	w := newWorld(t, func(i *v1alpha1.ClerkInstance) {
		i.Spec.AllowedNamespaces = &v1alpha1.AllowedNamespaces{
			From:     ptr.To(v1alpha1.NamespacesFromSelector),
			Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"kubernetes.io/metadata.name": "elsewhere"}},
		}
		i.Spec.DeletionBrake = &v1alpha1.DeletionBrake{MaxCount: ptr.To[int32](10)}
	})
	w.limitRights("operator-" + w.namespace)
	r := &requests{}
	w.config.Wrap(r.wrap)
	guest := w.neighbour()
	w.start()

	w.create(w.user("ann", full))
	w.create(w.user("bob", func(s *spec) { s.UserID = ptr.To(w.clerk.Seed(verified("bob")).ID) }))
	guest.create(guest.user("eve", guest.refersTo(w)))
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.becomes("bob", v1alpha1.ReasonInSync)
	guest.becomes("eve", v1alpha1.ReasonNotAllowed)
	w.edit("ann", addEmail)
	w.becomes("ann", v1alpha1.ReasonInSync)
	w.delete(w.read("ann"))
	w.vanishes("ann")
	w.tells("ann", v1alpha1.EventDeleted)
	w.delete(&corev1.Secret{ObjectMeta: w.secret("").ObjectMeta})
	w.eventually("the Secret to be let go", func() error {
		secrets := &corev1.SecretList{}
		if err := w.client.List(t.Context(), secrets); err != nil {
			return err
		}
		for i := range secrets.Items {
			if secrets.Items[i].Namespace == w.namespace {
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
