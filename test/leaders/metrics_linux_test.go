// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package leaders

import (
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/clerk-operator/clerk-operator/test/controlplane"
)

// TestStandbyAsksWhoReadsMetrics has both managers review a token and what it may do. The one that waits for the lease must do so,
// too, although reviews are POSTs.
func TestStandbyAsksWhoReadsMetrics(t *testing.T) {
	t.Parallel()
	env := &environment{t: t, namespace: controlplane.Namespace(t), client: newClient(t)}
	addresses := []string{freeAddress(t), freeAddress(t)}
	for i, address := range addresses {
		env.replicas = append(env.replicas, startReplica(t, fmt.Sprint(i), []string{
			"--kubeconfig=" + controlplane.Kubeconfig(t),
			"--operator-namespace=" + env.namespace,
			"--watch-namespaces=" + env.namespace,
			"--cluster-id=leaders",
			"--health-probe-bind-address=0",
			"--metrics-bind-address=" + address,
		}))
	}
	env.leader()
	token := env.tokenWithoutRights()
	anybody := &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
	}}
	defer anybody.CloseIdleConnections()
	for _, address := range addresses {
		env.eventually("an answer from "+address, func() error {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+address+"/metrics", nil)
			if err != nil {
				return err
			}
			request.Header.Set("Authorization", "Bearer "+token)
			answer, err := anybody.Do(request)
			if err != nil {
				return err
			}
			defer answer.Body.Close()
			if answer.StatusCode != http.StatusForbidden {
				return fmt.Errorf("somebody without rights is answered with %s, want 403", answer.Status)
			}
			return nil
		})
	}
}

// tokenWithoutRights returns the token of a new ServiceAccount.
func (env *environment) tokenWithoutRights() string {
	env.t.Helper()
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: env.namespace, Name: "somebody"}}
	env.create(account)
	request := &authenticationv1.TokenRequest{}
	if err := env.client.SubResource("token").Create(env.t.Context(), account, request); err != nil {
		env.t.Fatal(err)
	}
	return request.Status.Token
}

// freeAddress returns an address at which nobody listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}
