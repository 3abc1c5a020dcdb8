// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package importer

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
	"github.com/clerk-operator/clerk-operator/internal/plugin/manifest"
)

// directClerk lists the users of an emulated Clerk, and fails with the call that is number fails.
type directClerk struct {
	*clerk.Client

	instance *emulator.Instance
	calls    int
	fails    int
}

var errFails = errors.New("the test fails this call")

// newDirectClerk has n users, of which many want the same name.
func newDirectClerk(t *testing.T, n int) *directClerk {
	t.Helper()
	server := emulator.New(emulator.Config{})
	listener := httptest.NewServer(server)
	t.Cleanup(func() { server.Close(); listener.Close() })
	instance := server.AddInstance(emulator.InstanceConfig{Settings: emulator.Settings{InstanceRateLimit: -1, UserRateLimit: -1}})
	for i := range n {
		at := int64(1_700_000_000_000 + 1000*(i/3))
		u := emulator.User{ID: fmt.Sprintf("user_%05d", i), CreatedAt: at, UpdatedAt: at, FirstName: new([]string{"Ada", "Bob", "Eve"}[i%3])}
		if i%2 == 0 {
			u.Username = new(fmt.Sprintf("user-%d", i))
		}
		instance.Seed(u)
	}
	calls, err := clerk.New(clerk.Config{
		APIURL: listener.URL + emulator.BasePath, Key: clerk.NewSecret(instance.Key()),
		RateLimiter: clerk.NewRateLimiter(clerk.RateLimiterConfig{RequestsPer10s: 1_000_000}),
	})
	if err != nil {
		t.Fatal(err)
	}
	return &directClerk{Client: calls, instance: instance}
}

// UsersAfter lists users.
func (c *directClerk) UsersAfter(ctx context.Context, match clerk.UserMatch, id string, limit int) (clerk.UserPage, error) {
	if c.calls++; c.calls == c.fails {
		return clerk.UserPage{}, errFails
	}
	return c.Client.Matching(match).UsersAfter(ctx, id, limit)
}

// failingOutput fails with the write that is number fails.
type failingOutput struct {
	output

	writes, fails int
}

func (o *failingOutput) write(m manifest.ClerkUser) error {
	if o.writes++; o.writes == o.fails {
		return errFails
	}
	return o.output.write(m)
}

// testPage is how many users are on a page.
const testPage = 40

// testNames is a template by which most users want one of three names.
const testNames = "{{.FirstName}}"

// try is how an import is made. It fails with the write that is number failingWrite.
type try struct {
	resume, overwrite bool
	failingWrite      int
}

// importInto imports all users into a directory.
func importInto(t *testing.T, c *directClerk, path string, how try) error {
	t.Helper()
	o := options{name: testNames, fields: defaultGroups(), outputDir: path, resume: how.resume, overwrite: how.overwrite}
	r, err := o.prepared()
	if err != nil {
		t.Fatal(err)
	}
	r.namespace, r.declared, r.walk.reader, r.walk.pageSize = "team-a", newDeclared("cluster"), c, testPage
	from, err := o.open(nil, r, "ins_1")
	if err != nil {
		return err
	}
	r.out = &failingOutput{output: r.out, fails: how.failingWrite}
	return r.all(t.Context(), from)
}

// content returns all files of a directory.
func content(t *testing.T, path string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(path)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, entry := range entries {
		text, err := os.ReadFile(filepath.Join(path, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[entry.Name()] = string(text)
	}
	return files
}

// However often an import is interrupted, its end is the same.
func TestInterruptedImportEndsLikeAnother(t *testing.T) {
	t.Parallel()
	const users = 90
	c := newDirectClerk(t, users)
	whole := t.TempDir()
	if err := importInto(t, c, whole, try{}); err != nil {
		t.Fatal(err)
	}
	want := content(t, whole)
	if len(want) != users+1 || strings.Count(want[kustomizationFile], "\n- "+filePrefix) != users {
		t.Fatalf("%d files were written, and %d are listed", len(want), strings.Count(want[kustomizationFile], "\n- "))
	}
	path := filepath.Join(t.TempDir(), "new", "directory")
	for n, failure := range []struct{ call, write int }{{1, 0}, {0, 1}, {2, 0}, {0, 7}, {0, 8}, {2, 0}, {0, 5}} {
		c.calls, c.fails = 0, failure.call
		if err := importInto(t, c, path, try{resume: true, failingWrite: failure.write}); !errors.Is(err, errFails) {
			t.Fatalf("failure %d: %v", n, err)
		}
		if found := content(t, path); found[kustomizationFile] != "" {
			t.Fatalf("failure %d: the import is complete", n)
		}
	}
	c.fails = 0
	if err := importInto(t, c, path, try{resume: true}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, content(t, path)); diff != "" {
		t.Errorf("(-uninterrupted +interrupted):\n%s", diff)
	}
	if err := importInto(t, c, path, try{resume: true}); err == nil || !strings.Contains(err.Error(), "complete") {
		t.Errorf("continued once more: %v", err)
	}
}

// Users that are deleted meanwhile take no others along.
func TestListContinuesAfterDeletedUsers(t *testing.T) {
	t.Parallel()
	c := newDirectClerk(t, 90)
	path := t.TempDir()
	c.fails = 2
	if err := importInto(t, c, path, try{}); !errors.Is(err, errFails) {
		t.Fatal(err)
	}
	for _, n := range []int{39, 38, 50} {
		if err := c.instance.Delete(fmt.Sprintf("user_%05d", n)); err != nil {
			t.Fatal(err)
		}
	}
	c.fails = 0
	if err := importInto(t, c, path, try{resume: true}); err != nil {
		t.Fatal(err)
	}
	if n := len(content(t, path)); n != 90-1+1 {
		t.Errorf("there are %d files, want one for each user but the one that was deleted before it was read", n)
	}
}

// Clerk may end the list after a deleted user instead of refusing it.
func TestEmptyPageAfterADeletedUserIsNotTheEnd(t *testing.T) {
	t.Parallel()
	c := &endsAfterDeleted{newDirectClerk(t, 50), "user_00039"}
	var ids []string
	if err := c.instance.Delete("user_00039"); err != nil {
		t.Fatal(err)
	}
	err := walk{reader: c, pageSize: testPage}.each(t.Context(), []string{"user_00039", "user_00038"}, func(p page) (bool, error) {
		for _, u := range p.users {
			ids = append(ids, u.ID)
		}
		return true, nil
	})
	if err != nil || len(ids) != 10 || ids[0] != "user_00040" {
		t.Errorf("%d users were read from %q on: %v", len(ids), ids[:min(1, len(ids))], err)
	}
}

// endsAfterDeleted is a Clerk whose list ends after a user that was deleted.
type endsAfterDeleted struct {
	*directClerk

	deleted string
}

// UsersAfter lists users.
func (c *endsAfterDeleted) UsersAfter(ctx context.Context, match clerk.UserMatch, id string, limit int) (clerk.UserPage, error) {
	if id == c.deleted {
		return clerk.UserPage{}, nil
	}
	return c.directClerk.UsersAfter(ctx, match, id, limit)
}

// Nothing is overwritten unless that is asked for, and nobody else can read what is written.
func TestDirectoryOfAnotherImport(t *testing.T) {
	t.Parallel()
	c := newDirectClerk(t, 5)
	path := filepath.Join(t.TempDir(), "users")
	if err := importInto(t, c, path, try{}); err != nil {
		t.Fatal(err)
	}
	before := content(t, path)
	if err := importInto(t, c, path, try{}); err == nil || !strings.Contains(err.Error(), "--overwrite") {
		t.Errorf("the second import: %v", err)
	}
	if diff := cmp.Diff(before, content(t, path)); diff != "" {
		t.Errorf("the second import changed:\n%s", diff)
	}
	mine := filepath.Join(path, "mine.yaml")
	if err := os.WriteFile(mine, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := c.instance.Delete("user_00001"); err != nil {
		t.Fatal(err)
	}
	if err := importInto(t, c, path, try{overwrite: true}); err != nil {
		t.Fatal(err)
	}
	if found := content(t, path); len(found) != 4+2 || found["mine.yaml"] != "mine" || strings.Count(found[kustomizationFile], "\n- ") != 4 {
		t.Errorf("after --overwrite there are %d files", len(found))
	}
	for _, name := range []string{"", kustomizationFile, filePrefix + "ada" + fileSuffix} {
		info, err := os.Stat(filepath.Join(path, name))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("others may use %q: %s", name, info.Mode())
		}
	}
}

// What is continued has the options of what was begun.
func TestOtherOptionsDoNotContinueAnImport(t *testing.T) {
	t.Parallel()
	path := t.TempDir()
	begun, _, err := openDirectory(path, settings{Name: "a", Fields: []string{"profile"}}, false, false)
	if err != nil {
		t.Fatal(err)
	}
	if err := begun.begin(); err != nil {
		t.Fatal(err)
	}
	for says, s := range map[string]settings{
		"another value of: name, fields": {Name: "b"},
		"another value of: enforce":      {Name: "a", Fields: []string{"profile"}, Enforce: true},
		"another value of: instance":     {Name: "a", Fields: []string{"profile"}, InstanceID: "ins_2"},
	} {
		if _, _, err := openDirectory(path, s, true, false); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v, want %q", err, says)
		}
	}
	if _, _, err := openDirectory(path, settings{}, false, false); err == nil || !strings.Contains(err.Error(), "--resume") {
		t.Errorf("begun again: %v", err)
	}
}

// Texts of people in a manifest do not pass for its user.
func TestUserOfAManifest(t *testing.T) {
	t.Parallel()
	for name, metadata := range map[string]clerk.Metadata{
		"None":      nil,
		"Lines":     {"a": "\n  userID: user_2\n"},
		"JSON":      {"a": `"userID":"user_2"`},
		"Key":       {"userID": "user_2"},
		"OtherForm": {"<<": "userID: user_2", "userID": "user_2"},
		"OwnForm":   {"<<": "\n  userID: user_2\n"},
	} {
		r := &run{chosen: map[Group]bool{GroupPublicMetadata: true}, declared: newDeclared("cluster"), enforce: true}
		text, err := manifest.Of("a", "b", r.specOf(&clerk.User{ID: "user_1", PublicMetadata: metadata}, "b")).YAML()
		if err != nil {
			t.Fatal(err)
		}
		if got := userOf(text); got != "user_1" {
			t.Errorf("%s: %q, want user_1, from:\n%s", name, got, text)
		}
	}
	if got := userOf([]byte("spec: {}")); got != "" {
		t.Errorf("without a user: %q", got)
	}
}
