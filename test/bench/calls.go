// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// Kinds of lists that the operator reads.
const (
	// listChanged is a page of an incremental sync.
	listChanged = "changed"
	// listByID requests users by their ids.
	listByID = "byID"
	// listWalk is a page of all users.
	listWalk = "walk"
	// listLookup requests the users with an identifier.
	listLookup = "lookup"
)

// callsOf counts requests by method and path, without the ids in the path.
func callsOf(journal emulator.Entries) map[string]int {
	counts := map[string]int{}
	for _, e := range journal {
		counts[e.Method+" "+pathTemplate(e.Path)]++
	}
	return counts
}

// pathTemplate replaces the ids in a path and removes the version.
func pathTemplate(path string) string {
	segments := strings.Split(strings.TrimPrefix(path, emulator.BasePath), "/")
	for i, segment := range segments {
		if isID(segment) {
			segments[i] = "{id}"
		}
	}
	return strings.Join(segments, "/")
}

// isID reports whether a segment of a path is an id: a kind followed by letters and digits, as in user_29w83sxm.
func isID(segment string) bool {
	kind, rest, _ := strings.Cut(segment, "_")
	return rest != "" && !strings.Contains(rest, "_") && slices.Contains([]string{"user", "idn", "ins", "img", "org"}, kind)
}

// listKind returns the kind of a list; "" if the request is no list of users.
func listKind(e emulator.Entry) string {
	if e.Method != http.MethodGet || pathTemplate(e.Path) != "/users" {
		return ""
	}
	values := e.Values()
	switch {
	case values.Has("user_id"):
		return listByID
	case strings.Contains(values.Get("order_by"), "updated_at"):
		return listChanged
	case values.Has("external_id"), values.Has("email_address"), values.Has("phone_number"), values.Has("username"), values.Has("web3_wallet"):
		return listLookup
	default:
		return listWalk
	}
}

// listsOf counts lists of users by their kind.
func listsOf(journal emulator.Entries) map[string]int {
	counts := map[string]int{}
	for _, e := range journal {
		if kind := listKind(e); kind != "" {
			counts[kind]++
		}
	}
	return counts
}

// checkedIn returns the number of users that the requests have read: by id, alone or in lists, and at most all by pages
// of all users.
func checkedIn(journal emulator.Entries, all int) int {
	ids := map[string]bool{}
	walked := 0
	for _, e := range journal {
		switch listKind(e) {
		case listByID:
			for _, id := range e.Values()["user_id"] {
				ids[strings.TrimLeft(id, "+-")] = true
			}
		case listWalk:
			limit, _ := strconv.Atoi(e.Values().Get("limit"))
			walked += limit
		case "":
			if e.Method == http.MethodGet && pathTemplate(e.Path) == "/users/{id}" {
				ids[e.Path[strings.LastIndexByte(e.Path, '/')+1:]] = true
			}
		}
	}
	return min(max(len(ids), walked), all)
}

// refusalsIn counts answers with status 429.
func refusalsIn(journal emulator.Entries) int {
	count := 0
	for _, e := range journal {
		if e.Status == http.StatusTooManyRequests {
			count++
		}
	}
	return count
}
