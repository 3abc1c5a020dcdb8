// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// TestColumnsOfActions asks the API server for what kubectl get shows. Of the conditions of an action that failed, the first counts.
func TestColumnsOfActions(t *testing.T) {
	env := newActionEnvironment(t)
	env.runAction("done", "ann", disablesMFA)
	env.expectComplete("done")
	env.runAction("failed", "ann", deletesAccountAt("oauth_github"))
	env.expectFailed("failed", v1alpha1.ReasonNotFoundAtClerk)
	env.runAction("waits", "bob", deletesTOTP)
	env.expectWaiting("waits", v1alpha1.ReasonUserNotFound)
	want := map[string][]any{
		"done":   {"disableMFA", "ann", "Complete"},
		"failed": {"deleteExternalAccount", "ann", "Failed"},
		"waits":  {"deleteTOTP", "bob", "Reconciling"},
	}
	if diff := cmp.Diff(want, env.columns("clerkuseractions", "Action", "User", "Status")); diff != "" {
		t.Errorf("the columns (-want +got):\n%s", diff)
	}
	env.expectNoWrites()
}

// columns returns these columns of all objects of a kind, by the objects' names.
func (env *environment) columns(resource string, names ...string) map[string][]any {
	env.t.Helper()
	c, err := rest.HTTPClientFor(env.admin)
	if err != nil {
		env.t.Fatal(err)
	}
	url := fmt.Sprintf("%s/apis/%s/namespaces/%s/%s", env.admin.Host, v1alpha1.GroupVersion, env.namespace, resource)
	request, err := http.NewRequestWithContext(env.t.Context(), http.MethodGet, url, nil)
	if err != nil {
		env.t.Fatal(err)
	}
	request.Header.Set("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io")
	response, err := c.Do(request)
	if err != nil {
		env.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		env.t.Fatal(err)
	}
	table := &metav1.Table{}
	if err := json.Unmarshal(body, table); err != nil {
		env.t.Fatal(err)
	}
	found := map[string][]any{}
	for _, row := range table.Rows {
		// The first column is the name.
		key := fmt.Sprint(row.Cells[0])
		for _, name := range names {
			for i, column := range table.ColumnDefinitions {
				if column.Name == name {
					found[key] = append(found[key], row.Cells[i])
				}
			}
		}
	}
	return found
}
