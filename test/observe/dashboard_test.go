// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	prometheusv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"

	"github.com/clerk-operator/clerk-operator/test/controlplane/assets"
)

// grafana is what the test needs of config/grafana/clerk-operator.json.
type grafana struct {
	Panels []struct {
		Title   string `json:"title"`
		Targets []struct {
			Expr    string `json:"expr"`
			Instant bool   `json:"instant"`
		} `json:"targets"`
	} `json:"panels"`
	Templating struct {
		List []struct {
			Name  string          `json:"name"`
			Type  string          `json:"type"`
			Query json.RawMessage `json:"query"`
		} `json:"list"`
	} `json:"templating"`
}

func readDashboard(t *testing.T) grafana {
	t.Helper()
	root, err := assets.Root()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "config", "grafana", "clerk-operator.json"))
	if err != nil {
		t.Fatal(err)
	}
	var dashboard grafana
	if err := json.Unmarshal(text, &dashboard); err != nil {
		t.Fatal(err)
	}
	return dashboard
}

// expectDashboardHasData asks Prometheus for every query of the dashboard, as Grafana does with all values chosen. Each returns data at
// some time of the run, since every alert has fired: a query without data has a fault that its syntax does not show.
func expectDashboardHasData(t *testing.T, env *Environment, result Result) {
	t.Helper()
	variables := strings.NewReplacer(
		"$__rate_interval", "4s", "$__range", model.Duration(result.End.Sub(result.Begin).Round(time.Second)).String(),
		"$cluster", ".*", "$job", "(clerk-operator)", "$namespace", ".*", "$clerk_instance", ".*",
	)
	asked := 0
	for _, panel := range readDashboard(t).Panels {
		for _, target := range panel.Targets {
			asked++
			expr := variables.Replace(target.Expr)
			if err := hasData(t.Context(), env.prometheus, expr, result); err != nil {
				t.Errorf("panel %q: %v: %s", panel.Title, err, expr)
			}
			if target.Instant && strings.Contains(expr, "clerk_operator_leader") {
				expectOneLeader(t, env, expr, result.End)
			}
		}
	}
	if asked < 50 {
		t.Errorf("the dashboard has only %d queries", asked)
	}
	expectVariables(t, env, variables, result)
}

// hasData returns an error if an expression returns nothing at any time of the run.
func hasData(ctx context.Context, prometheus prometheusv1.API, expr string, result Result) error {
	value, _, err := prometheus.QueryRange(ctx, expr, prometheusv1.Range{Start: result.Begin, End: result.End, Step: scrapeInterval})
	if err != nil {
		return err
	}
	if len(value.(model.Matrix)) == 0 {
		return errors.New("no data")
	}
	return nil
}

// expectOneLeader wants the two replicas to count as one.
func expectOneLeader(t *testing.T, env *Environment, expr string, at time.Time) {
	t.Helper()
	value, _, err := env.prometheus.Query(t.Context(), expr, at)
	if err != nil {
		t.Fatal(err)
	}
	if vector := value.(model.Vector); len(vector) != 1 || vector[0].Value != 1 {
		t.Errorf("%s is %v, want 1 for one installation", expr, vector)
	}
}

// expectVariables wants values for each choice of the dashboard.
func expectVariables(t *testing.T, env *Environment, variables *strings.Replacer, result Result) {
	t.Helper()
	query := regexp.MustCompile(`label_values\((.+), (\w+)\)`)
	for _, variable := range readDashboard(t).Templating.List {
		if variable.Type != "query" {
			continue
		}
		var asked struct {
			Query string `json:"query"`
		}
		if err := json.Unmarshal(variable.Query, &asked); err != nil {
			t.Fatal(err)
		}
		match := query.FindStringSubmatch(variables.Replace(asked.Query))
		if match == nil {
			t.Fatalf("%s: %s is not label_values", variable.Name, asked.Query)
		}
		values, _, err := env.prometheus.LabelValues(t.Context(), match[2], []string{match[1]}, result.Begin, result.End)
		// The targets of this run have no label cluster.
		if err != nil || (len(values) == 0) != (variable.Name == "cluster") {
			t.Errorf("the variable %s has the values %v: %v", variable.Name, values, err)
		}
	}
}
