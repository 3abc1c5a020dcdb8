// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// action is the value of a step's or a job's "uses".
var action = regexp.MustCompile(`(?m)^[ -]*uses: (.*)$`)

// pinned is an action by the commit, with its version as a comment for people and tools that raise it.
var pinned = regexp.MustCompile(`^[\w.-]+/[\w./-]+@[0-9a-f]{40} # v[0-9]+\.[0-9]+\.[0-9]+$`)

func TestLayoutOfWorkflows(t *testing.T) {
	files, err := filepath.Glob(".github/workflows/*.yml")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 3 {
		t.Errorf("only %d workflows were found; this test looked in the wrong place", len(files))
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, problem := range wrongWorkflow(string(text)) {
			t.Errorf("%s: %s", file, problem)
		}
	}
}

// wrongWorkflow returns what lets others change what a workflow does, or what it may do beyond its purpose.
func wrongWorkflow(text string) []string {
	var problems []string
	for _, match := range action.FindAllStringSubmatch(text, -1) {
		if !strings.HasPrefix(match[1], "./") && !pinned.MatchString(match[1]) {
			problems = append(problems, fmt.Sprintf("%q: pin the action by commit, with its version as comment: owner/name@<40 hex digits> # v1.2.3", match[1]))
		}
	}
	var workflow struct {
		Permissions map[string]string `json:"permissions"`
		Jobs        map[string]struct {
			Steps []struct {
				Run string `json:"run"`
			} `json:"steps"`
		} `json:"jobs"`
	}
	if err := yaml.Unmarshal([]byte(text), &workflow); err != nil {
		return append(problems, err.Error())
	}
	if workflow.Permissions == nil {
		problems = append(problems, "say the permissions of all jobs; give more only to the job that needs it")
	}
	for scope, access := range workflow.Permissions {
		if access != "read" {
			problems = append(problems, fmt.Sprintf("permission %s: %s of all jobs; give it to the job that needs it", scope, access))
		}
	}
	for _, job := range workflow.Jobs {
		for _, step := range job.Steps {
			// An expression in a script is put into it as text, whoever chose the text.
			if strings.Contains(step.Run, "${{") {
				problems = append(problems, fmt.Sprintf("%q: pass the expression in an environment variable", step.Run))
			}
		}
	}
	return problems
}

func TestWrongWorkflowsAreFound(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"Right":                {"permissions: {}\n# uses: nothing\nuses: a/b@" + strings.Repeat("0a", 20) + " # v1.2.3", ""},
		"Tag":                  {"permissions: {}\nuses: a/b@v1.2.3", "pin the action"},
		"WithoutVersion":       {"permissions: {}\nuses: a/b@" + strings.Repeat("0a", 20), "pin the action"},
		"OwnWorkflow":          {"permissions: {}\nuses: ./.github/workflows/ci.yml", ""},
		"NoPermissions":        {"jobs: {}", "say the permissions"},
		"PermissionsForAll":    {"permissions: {contents: write}", "contents: write"},
		"ExpressionInAScript":  {"permissions: {}\njobs: {a: {steps: [{run: 'make ${{ github.head_ref }}'}]}}", "environment variable"},
		"ExpressionOutsideOne": {"permissions: {}\njobs: {a: {steps: [{run: make, env: '${{ github.ref_name }}'}]}}", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := strings.Join(wrongWorkflow(test.text), "\n")
			if (got == "") != (test.want == "") || !strings.Contains(got, test.want) {
				t.Errorf("wrongWorkflow() = %q, want %q in it", got, test.want)
			}
		})
	}
}

// make test runs without root on GitHub and leaves out what needs root.
func TestLayoutOfWorkflowThatRunsTheImage(t *testing.T) {
	text, err := os.ReadFile(".github/workflows/ci.yml")
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`run: sudo .* make test TEST_PACKAGES=./test/image CHECKS_REQUIRED=1\n`).Match(text) {
		t.Error("ci.yml has no step that runs the image as root, and fails if it is not run")
	}
}
