// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const (
	maxFileLines     = 400
	maxFunctionLines = 50

	module = "github.com/clerk-operator/clerk-operator/"
	sdk    = "github.com/clerk/clerk-sdk-go"
)

// importRule says what the files below a directory may not import, and why. A forbidden path
// stands for itself and for all below it.
type importRule struct {
	below   string
	forbids []string
	tests   bool // the rule holds for _test.go files too
	why     string
}

func importRules() []importRule {
	kubernetes := []string{"k8s.io", "sigs.k8s.io", module + "api", module + "internal/controller"}
	return []importRule{
		{
			below: "internal/clerk/", forbids: kubernetes, tests: true,
			why: "internal/clerk speaks Clerk and knows nothing of Kubernetes; translate in internal/plan or internal/controller",
		},
		{
			below: "internal/ratelimit/", forbids: []string{module, sdk, "k8s.io", "sigs.k8s.io", "context", "net"}, tests: true,
			why: "the rate limiter knows neither who calls nor how; pass what it needs as values",
		},
		{
			below: "internal/mirror/", forbids: kubernetes, tests: true,
			why: "the mirror knows nothing of Kubernetes; let its user pass on what it needs as values",
		},
		{
			below: "internal/plan/", forbids: []string{
				"context", "net", "log", "os", "k8s.io/client-go", "sigs.k8s.io/controller-runtime", module + "internal/controller",
			},
			why: "a plan is a pure function; pass what it needs as data",
		},
		{
			below: "internal/emulator/", forbids: append(kubernetes, module+"internal/clerk", sdk),
			why: "the emulator is Clerk; what it shared with the client would hide the client's mistakes",
		},
		{
			below: "internal/controller/", forbids: []string{"net/http"},
			why: "the loops speak with Clerk through internal/clerk",
		},
		{
			below: "internal/plugin/", forbids: []string{sdk, module + "internal/mirror"},
			why: "the plugin reads from Clerk through internal/plugin/clerkaccess",
		},
	}
}

// userRule says who may import a package: the files below one of some directories, and tests.
type userRule struct {
	imports string
	users   []string
	why     string
}

func userRules() []userRule {
	return []userRule{
		{sdk, []string{"internal/clerk/"}, "only internal/clerk knows the SDK; add a call there"},
		{
			module + "internal/ratelimit", []string{"internal/clerk/", "internal/controller/", "internal/plugin/clerkaccess/", "test/"},
			"calls take their tokens in internal/clerk; the loops only say on whose behalf a call is made",
		},
		{module + "internal/emulator", []string{"internal/emulator/", "cmd/", "test/"}, "the emulator is for tests and commands"},
		{
			module + "internal/preview", []string{"internal/preview/", "internal/plugin/", "cmd/kubectl-clerk/", "test/"},
			"a preview simulates Clerk; the operator does not need it",
		},
		{module + "test", []string{"test/", "cmd/playground/", "hack/"}, "the product does not depend on its tests"},
		{"github.com/getkin/kin-openapi", []string{"test/contract/"}, "what is loosened in Clerk's document stands in one place"},
		{"sigs.k8s.io/controller-runtime/pkg/envtest", []string{"test/"}, "test/controlplane starts control planes"},
		{module + "internal/plugin", []string{"internal/plugin/", "cmd/kubectl-clerk/", "hack/", "test/"}, "the operator has nothing of the kubectl plugin"},
		{"github.com/spf13/cobra", []string{"internal/plugin/", "cmd/kubectl-clerk/"}, "only the kubectl plugin has subcommands"},
		{"k8s.io/cli-runtime", []string{"internal/plugin/", "cmd/kubectl-clerk/", "test/"}, "only the kubectl plugin is a part of kubectl"},
		{"sigs.k8s.io/kustomize", []string{"internal/plugin/", "test/"}, "only the kubectl plugin reads kustomizations"},
	}
}

// apiMayImport is all that api may import beside the standard library: programs that only want
// the types get nothing else along.
func apiMayImport() []string {
	return []string{"k8s.io/apimachinery", "sigs.k8s.io/controller-runtime/pkg/scheme"}
}

func TestLayout(t *testing.T) {
	header, err := os.ReadFile("hack/boilerplate.go.txt")
	if err != nil {
		t.Fatal(err)
	}
	sources := 0
	err = fs.WalkDir(os.DirFS("."), ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return enter(name, entry)
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if strings.HasSuffix(name, ".go") {
			sources++
			for _, problem := range inspect(name, string(text), string(header)) {
				t.Error(problem)
			}
		}
		for _, problem := range registriesNamed(name, string(text)) {
			t.Error(problem)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if sources < 20 {
		t.Errorf("only %d Go files were found; this test looked in the wrong place", sources)
	}
}

// enter skips what is built or cached in the checkout, and what belongs to Git and to tests.
func enter(name string, entry fs.DirEntry) error {
	skipped := []string{".git", ".cache", "bin", "dist", "out", "testdata"}
	if slices.Contains(skipped, entry.Name()) || slices.Contains(skipped, name) {
		return fs.SkipDir
	}
	return nil
}

// inspect returns what is wrong with one Go file. Generated files are exempt.
func inspect(name, text, header string) []string {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return []string{err.Error()}
	}
	if ast.IsGenerated(file) {
		return nil
	}
	var problems []string
	if !strings.HasPrefix(text, strings.TrimSpace(header)+"\n") {
		problems = append(problems, name+": begin it with the two lines of hack/boilerplate.go.txt")
	}
	problems = append(problems, junkDrawers(name)...)
	problems = append(problems, wrongImports(name, file)...)
	if strings.HasSuffix(name, "_test.go") {
		return problems
	}
	if lines := strings.Count(text, "\n"); lines > maxFileLines && !holdsKind(name) {
		problems = append(problems, fmt.Sprintf("%s has %d lines, and %d is the limit: split it by concern", name, lines, maxFileLines))
	}
	problems = append(problems, wrongFunctions(files, file)...)
	problems = append(problems, clients(name, files, file)...)
	return append(problems, clocks(name, files, file)...)
}

// holdsKind reports whether a file holds a kind of the API. Its limit on lines does not count: people look for all fields of
// a kind in <kind>_types.go, and nearly all lines are their documentation.
func holdsKind(name string) bool {
	return strings.HasPrefix(name, "api/") && strings.HasSuffix(name, "_types.go")
}

// junkDrawers finds names that say nothing about what is inside.
func junkDrawers(name string) []string {
	junk := regexp.MustCompile(`^(utils?|helpers?|commons?|misc|shared|base|stuff)(_test)?$`)
	var problems []string
	for part := range strings.SplitSeq(strings.TrimSuffix(name, ".go"), "/") {
		if junk.MatchString(part) {
			problems = append(problems, fmt.Sprintf("%s: %q says nothing about what is inside; name the noun it holds", name, part))
		}
	}
	if path.Base(name) == "types.go" && !strings.HasPrefix(name, "api/") {
		problems = append(problems, name+": only an API has types.go; put a type beside the functions that use it")
	}
	return problems
}

func wrongImports(name string, file *ast.File) []string {
	var problems []string
	for _, spec := range file.Imports {
		imported := strings.Trim(spec.Path.Value, `"`)
		if why := forbidden(name, imported); why != "" {
			problems = append(problems, fmt.Sprintf("%s imports %s: %s", name, imported, why))
		}
	}
	return problems
}

// forbidden returns why a file may not import a package, or nothing.
func forbidden(name, imported string) string {
	test := strings.HasSuffix(name, "_test.go")
	below := func(dir string) bool { return strings.HasPrefix(name, dir) }
	is := func(p string) bool {
		return imported == p || strings.HasPrefix(imported, strings.TrimSuffix(p, "/")+"/")
	}
	for _, rule := range importRules() {
		if below(rule.below) && (!test || rule.tests) && slices.ContainsFunc(rule.forbids, is) {
			return rule.why
		}
	}
	for _, rule := range userRules() {
		if is(rule.imports) && !test && !slices.ContainsFunc(rule.users, below) {
			return rule.why
		}
	}
	external := strings.Contains(strings.SplitN(imported, "/", 2)[0], ".")
	if below("api/") && !test && external && !slices.ContainsFunc(apiMayImport(), is) {
		return "api is imported by other programs; it takes apimachinery along and nothing else"
	}
	return ""
}

// wrongFunctions finds functions that are too long and verbs that say nothing.
func wrongFunctions(files *token.FileSet, file *ast.File) []string {
	verb := regexp.MustCompile(`^(?i:handle|process|manage|do)([A-Z]|$)`)
	var problems []string
	for _, declaration := range file.Decls {
		function, ok := declaration.(*ast.FuncDecl)
		if !ok || function.Body == nil {
			continue
		}
		place := files.Position(function.Pos())
		if verb.MatchString(function.Name.Name) {
			problems = append(problems, fmt.Sprintf("%s: %s: say what it does: observe, plan, apply, judge, report, find, get, ensure, …", place, function.Name.Name))
		}
		lines := files.Position(function.Body.Rbrace).Line - files.Position(function.Body.Lbrace).Line - 1
		if lines > maxFunctionLines {
			problems = append(problems, fmt.Sprintf("%s: %s has %d lines, and %d is the limit: give its steps names", place, function.Name.Name, lines, maxFunctionLines))
		}
	}
	return problems
}

// clocks finds places where the plan looks at the time; its types are allowed.
func clocks(name string, files *token.FileSet, file *ast.File) []string {
	if !strings.HasPrefix(name, "internal/plan/") {
		return nil
	}
	reads := []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"}
	var problems []string
	ast.Inspect(file, func(node ast.Node) bool {
		selector, ok := node.(*ast.SelectorExpr)
		if !ok || !slices.Contains(reads, selector.Sel.Name) {
			return true
		}
		if from, ok := selector.X.(*ast.Ident); ok && from.Name == "time" {
			problems = append(problems, fmt.Sprintf("%s: time.%s: a plan has no clock; pass the time as data",
				files.Position(selector.Pos()), selector.Sel.Name))
		}
		return true
	})
	return problems
}

// clients finds places where the plugin or a preview opens a client of Clerk's API, and where something else gives out other rights
// than those of a client. The clients of clerkaccess cannot write.
func clients(name string, files *token.FileSet, file *ast.File) []string {
	preview := strings.HasPrefix(name, "internal/preview/")
	noClient := preview || strings.HasPrefix(name, "internal/plugin/") && !strings.HasPrefix(name, "internal/plugin/clerkaccess/")
	var problems []string
	ast.Inspect(file, func(node ast.Node) bool {
		selector, ok := node.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		from, _ := selector.X.(*ast.Ident)
		switch {
		case from == nil:
		case noClient && from.Name == "clerk" && selector.Sel.Name == "New":
			problems = append(problems, fmt.Sprintf("%s: clerk.New: the plugin never writes to Clerk; use a Reader of internal/plugin/clerkaccess",
				files.Position(selector.Pos())))
		case !preview && from.Name == "connection" && selector.Sel.Name == "WithRights":
			problems = append(problems, fmt.Sprintf("%s: connection.WithRights: only a preview simulates rights", files.Position(selector.Pos())))
		}
		return true
	})
	return problems
}

// registries are hosts that serve packages and downloads. Their names are put together here,
// so that this file does not have them either.
func registries() []string {
	return []string{
		"proxy.golang" + ".org", "sum.golang" + ".org", "registry.npmjs" + ".org", "deb.debian" + ".org",
		"pypi" + ".org", "static.crates" + ".io", "raw.githubusercontent" + ".com", "storage.googleapis" + ".com",
	}
}

func registriesNamed(name, text string) []string {
	var problems []string
	for _, host := range registries() {
		if strings.Contains(text, host) {
			problems = append(problems, fmt.Sprintf("%s names %s: leave it to the tool's configuration where packages come from", name, host))
		}
	}
	return problems
}

func TestLayoutFindsWhatIsWrong(t *testing.T) {
	const header = "// Copyright\n// SPDX\n"
	body := func(lines int) string { return "func f() {\n" + strings.Repeat("\tg()\n", lines) + "}\n" }
	cases := map[string]struct {
		name, code, want string
	}{
		"PlanWithContext":           {"internal/plan/a.go", `import "context"`, "pure function"},
		"PlanWithSubpackageOfLog":   {"internal/plan/a.go", `import "log/slog"`, "pure function"},
		"PlanWithClient":            {"internal/plan/a.go", `import "sigs.k8s.io/controller-runtime/pkg/client"`, "pure function"},
		"PlanWithClock":             {"internal/plan/a.go", "import \"time\"\nvar x = time.Now()", "no clock"},
		"PlanWithTimeTypes":         {"internal/plan/a.go", "import \"time\"\nvar x time.Time", ""},
		"PlanTestWithContext":       {"internal/plan/a_test.go", `import "context"`, ""},
		"ClerkWithKubernetes":       {"internal/clerk/a.go", `import "k8s.io/apimachinery/pkg/types"`, "nothing of Kubernetes"},
		"ClerkTestWithAPI":          {"internal/clerk/a_test.go", `import "` + module + `api/v1alpha1"`, "nothing of Kubernetes"},
		"ClerkWithSDK":              {"internal/clerk/a.go", `import "` + sdk + `/v2/user"`, ""},
		"RateLimiterWithClerk":      {"internal/ratelimit/a.go", `import "` + module + `internal/clerk"`, "neither who calls nor how"},
		"RateLimiterTestWithHTTP":   {"internal/ratelimit/a_test.go", `import "net/http"`, "neither who calls nor how"},
		"MirrorWithRateLimiter":     {"internal/mirror/a.go", `import "` + module + `internal/ratelimit"`, "take their tokens in internal/clerk"},
		"ControllerWithRateLimiter": {"internal/controller/a.go", `import "` + module + `internal/ratelimit"`, ""},
		"MirrorWithKubernetes":      {"internal/mirror/a.go", `import "sigs.k8s.io/controller-runtime"`, "nothing of Kubernetes"},
		"EmulatorWithClient":        {"internal/emulator/a.go", `import "` + module + `internal/clerk"`, "client's mistakes"},
		"EmulatorTestWithClient":    {"internal/emulator/a_test.go", `import "` + module + `internal/clerk"`, ""},
		"ControllerWithHTTP":        {"internal/controller/clerkuser/a.go", `import "net/http"`, "through internal/clerk"},
		"ControllerWithURL":         {"internal/controller/clerkuser/a.go", `import "net/url"`, ""},
		"ControllerWithSDK":         {"internal/controller/clerkuser/a.go", `import "` + sdk + `/v2"`, "knows the SDK"},
		"ControllerWithEmulator":    {"internal/controller/clerkuser/a.go", `import "` + module + `internal/emulator"`, "for tests and commands"},
		"MainWithControlPlane":      {"main.go", `import "` + module + `test/controlplane"`, "depend on its tests"},
		"BenchmarkWithOpenAPI":      {"test/bench/a.go", `import "github.com/getkin/kin-openapi/openapi3"`, "stands in one place"},
		"CommandWithEmulator":       {"cmd/clerk-emulator/main.go", `import "` + module + `internal/emulator"`, ""},
		"APIWithClientGo":           {"api/v1alpha1/a.go", `import "k8s.io/client-go/rest"`, "apimachinery along"},
		"APIWithApimachinery":       {"api/v1alpha1/a.go", "import (\n\"time\"\n\"k8s.io/apimachinery/pkg/runtime\"\n)", ""},
		"APIWithLookalike":          {"api/v1alpha1/a.go", `import "k8s.io/apimachinery-extra"`, "apimachinery along"},
		"PluginWithEmulator":        {"internal/plugin/status/a.go", `import "` + module + `internal/emulator"`, "for tests and commands"},
		"PluginWithClient":          {"internal/plugin/status/a.go", "import \"" + module + "internal/clerk\"\nvar x = clerk.New", "never writes to Clerk"},
		"PreviewWithClient":         {"internal/preview/a.go", "import \"" + module + "internal/clerk\"\nvar x = clerk.New", "never writes to Clerk"},
		"ControllerWithRights":      {"internal/controller/a.go", "import \"" + module + "internal/controller/connection\"\nvar x = connection.WithRights", "only a preview"},
		"PreviewWithRights":         {"internal/preview/a.go", "import \"" + module + "internal/controller/connection\"\nvar x = connection.WithRights", ""},
		"PluginWithUsersOfClerk":    {"internal/plugin/diff/a.go", "import \"" + module + "internal/clerk\"\nvar x clerk.User", ""},
		"AccessWithClient":          {"internal/plugin/clerkaccess/a.go", "import \"" + module + "internal/clerk\"\nvar x = clerk.New", ""},
		"PluginWithMirror":          {"internal/plugin/status/a.go", `import "` + module + `internal/mirror"`, "through internal/plugin/clerkaccess"},
		"PluginWithCobra":           {"internal/plugin/status/a.go", `import "github.com/spf13/cobra"`, ""},
		"MainWithCobra":             {"main.go", `import "github.com/spf13/cobra"`, "has subcommands"},
		"ControllerWithPlugin":      {"internal/controller/a.go", `import "` + module + `internal/plugin/cli"`, "nothing of the kubectl plugin"},
		"ControllerWithKustomize":   {"internal/controller/a.go", `import "sigs.k8s.io/kustomize/api/krusty"`, "reads kustomizations"},
		"JunkDrawerFile":            {"internal/clerk/helpers.go", "", "name the noun"},
		"JunkDrawerPackage":         {"internal/common/clock.go", "", "name the noun"},
		"TypesOutsideTheAPI":        {"internal/clerk/types.go", "", "only an API"},
		"LongFunction":              {"internal/clerk/a.go", body(maxFunctionLines + 1), "51 lines"},
		"LongestAllowedFunction":    {"internal/clerk/a.go", body(maxFunctionLines), ""},
		"LongFunctionInATest":       {"internal/clerk/a_test.go", body(200), ""},
		"LongFile":                  {"internal/clerk/a.go", strings.Repeat("//\n", maxFileLines), "split it"},
		"LongKind":                  {"api/v1alpha1/robot_types.go", strings.Repeat("//\n", maxFileLines), ""},
		"LongFileOfTheAPI":          {"api/v1alpha1/enums.go", strings.Repeat("//\n", maxFileLines), "split it"},
		"TypesFileOutsideTheAPI":    {"internal/clerk/robot_types.go", strings.Repeat("//\n", maxFileLines), "split it"},
		"VerbThatSaysNothing":       {"internal/clerk/a.go", "func handleUser() {}", "say what it does"},
		"WordThatBeginsLikeOne":     {"internal/clerk/a.go", "func domain() {}", ""},
		"BrokenFile":                {"internal/clerk/a.go", "func (", "expected"},
		"ForbiddenBelowAnImportTwo": {"internal/controller/a.go", `import "net/http/httptest"`, "through internal/clerk"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := strings.Join(inspect(tc.name, header+"\npackage a\n"+tc.code+"\n", header), "\n")
			if (tc.want == "") != (got == "") || !strings.Contains(got, tc.want) {
				t.Errorf("inspect() = %q, want %q in it", got, tc.want)
			}
		})
	}
	if got := inspect("internal/clerk/a.go", "package a\n", header); len(got) != 1 || !strings.Contains(got[0], "boilerplate") {
		t.Errorf("without a header: %q", got)
	}
	generated := "// Code generated by controller-gen. DO NOT EDIT.\n\npackage a\n\nfunc handle() {}\n"
	if got := inspect("api/v1alpha1/zz.go", generated, header); len(got) != 0 {
		t.Errorf("generated: %q", got)
	}
	if got := registriesNamed("a.md", "see https://"+registries()[0]+"/x"); len(got) != 1 {
		t.Errorf("with a registry: %q", got)
	}
}
