// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package importer

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/plugin/clerkaccess"
	"github.com/clerk-operator/clerk-operator/internal/plugin/cli"
)

// crowd is a list of users with several kilobytes each, which are made as they are read.
type crowd struct {
	clerkaccess.ListReader

	users int
	// each is called before each page.
	each func()
}

// UsersAfter lists users.
func (c crowd) UsersAfter(_ context.Context, _ clerk.UserMatch, id string, limit int) (clerk.UserPage, error) {
	c.each()
	from := 0
	if id != "" {
		if _, err := fmt.Sscanf(id, "user_%d", &from); err != nil {
			return clerk.UserPage{}, err
		}
		from++
	}
	var users []*clerk.User
	for n := from; n < min(from+limit, c.users); n++ {
		users = append(users, &clerk.User{
			ID: fmt.Sprintf("user_%08d", n), Username: fmt.Sprintf("%s-%d", strings.Repeat("long", 8), n), CreatedAt: time.Unix(int64(n), 0),
			PublicMetadata: clerk.Metadata{"text": strings.Repeat("x", 4000)}, UnsafeMetadata: clerk.Metadata{"text": strings.Repeat("y", 4000)},
		})
	}
	return clerk.UserPage{Users: users, More: len(users) == limit}, nil
}

// UsersByID returns a user.
func (crowd) UsersByID(_ context.Context, ids ...string) ([]*clerk.User, error) {
	return []*clerk.User{{ID: ids[0]}}, nil
}

// importCrowd imports users and returns the largest heap in use between two pages, after and without a collection of garbage.
func importCrowd(t testing.TB, users int, out output) (live, used uint64) {
	t.Helper()
	o := options{name: defaultName, fields: defaultGroups()}
	r, err := o.prepared()
	if err != nil {
		t.Fatal(err)
	}
	pages := 0
	measure := func() {
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		used = max(used, stats.HeapInuse)
		if pages++; pages%10 == 1 {
			runtime.GC()
			runtime.ReadMemStats(&stats)
			live = max(live, stats.HeapAlloc)
		}
	}
	r.namespace, r.declared, r.out, r.walk.reader = "team-a", newDeclared("cluster"), out, crowd{users: users, each: measure}
	if err := r.all(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if r.counts.Written != users {
		t.Fatalf("%d manifests were written", r.counts.Written)
	}
	return live, used
}

// TestMemoryDoesNotGrowWithUsers imports users with 8 KB each: less than half a kilobyte is kept of each.
func TestMemoryDoesNotGrowWithUsers(t *testing.T) {
	if testing.Short() {
		t.Skip("measures memory, which the race detector changes")
	}
	const few, many = 500, 5500
	before, _ := importCrowd(t, few, newStream(io.Discard, cli.OutputText))
	after, _ := importCrowd(t, many, newStream(io.Discard, cli.OutputText))
	if kept := (int64(after) - int64(before)) / (many - few); kept > 512 {
		t.Errorf("%d bytes are kept of each user", kept)
	}
}

// BenchmarkFiftyThousandUsers imports 50,000 users into a directory.
func BenchmarkFiftyThousandUsers(b *testing.B) {
	for b.Loop() {
		d, _, err := openDirectory(b.TempDir(), settings{}, false, false)
		if err != nil {
			b.Fatal(err)
		}
		live, used := importCrowd(b, 50_000, d)
		b.ReportMetric(float64(live)/1e6, "MB-live")
		b.ReportMetric(float64(used)/1e6, "MB-in-use")
	}
}
