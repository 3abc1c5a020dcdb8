// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package requirements

import (
	"fmt"
	"slices"
	"strings"
)

// MissingRightsError names missing rights and says what to do.
type MissingRightsError struct {
	Rights []Right

	config Config
	// problem is what the API server says about a review that it could not evaluate; "" if there is none.
	problem string
}

func (e *MissingRightsError) Error() string {
	text := fmt.Sprintf("the operator lacks rights: %s; apply the roles and bindings of this version of the operator (%s, or the chart)",
		describe(e.Rights), conjoin(e.sources()))
	if e.lacks(func(r Right) bool { return r.Resource == leases }) {
		text += "; --operator-namespace names the namespace of the Lease; a single replica can run without it, with --leader-elect=false"
	}
	if e.lacks(isForWatching) {
		text += "; --watch-secrets needs the right to list and watch Secrets and ConfigMaps"
	}
	if e.lacks(isForMetrics) {
		text += "; --metrics-bind-address=0 needs no rights for metrics"
	}
	if e.problem != "" {
		text += "; the API server could not evaluate all rules: " + e.problem
	}
	return text
}

func (e *MissingRightsError) lacks(match func(Right) bool) bool {
	return slices.ContainsFunc(e.Rights, match)
}

// sources are the directories of the roles that grant the rights.
func (e *MissingRightsError) sources() []string {
	var sources []string
	for _, r := range e.Rights {
		sources = append(sources, e.config.source(r))
	}
	slices.Sort(sources)
	return slices.Compact(sources)
}

// source is the directory of the role that grants a right.
func (c Config) source(r Right) string {
	own := r.indispensable() && !isForWatching(r)
	switch {
	case isForMetrics(r):
		return "config/metrics"
	case len(c.WatchNamespaces) == 0 || r.Resource == leases:
		return "config/rbac"
	case r.Namespace == "" || own || !slices.Contains(c.WatchNamespaces, r.Namespace):
		return "config/namespaced"
	default:
		return "config/namespaced/watched"
	}
}

// isForMetrics reports whether only the server of metrics needs a right.
func isForMetrics(r Right) bool {
	return strings.HasSuffix(r.Resource, ".authentication.k8s.io") || strings.HasSuffix(r.Resource, ".authorization.k8s.io")
}
