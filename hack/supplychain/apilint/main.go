// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Command apilint runs kube-api-linter, which knows the API conventions of Kubernetes, on packages of the module in a
// directory:
//
//	go run -C hack/supplychain ./apilint ../.. ./api/...
//
// It is a program of its own because golangci-lint takes kube-api-linter only as a plugin, which needs a second build of
// all its linters. Every linter is on, except those in linters.go, each with its reason.
package main

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/checker"
	"golang.org/x/tools/go/packages"
	"sigs.k8s.io/kube-api-linter/pkg/analysis/registry"
	_ "sigs.k8s.io/kube-api-linter/pkg/registration" // registers the linters
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: apilint DIRECTORY PACKAGE...")
		os.Exit(2)
	}
	problems, err := lint(os.Args[1], os.Args[2:]...)
	if err != nil {
		fmt.Fprintln(os.Stderr, "apilint:", err)
		os.Exit(1)
	}
	for _, problem := range problems {
		fmt.Fprintln(os.Stderr, problem)
	}
	if len(problems) > 0 {
		os.Exit(1)
	}
}

// lint returns what is wrong with the packages, and the exceptions that match nothing.
func lint(dir string, patterns ...string) ([]string, error) {
	analyzers, err := registry.DefaultRegistry().InitializeLinters(linters(), settings())
	if err != nil {
		return nil, fmt.Errorf("configuring the linters: %w", err)
	}
	loaded, err := packages.Load(&packages.Config{Mode: packages.LoadAllSyntax, Dir: dir}, patterns...)
	if err != nil {
		return nil, err
	}
	if packages.PrintErrors(loaded) > 0 || len(loaded) == 0 {
		return nil, errors.New("the packages do not compile")
	}
	graph, err := checker.Analyze(analyzers, loaded, nil)
	if err != nil {
		return nil, err
	}
	return report(graph.Roots, exceptions())
}

// report formats the diagnostics that no exception matches.
func report(actions []*checker.Action, allowed []exception) ([]string, error) {
	var problems []string
	used := map[string]bool{}
	for _, action := range actions {
		if action.Err != nil {
			return nil, fmt.Errorf("%s: %w", action.Analyzer.Name, action.Err)
		}
		for _, diagnostic := range action.Diagnostics {
			if reason := excused(action.Analyzer, diagnostic, allowed); reason != "" {
				used[reason] = true
				continue
			}
			problems = append(problems, fmt.Sprintf("%s: %s (%s)",
				action.Package.Fset.Position(diagnostic.Pos), diagnostic.Message, action.Analyzer.Name))
		}
	}
	for _, exception := range allowed {
		if !used[exception.reason] {
			problems = append(problems, "an exception matches nothing, remove it from linters.go: "+exception.reason)
		}
	}
	return problems, nil
}

// excused returns the reason of the first exception that matches, or nothing.
func excused(linter *analysis.Analyzer, found analysis.Diagnostic, allowed []exception) string {
	for _, exception := range allowed {
		if (exception.linter == "" || exception.linter == linter.Name) && exception.message.MatchString(found.Message) {
			return exception.reason
		}
	}
	return ""
}
