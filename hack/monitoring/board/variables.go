// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package board

import "github.com/grafana/grafana-foundation-sdk/go/dashboard"

// Variable is a choice at the top of the dashboard that is read from Prometheus.
type Variable struct {
	Name  string
	Title string
	// Query is what its values are: label_values(METRIC, LABEL).
	Query string
	// All is the regular expression for all values. Grafana makes one of the values themselves if it is empty.
	All string
}

// Variables are the choices beside the data source.
func Variables() []Variable {
	return []Variable{
		// All means the jobs that have the operator, and not every job of Prometheus.
		{Name: "job", Title: "Job", Query: `label_values(clerk_operator_build_info, job)`},
		// Targets may lack these two labels. The expression matches their absence too.
		{Name: "cluster", Title: "Cluster", Query: `label_values(clerk_operator_build_info{job=~"$job"}, cluster)`, All: ".*"},
		{
			Name: "namespace", Title: "Namespace", All: ".*",
			Query: `label_values(clerk_operator_build_info{cluster=~"$cluster",job=~"$job"}, namespace)`,
		},
		{
			Name: "clerk_instance", Title: "Clerk instance", All: ".*",
			Query: `label_values(clerk_operator_users{` + target + `}, clerk_instance)`,
		},
	}
}

func variables() []dashboard.VariableModel {
	datasource := dashboard.VariableModel{
		Type: dashboard.VariableTypeDatasource, Name: "datasource", Label: new("Data source"),
		Query: &dashboard.StringOrMap{String: new("prometheus")},
	}
	list := []dashboard.VariableModel{datasource}
	for _, v := range Variables() {
		model := dashboard.VariableModel{
			Type: dashboard.VariableTypeQuery, Name: v.Name, Label: &v.Title,
			Datasource: source(), Definition: &v.Query,
			Query:   &dashboard.StringOrMap{Map: map[string]any{"query": v.Query, "refId": v.Name}},
			Refresh: new(dashboard.VariableRefreshOnTimeRangeChanged),
			Sort:    new(dashboard.VariableSortAlphabeticalAsc),
			Multi:   new(true), IncludeAll: new(true), Current: all(),
		}
		if v.All != "" {
			model.AllValue = &v.All
		}
		list = append(list, model)
	}
	return list
}

// all is the choice of all values.
func all() *dashboard.VariableOption {
	return &dashboard.VariableOption{
		Text:  dashboard.StringOrArrayOfString{ArrayOfString: []string{"All"}},
		Value: dashboard.StringOrArrayOfString{ArrayOfString: []string{"$__all"}},
	}
}
