// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// misuse is code that must not compile: each line uses a right that a step does not have.
const misuse = `
package clerkuser

import (
	"context"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/audit"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
)

func misuse(ctx context.Context, l locate, x readExtras, s readSources, t transfer, b bind, e enforce, m remove, rights connection.Rights) {
	l.calls.UpdateUser(ctx, "", clerk.UpdateUserParams{}) // forbidden
	l.calls.CreateUser(ctx, clerk.CreateUserParams{}) // forbidden
	l.calls.DeleteUser(ctx, "") // forbidden
	l.cache.Update(ctx, &v1alpha1.ClerkUser{}) // forbidden
	l.apiReader.Delete(ctx, &v1alpha1.ClerkUser{}) // forbidden
	_ = locate{finder: finder{calls: rights.Writer}} // forbidden
	_ = locate{finder: finder{calls: rights.Creator}} // forbidden
	_ = locate{finder: finder{calls: rights.Deleter}} // forbidden
	x.calls.User(ctx, "") // forbidden
	x.calls.BanUser(ctx, "") // forbidden
	s.apiReader.Update(ctx, &v1alpha1.ClerkUser{}) // forbidden
	t.writer.MergeMetadata(ctx, audit.Write{}, "", clerk.MetadataParams{}) // forbidden
	b.creator.UpdateUser(ctx, audit.Write{}, "", clerk.UpdateUserParams{}) // forbidden
	b.creator.DeleteUser(ctx, audit.Write{}, "") // forbidden
	e.writer.CreateUser(ctx, audit.Write{}, clerk.CreateUserParams{}) // forbidden
	e.writer.DeleteUser(ctx, audit.Write{}, "") // forbidden
	m.writer.DeleteUser(ctx, audit.Write{}, "") // forbidden
	m.deleter.BanUser(ctx, audit.Write{}, "") // forbidden
	l.record.value.Banned = true // forbidden
	l.reconciliation.client.Status() // forbidden
	e.writer.BanUser(ctx, "") // forbidden
	l.calls.User(ctx, "")
	e.writer.BanUser(ctx, audit.Write{}, "")
	m.deleter.DeleteUser(ctx, audit.Write{}, "")
}
`

// TestStepsHaveNoOtherRights makes the compiler check that locate cannot write, and that no step has a right of another one.
func TestStepsHaveNoOtherRights(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	source := filepath.Join(dir, "misuse.go")
	if err := os.WriteFile(source, []byte(misuse), 0o600); err != nil {
		t.Fatal(err)
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {filepath.Join(here, "misuse.go"): source}})
	if err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(config, overlay, 0o600); err != nil {
		t.Fatal(err)
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-overlay", config, "-gcflags=-e", "-o", os.DevNull, ".")
	output, err := build.CombinedOutput()
	if err == nil {
		t.Fatal("code that uses rights of other steps compiles")
	}
	refused := map[int]bool{}
	for _, match := range regexp.MustCompile(`misuse\.go:(\d+):`).FindAllStringSubmatch(string(output), -1) {
		line, _ := strconv.Atoi(match[1])
		refused[line] = true
	}
	for i, text := range strings.Split(misuse, "\n") {
		line, mustFail := i+1, strings.HasSuffix(text, "// forbidden")
		if refused[line] != mustFail {
			t.Errorf("line %q is refused: %t, want %t", strings.TrimSpace(text), refused[line], mustFail)
		}
	}
	if t.Failed() {
		t.Logf("the compiler says:\n%s", output)
	}
}
