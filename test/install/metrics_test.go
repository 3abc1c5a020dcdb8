// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package install

import (
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/test/node"
)

// checkMetrics reads metrics as Prometheus, as somebody without the right, and as nobody.
func (c *cluster) checkMetrics() {
	c.t.Helper()
	c.shell("kubectl create namespace monitoring\n"+
		"kubectl create serviceaccount prometheus -n monitoring\n"+
		"kubectl create serviceaccount somebody -n monitoring\n", "")
	c.follow(monitoring, "What you need")
	service := &corev1.Service{}
	if err := c.client.Get(c.t.Context(), client.ObjectKey{Namespace: namespace, Name: "clerk-operator-metrics"}, service); err != nil {
		c.t.Fatal(err)
	}
	url := "https://" + c.node.Address(service.Spec.Ports[0].TargetPort.StrVal) + "/metrics"
	for account, want := range map[string]int{"prometheus": http.StatusOK, "somebody": http.StatusForbidden, "": http.StatusUnauthorized} {
		// It takes a moment until the API server knows of the binding.
		c.eventually(fmt.Sprintf("an answer to %q", account), func() error { return c.readMetrics(url, account, want) })
	}
	c.shell("kubectl delete clusterrolebinding clerk-operator-metrics-reader\nkubectl delete namespace monitoring\n", "")
}

// readMetrics returns an error unless a ServiceAccount of the namespace monitoring, or nobody, gets this answer.
func (c *cluster) readMetrics(url, account string, want int) error {
	request, err := http.NewRequestWithContext(c.t.Context(), http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	if account != "" {
		token, err := node.Token(c.t.Context(), c.client, "monitoring", account)
		if err != nil {
			return err
		}
		request.Header.Set("Authorization", "Bearer "+token)
	}
	anybody := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	defer anybody.CloseIdleConnections()
	answer, err := anybody.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if answer.StatusCode != want || strings.Contains(string(text), "clerk_operator_build_info{goversion=\"go") != (want == http.StatusOK) {
		return fmt.Errorf("the answer is %s: %.200s", answer.Status, text)
	}
	return nil
}
