// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package rbac makes docs/reference/rbac.md: from the roles in config/, and from a table with the reason for each right in them.
package rbac

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
)

// prefix is what kustomize puts before the names in config/rbac and config/metrics.
const prefix = "clerk-operator-"

// Page returns the generated part of the page. The working directory is the root of the repository.
func Page(context.Context) (string, error) { return page(os.DirFS("config")) }

func page(config fs.FS) (string, error) {
	var b strings.Builder
	var problems []error
	for _, section := range []struct {
		title string
		roles []role
	}{
		{"The operator", operators()}, {"The operator, for some namespaces", namespaced()}, {"People", people()}, {"Metrics", readers()},
	} {
		fmt.Fprintf(&b, "## %s\n", section.title)
		for _, r := range section.roles {
			found, err := read(config, r.file)
			if err == nil {
				err = compare(found.Rules, r.reasons)
			}
			if err != nil {
				problems = append(problems, fmt.Errorf("config/%s: %w", r.file, err))
				continue
			}
			render(&b, found, r)
		}
		b.WriteString("\n")
	}
	return b.String(), errors.Join(problems...)
}

// read returns the only role in a file. A Role is read as a ClusterRole, which has the same fields.
func read(config fs.FS, file string) (*rbacv1.ClusterRole, error) {
	text, err := fs.ReadFile(config, file)
	if err != nil {
		return nil, err
	}
	decoder := utilyaml.NewYAMLOrJSONDecoder(bytes.NewReader(text), len(text))
	for {
		found := &rbacv1.ClusterRole{}
		switch err := decoder.Decode(found); {
		case errors.Is(err, io.EOF):
			return nil, errors.New("there is no role")
		case err != nil:
			return nil, err
		case found.Kind == "Role" || found.Kind == "ClusterRole":
			return found, nil
		}
	}
}

// compare returns an error that names each right without a reason, and each reason without a right.
func compare(rules []rbacv1.PolicyRule, reasons []reason) error {
	var granted, explained []string
	for _, rule := range rules {
		granted = append(granted, rights(rule.Verbs, resources(rule))...)
	}
	for _, r := range reasons {
		explained = append(explained, rights(r.verbs, r.resources)...)
	}
	slices.Sort(explained)
	var problems []error
	for i, right := range explained {
		if i > 0 && explained[i-1] == right {
			problems = append(problems, fmt.Errorf("there are two reasons for the right to %s", right))
		}
		if !slices.Contains(granted, right) {
			problems = append(problems, fmt.Errorf("there is a reason for the right to %s, which the role does not have", right))
		}
	}
	for _, right := range granted {
		if !slices.Contains(explained, right) {
			problems = append(problems, fmt.Errorf("there is no reason for the right to %s", right))
		}
	}
	return errors.Join(problems...)
}

// rights are the rights to each verb on each resource.
func rights(verbs, resources []string) []string {
	var all []string
	for _, verb := range verbs {
		for _, resource := range resources {
			all = append(all, verb+" "+resource)
		}
	}
	return all
}

// resources are the resources of a rule as kubectl writes them, or its paths.
func resources(rule rbacv1.PolicyRule) []string {
	all := slices.Clone(rule.NonResourceURLs)
	for _, group := range rule.APIGroups {
		for _, resource := range rule.Resources {
			name, subresource, found := strings.Cut(resource, "/")
			if group != "" {
				name += "." + group
			}
			if found {
				name += "/" + subresource
			}
			all = append(all, name)
		}
	}
	return all
}

func render(b *strings.Builder, found *rbacv1.ClusterRole, r role) {
	name := prefix + strings.TrimPrefix(found.Name, prefix)
	fmt.Fprintf(b, "\n### %s\n\n%s in [`config/%s`](../../config/%s). %s\n\n| resources | verbs | why |\n|---|---|---|\n",
		name, found.Kind, r.file, r.file, cmp.Or(r.where, aggregation(found)))
	for _, why := range r.reasons {
		fmt.Fprintf(b, "| %s | %s | %s |\n", code(why.resources), strings.Join(why.verbs, ", "), why.why)
	}
}

// aggregation says which of Kubernetes' roles the rights are added to.
func aggregation(found *rbacv1.ClusterRole) string {
	var to []string
	for _, name := range []string{"view", "edit", "admin"} {
		if found.Labels["rbac.authorization.k8s.io/aggregate-to-"+name] == "true" {
			to = append(to, "`"+name+"`")
		}
	}
	return fmt.Sprintf("Adds to %s.", strings.Join(to, " and "))
}

func code(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = "`" + name + "`"
	}
	return strings.Join(quoted, "<br>")
}
