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

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/clerk-operator/clerk-operator/test/controlplane"
	"github.com/clerk-operator/clerk-operator/test/manager"
)

// TestStandbyAsksWhoReadsMetrics has both managers review a token and what it may do. The one that waits for the lease must do so,
// too, although reviews are POSTs.
func TestStandbyAsksWhoReadsMetrics(t *testing.T) {
	t.Parallel()
	env := &environment{t: t, namespace: controlplane.Namespace(t), client: newClient(t)}
	addresses := []string{manager.FreeAddress(t), manager.FreeAddress(t)}
	for i, address := range addresses {
		env.start(fmt.Sprint(i), "--metrics-bind-address="+address)
	}
	env.leader()
	visitor, reader := env.token("visitor"), env.token("reader")
	env.allowMetrics("reader")
	for _, address := range addresses {
		env.expectMetrics(address, "Bearer "+visitor, http.StatusForbidden)
		env.expectMetrics(address, "Bearer "+reader, http.StatusOK)
		env.expectMetrics(address, "Bearer "+reader+"x", http.StatusUnauthorized)
		env.expectMetrics(address, "", http.StatusUnauthorized)
	}
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

// scrape asks a manager for its metrics once.
func (env *environment) scrape(address, authorization string) (body string, status int, err error) {
	anybody := &http.Client{Transport: &http.Transport{
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

// allowMetrics gives a ServiceAccount the right to read metrics.
func (env *environment) allowMetrics(account string) {
	env.t.Helper()
	name := metav1.ObjectMeta{Name: env.namespace + "-metrics"}
	env.create(&rbacv1.ClusterRole{ObjectMeta: name, Rules: []rbacv1.PolicyRule{
		{NonResourceURLs: []string{"/metrics"}, Verbs: []string{"get"}},
	}})
	env.create(&rbacv1.ClusterRoleBinding{
		ObjectMeta: name,
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: name.Name},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: env.namespace, Name: account}},
	})
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
