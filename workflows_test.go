// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main_test

import (
	"fmt"
	"os"
	"os/exec"
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

// workflow is what the tests read of one.
type workflow struct {
	Permissions map[string]string `json:"permissions"`
	Env         map[string]string `json:"env"`
	Jobs        map[string]struct {
		Env   map[string]string `json:"env"`
		Steps []struct {
			Name string `json:"name"`
			Run  string `json:"run"`
		} `json:"steps"`
	} `json:"jobs"`
}

// secret is an expression with a password or a token.
var secret = regexp.MustCompile(`\$\{\{.*(secrets\.|github\.token).*\}\}`)

// wrongWorkflow returns what lets others change what a workflow does, or what it may do beyond its purpose.
func wrongWorkflow(text string) []string {
	var problems []string
	for _, match := range action.FindAllStringSubmatch(text, -1) {
		if !strings.HasPrefix(match[1], "./") && !pinned.MatchString(match[1]) {
			problems = append(problems, fmt.Sprintf("%q: pin the action by commit, with its version as comment: owner/name@<40 hex digits> # v1.2.3", match[1]))
		}
	}
	var workflow workflow
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
	environments := []map[string]string{workflow.Env}
	for _, job := range workflow.Jobs {
		environments = append(environments, job.Env)
		for _, step := range job.Steps {
			// An expression in a script is put into it as text, whoever chose the text.
			if strings.Contains(step.Run, "${{") {
				problems = append(problems, fmt.Sprintf("%q: pass the expression in an environment variable", step.Run))
			}
		}
	}
	for _, environment := range environments {
		for name, value := range environment {
			if secret.MatchString(value) {
				problems = append(problems, fmt.Sprintf("%s: give the secret to the step that needs it; all actions of a job read its environment", name))
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
		"SecretForAJob":        {"permissions: {}\njobs: {a: {env: {P: '${{ secrets.P || github.token }}'}}}", "give the secret to the step"},
		"TokenForAllJobs":      {"permissions: {}\nenv: {P: '${{ github.token }}'}", "give the secret to the step"},
		"SecretForAStep":       {"permissions: {}\njobs: {a: {env: {P: a}, steps: [{run: make, env: {P: '${{ secrets.P }}'}}]}}", ""},
		"ExpressionOutsideOne": {"permissions: {}\njobs: {a: {steps: [{run: make, env: {A: '${{ github.ref_name }}'}}]}}", ""},
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

// fakeGH is a gh with published releases, which writes what it is told to create.
const fakeGH = `#!/bin/sh
case "$1 $2" in
"release list") printf '%s' "$PUBLISHED" ;;
"release create") echo "$@" ;;
*) exit 2 ;;
esac
`

func TestOnlyTheHighestReleaseIsTheLatest(t *testing.T) {
	text, err := os.ReadFile(".github/workflows/release.yml")
	if err != nil {
		t.Fatal(err)
	}
	var release workflow
	if err := yaml.Unmarshal(text, &release); err != nil {
		t.Fatal(err)
	}
	var script string
	for _, step := range release.Jobs["publish"].Steps {
		if step.Name == "Publish" {
			script = step.Run
		}
	}
	tools := t.TempDir()
	if err := os.WriteFile(filepath.Join(tools, "gh"), []byte(fakeGH), 0o700); err != nil {
		t.Fatal(err)
	}
	for version, test := range map[string]struct{ published, want string }{
		"v0.1.0":      {"", "--latest"},
		"v0.10.0":     {"v0.9.0\nv0.8.1\n", "--latest"},
		"v0.9.1":      {"v0.10.0\nv0.9.0\n", "--latest=false"},
		"v0.11.0-rc1": {"v0.10.0\n", "--prerelease"},
	} {
		cmd := exec.CommandContext(t.Context(), "sh", "-e", "-c", script)
		cmd.Env = append(os.Environ(), "PATH="+tools+":"+os.Getenv("PATH"), "PUBLISHED="+test.published, "VERSION="+version, "GITHUB_REPOSITORY=a/b")
		created, err := cmd.CombinedOutput()
		want := "release create " + version + " --repo a/b --verify-tag " + test.want + " --title " + version + " "
		if err != nil || !strings.HasPrefix(string(created), want) {
			t.Errorf("%s after %q: %v: %q, want %q", version, test.published, err, created, want)
		}
	}
}
