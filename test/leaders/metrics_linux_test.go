// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package leaders

import (
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/clerk-operator/clerk-operator/test/controlplane"
	"github.com/clerk-operator/clerk-operator/test/manager"
	"github.com/clerk-operator/clerk-operator/test/rights"
)

// TestWhoReadsMetrics has the leader and a standby, with the rights of config and no others, review tokens and what they may do.
// The standby must do so, too, although reviews are POSTs.
func TestWhoReadsMetrics(t *testing.T) {
	t.Parallel()
	accounts := map[string]func(testing.TB) rights.Account{"default": rights.Shipped, "namespaced": rights.Namespaced}
	for kustomization, account := range accounts {
		t.Run(kustomization, func(t *testing.T) {
			t.Parallel()
			env := &environment{t: t, namespace: controlplane.Namespace(t), client: newClient(t)}
			shipped := account(t).In(env.namespace).Watching(env.namespace)
			shipped.Grant(t, controlplane.Config(t))
			env.kubeconfig = shipped.Kubeconfig(t)
			addresses := []string{manager.FreeAddress(t), manager.FreeAddress(t)}
			for i, address := range addresses {
				env.start(fmt.Sprint(i), "--metrics-bind-address="+address)
			}
			env.leader()
			visitor, reader := env.token("visitor"), env.token("reader")
			binding := env.allowMetrics(rights.MetricsReader(t, kustomization), "reader")
			for _, address := range addresses {
				env.expectMetrics(address, "Bearer "+visitor, http.StatusForbidden)
				env.expectMetrics(address, "Bearer "+reader, http.StatusOK)
				env.expectMetrics(address, "Bearer "+reader+"x", http.StatusUnauthorized)
				env.expectMetrics(address, "Bearer garbage", http.StatusUnauthorized)
				env.expectMetrics(address, "", http.StatusUnauthorized)
			}
			// One of the two is enough: the wait is long, and the rights do not change what is remembered.
			if testing.Short() || kustomization != "default" {
				return
			}
			if err := env.client.Delete(t.Context(), binding); err != nil {
				t.Fatal(err)
			}
			for _, address := range addresses {
				// A manager remembers for a minute that a token may read; patience is longer.
				env.expectMetrics(address, "Bearer "+reader, http.StatusForbidden)
			}
		})
	}
}

// scrape reads the metrics of a manager.
func (env *environment) scrape(address, authorization string) (body string, status int, err error) {
	anybody := &http.Client{Timeout: time.Minute, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
	}}
	defer anybody.CloseIdleConnections()
	request, err := http.NewRequestWithContext(env.t.Context(), http.MethodGet, "https://"+address+"/metrics", nil)
	if err != nil {
		return "", 0, err
	}
	if authorization != "" {
		request.Header.Set("Authorization", authorization)
	}
	answer, err := anybody.Do(request)
	if err != nil {
		return "", 0, err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return string(text), answer.StatusCode, err
}

// expectMetrics waits until a manager answers a request for its metrics with a status.
func (env *environment) expectMetrics(address, authorization string, want int) {
	env.t.Helper()
	env.eventually("an answer from "+address, func() error {
		body, status, err := env.scrape(address, authorization)
		if err != nil {
			return err
		}
		if status != want {
			return fmt.Errorf("the answer is %d, want %d", status, want)
		}
		if shown := strings.Contains(body, "go_goroutines"); shown != (want == http.StatusOK) {
			return fmt.Errorf("the answer %d shows metrics: %t", status, shown)
		}
		return nil
	})
}

// allowMetrics gives a ServiceAccount a role, and returns the binding.
func (env *environment) allowMetrics(role rights.Role, account string) *rbacv1.ClusterRoleBinding {
	env.t.Helper()
	name := metav1.ObjectMeta{Name: env.namespace + "-" + role.Name}
	env.create(&rbacv1.ClusterRole{ObjectMeta: name, Rules: role.Rules})
	binding := &rbacv1.ClusterRoleBinding{
		ObjectMeta: name,
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: name.Name},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: env.namespace, Name: account}},
	}
	env.create(binding)
	return binding
}

// token returns the token of a new ServiceAccount, which has no rights.
func (env *environment) token(name string) string {
	env.t.Helper()
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: env.namespace, Name: name}}
	env.create(account)
	request := &authenticationv1.TokenRequest{}
	if err := env.client.SubResource("token").Create(env.t.Context(), account, request); err != nil {
		env.t.Fatal(err)
	}
	return request.Status.Token
}
