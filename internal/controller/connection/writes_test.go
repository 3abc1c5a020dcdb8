// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package connection

import (
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr/funcr"
	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/audit"
	"github.com/clerk-operator/clerk-operator/internal/ratelimit"
)

// readsOfActions are the methods of the rights to write that only read.
func readsOfActions() []string { return []string{"Actor.OAuthAccessTokens"} }

// audited is what a test reads of a log line.
type audited struct {
	Audit         bool     `json:"audit"`
	Kind          string   `json:"kind"`
	Namespace     string   `json:"namespace"`
	Name          string   `json:"name"`
	UID           string   `json:"uid"`
	ClerkInstance string   `json:"clerkInstance"`
	ClerkUserID   string   `json:"clerkUserID"`
	Cause         string   `json:"cause"`
	Operation     string   `json:"operation"`
	Change        string   `json:"change"`
	Outcome       string   `json:"outcome"`
	Fields        []string `json:"fields"`
}

// TestEveryWriteIsAudited calls each method of the rights that write, also those that somebody adds later. Each must take an
// audit.Write, reach Clerk once, and leave one audit line with that Write.
func TestEveryWriteIsAudited(t *testing.T) {
	t.Parallel()
	about := audit.Write{
		Object: audit.Object{
			Kind: "ClerkUser", NamespacedName: types.NamespacedName{Namespace: "people", Name: "ann"}, UID: "uid-1", Generation: 3,
		},
		Instance: types.NamespacedName{Namespace: "people", Name: "default"},
		UserID:   "user_1", Change: "update", Fields: []string{"firstName"}, Cause: audit.CauseDrift,
	}
	var lines []string
	log := audit.NewLog(funcr.NewJSON(func(line string) { lines = append(lines, line) }, funcr.Options{}))
	var sent []string
	client, err := clerk.New(clerk.Config{
		Key: clerk.NewSecret("sk_test_key"), Now: time.Now,
		Transport: carrier(func(r *http.Request) (*http.Response, error) {
			sent = append(sent, r.Method)
			body := `{"errors":[{"code":"form_invalid","message":"no"}]}`
			return &http.Response{StatusCode: http.StatusUnprocessableEntity, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
		}),
		RateLimiter: clerk.NewRateLimiter(clerk.RateLimiterConfig{Now: time.Now, RequestsPer10s: 10_000}),
		Observe:     Observer(log.Observe).Of("ins_1"),
	})
	if err != nil {
		t.Fatal(err)
	}
	rights := reflect.ValueOf((&Connection{Client: client}).For(ratelimit.Caller{}))
	operations := map[string]bool{}
	for kind, right := range rights.Fields() {
		if kind.Name == "Reader" {
			continue
		}
		for method := range kind.Type.Methods() {
			name := kind.Name + "." + method.Name
			if method.Name == "Reserve" || slices.Contains(readsOfActions(), name) {
				continue
			}
			sent, lines = nil, nil
			if !call(t, method.Name, right.MethodByName(method.Name), about) {
				t.Errorf("%s takes no audit.Write as its second parameter", name)
				continue
			}
			if len(sent) != 1 || sent[0] == http.MethodGet || len(lines) != 1 {
				t.Errorf("%s: sent %q and logged %d lines, want one write and one line", name, sent, len(lines))
				continue
			}
			operations[expectAudited(t, name, lines[0])] = true
		}
	}
	if len(operations) < 25 {
		t.Errorf("only %d operations were seen: %q", len(operations), slices.Sorted(maps.Keys(operations)))
	}
}

// call calls a method with a Write and otherwise with values that the client accepts. It reports whether the method takes a Write.
func call(t *testing.T, name string, method reflect.Value, about audit.Write) bool {
	t.Helper()
	kind := method.Type()
	if kind.NumIn() < 2 || kind.In(1) != reflect.TypeFor[audit.Write]() {
		return false
	}
	arguments := []reflect.Value{reflect.ValueOf(t.Context()), reflect.ValueOf(about)}
	texts := []string{"user_1", "pk_1"}
	if strings.HasSuffix(name, "EmailAddress") || strings.HasSuffix(name, "PhoneNumber") {
		texts = []string{"idn_1"}
	}
	for i := 2; i < kind.NumIn(); i++ {
		value := reflect.New(kind.In(i)).Elem()
		switch {
		case value.Kind() == reflect.String:
			value.SetString(texts[min(i-2, len(texts)-1)])
		case value.Type() == reflect.TypeFor[clerk.ProfileImage]():
			value.Set(reflect.ValueOf(clerk.ProfileImage{ContentType: "image/png", Content: clerk.NewSecret("x")}))
		case value.Kind() == reflect.Struct && value.FieldByName("UserID").IsValid():
			value.FieldByName("UserID").SetString("user_1")
		}
		arguments = append(arguments, value)
	}
	method.Call(arguments)
	return true
}

// expectAudited checks an audit line and returns its operation.
func expectAudited(t *testing.T, name, line string) string {
	t.Helper()
	var got audited
	if err := json.Unmarshal([]byte(line), &got); err != nil {
		t.Fatal(err)
	}
	operation := got.Operation
	got.Operation = ""
	want := audited{
		Audit: true, Kind: "ClerkUser", Namespace: "people", Name: "ann", UID: "uid-1", ClerkInstance: "people/default",
		ClerkUserID: "user_1", Cause: "drift", Change: "update", Outcome: "refused", Fields: []string{"firstName"},
	}
	if diff := cmp.Diff(want, got); diff != "" || operation == "" {
		t.Errorf("%s: the line %s (-want +got):\n%s", name, line, diff)
	}
	return operation
}

// TestReaderWritesNothing checks that no method of a Reader is a write.
func TestReaderWritesNothing(t *testing.T) {
	t.Parallel()
	for method := range reflect.TypeFor[Reader]().Methods() {
		if kind := method.Type; kind.NumIn() > 1 && kind.In(1) == reflect.TypeFor[audit.Write]() {
			t.Errorf("Reader.%s writes", method.Name)
		}
	}
}
