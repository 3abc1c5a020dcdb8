// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
)

// addFormerLeader has Prometheus scrape another process that exports all that the leader does at this time. With a change of the leader
// between two scrapes, the series of both are in Prometheus for a while.
func (env *Environment) addFormerLeader(t *testing.T) {
	t.Helper()
	text := env.metricsOf(t, env.leaderAddress(t))
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		_, _ = io.WriteString(w, text)
	}))
	t.Cleanup(server.Close)
	former := &replica{name: "clerk-operator-controller-manager-former", address: strings.TrimPrefix(server.URL, "https://")}
	if err := env.writeTargets(append([]*replica{former}, env.replicas...)...); err != nil {
		t.Fatal(err)
	}
}

// leaderAddress is where the leader serves its metrics.
func (env *Environment) leaderAddress(t *testing.T) (address string) {
	t.Helper()
	err := env.await(t.Context(), "a leader", func(ctx context.Context) error {
		value, _, err := env.prometheus.Query(ctx, "clerk_operator_leader == 1", time.Now())
		if err != nil {
			return err
		}
		if vector := value.(model.Vector); len(vector) == 1 {
			address = string(vector[0].Metric[model.InstanceLabel])
			return nil
		}
		return fmt.Errorf("the leaders are %v", value)
	})
	if err != nil {
		t.Fatal(err)
	}
	return address
}

// metricsOf reads the metrics of a replica, as Prometheus does.
func (env *Environment) metricsOf(t *testing.T, address string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, fmt.Sprintf("https://%s/metrics", address), http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+env.readerToken)
	// Nobody signs the certificate.
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}
	defer transport.CloseIdleConnections()
	answer, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("reading metrics: %s, %v", answer.Status, err)
	}
	return string(text)
}
