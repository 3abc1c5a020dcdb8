// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

func get(path, query string) emulator.Entry {
	return emulator.Entry{Method: http.MethodGet, Path: emulator.BasePath + path, Query: query, Status: http.StatusOK}
}

func TestCallsAreCountedWithoutIDs(t *testing.T) {
	t.Parallel()
	journal := emulator.Entries{
		get("/users", ""), get("/users/count", ""), get("/users/user_1", ""), get("/users/user_2aB", ""),
		{Method: http.MethodPost, Path: "/v1/users/user_1/ban"},
		{Method: http.MethodDelete, Path: "/v1/email_addresses/idn_1", Status: http.StatusTooManyRequests},
	}
	want := map[string]int{
		"GET /users": 1, "GET /users/count": 1, "GET /users/{id}": 2, "POST /users/{id}/ban": 1, "DELETE /email_addresses/{id}": 1,
	}
	if diff := cmp.Diff(want, callsOf(journal)); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if got := refusalsIn(journal); got != 1 {
		t.Errorf("%d refusals, want 1", got)
	}
}

func TestListsAreDistinguished(t *testing.T) {
	t.Parallel()
	journal := emulator.Entries{
		get("/users", "limit=100&order_by=-updated_at"),
		get("/users", "user_id=user_1&user_id=user_2"), get("/users", "user_id=%2Buser_3"),
		get("/users", "limit=500&order_by=%2Bcreated_at&starting_after=user_1"),
		get("/users", "email_address=a%40x.io"),
		get("/users/user_1", ""), get("/users/count", ""),
		{Method: http.MethodPost, Path: "/v1/users"},
	}
	want := map[string]int{listChanged: 1, listByID: 2, listWalk: 1, listLookup: 1}
	if diff := cmp.Diff(want, listsOf(journal)); diff != "" {
		t.Errorf("lists (-want +got):\n%s", diff)
	}
}

func TestUsersThatWereLookedAt(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		journal emulator.Entries
		want    int
	}{
		"ByTheirIDs":             {emulator.Entries{get("/users", "user_id=user_1&user_id=user_2"), get("/users", "user_id=user_2")}, 2},
		"AloneByID":              {emulator.Entries{get("/users/user_1", ""), get("/users/user_1", ""), get("/users/user_2", "")}, 2},
		"AllInPages":             {emulator.Entries{get("/users", "limit=500"), get("/users", "limit=500&starting_after=user_1")}, 900},
		"NotByAnIncrementalSync": {emulator.Entries{get("/users", "limit=100&order_by=-updated_at")}, 0},
		"NotByWhatBelongsToIt":   {emulator.Entries{get("/users/user_1/organization_memberships", "")}, 0},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := checkedIn(tc.journal, 900); got != tc.want {
				t.Errorf("%d, want %d", got, tc.want)
			}
		})
	}
}
