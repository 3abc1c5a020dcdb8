// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"testing"
)

// Store writes an object into etcd under the API server, which neither checks nor completes it, so that it keeps the uid and the times
// that it had elsewhere. resource is its place, as in "clerk-operator.io/clerkusers/team-a/ann". Objects of
// CustomResourceDefinitions are stored as JSON; others are not.
func Store(t testing.TB, resource string, object []byte) {
	t.Helper()
	callEtcd(t, "put", map[string][]byte{"key": []byte("/registry/" + resource), "value": object})
}

// Empty removes all objects below a place from etcd, as in "clerk-operator.io/clerkusers/team-a/", whatever their finalizers say.
func Empty(t testing.TB, place string) {
	t.Helper()
	first := []byte("/registry/" + place)
	end := bytes.Clone(first)
	end[len(end)-1]++
	callEtcd(t, "deleterange", map[string][]byte{"key": first, "range_end": end})
}

func callEtcd(t testing.TB, operation string, query map[string][]byte) {
	t.Helper()
	body, err := json.Marshal(query)
	if err != nil {
		t.Fatal(err)
	}
	url := os.Getenv(etcdVariable) + "/v3/kv/" + operation
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, bytes.NewReader(body)) //nolint:gosec // etcd of this test run
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request) //nolint:gosec // etcd of this test run
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if text, err := io.ReadAll(response.Body); err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s at etcd: %s %s %v", operation, response.Status, text, err)
	}
}
