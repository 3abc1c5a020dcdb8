// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Fault is a failure on demand. It says which requests it affects, how often, and what happens to them.
//
// Without Status, Body, Code, AnotherUser, Cut and Hang it only delays. By default an affected request has no effect at
// Clerk. With AfterApplying it takes effect, and only its answer is lost or replaced.
type Fault struct {
	// ID is set by InjectFault and identifies the fault in the journal.
	ID string `json:"id,omitempty"`

	// Instance is the id of the instance whose requests are affected; "" means every instance and unknown keys.
	Instance string `json:"instance,omitempty"`
	// KeyID restricts the fault to one key, as in Entry.KeyID; empty means every key.
	KeyID string `json:"key,omitempty"`
	// Method is the request's method; "" means every method.
	Method string `json:"method,omitempty"`
	// Path is a pattern for the path below /v1, for example "/users/*/metadata". A star stands for one segment, two stars
	// for any number. "" means every path.
	Path string `json:"path,omitempty"`
	// BodyContains affects only requests whose body contains the text; "" means every body.
	BodyContains string `json:"body_contains,omitempty"`
	// Match affects only requests for which it returns true; nil means every request. It must not call the emulator.
	Match func(Entry) bool `json:"-"`

	// Skip is the number of matching requests that pass first.
	Skip int `json:"skip,omitempty"`
	// Times is the number of affected requests. 0 means one; a negative number means all until the fault is removed.
	Times int `json:"times,omitempty"`

	// Delay is waited first, by the machine's clock.
	Delay time.Duration `json:"-"`
	// AfterApplying carries the request out before the fault is applied.
	AfterApplying bool `json:"after_applying,omitempty"`
	// Status replaces Clerk's status. 0 with a Body keeps Clerk's status.
	Status int `json:"status,omitempty"`
	// Code makes the answer Clerk's error body with this code, about the request field Param if set. Without a Status it
	// is a 422.
	Code  string `json:"code,omitempty"`
	Param string `json:"param,omitempty"`
	// Header is added to the answer, for example Retry-After.
	Header map[string]string `json:"header,omitempty"`
	// Body replaces the body. "" with a Status means an empty body.
	Body string `json:"body,omitempty"`
	// AnotherUser is the id of a user of the instance. The answer is then about that user, as if two answers were mixed
	// up: a list with the user for a request for a list of users, otherwise the user.
	AnotherUser string `json:"another_user,omitempty"`
	// Cut closes the connection instead of answering.
	Cut bool `json:"cut,omitempty"`
	// Hang never answers. The connection closes when the client disconnects, when the fault is removed or when the server
	// is closed.
	Hang bool `json:"hang,omitempty"`
}

// replaces reports whether the fault replaces Clerk's answer.
func (f *Fault) replaces() bool {
	return f.Status != 0 || f.Body != "" || f.Code != "" || f.AnotherUser != "" || f.Cut || f.Hang
}

// answer returns the body to send and its content type.
func (f *Fault) answer() (body []byte, contentType string) {
	if f.Code != "" {
		refusal := refuse(f.Status, f.Code, "injected", "This answer was asked for by a test.")
		if f.Param != "" {
			refusal = refusal.about(f.Param)
		}
		answer := newAnswer()
		writeError(answer, refusal)
		return answer.body.Bytes(), contentTypeJSON
	}
	body = []byte(f.Body)
	if strings.HasPrefix(strings.TrimSpace(f.Body), "<") {
		return body, "text/html; charset=utf-8"
	}
	if json.Valid(body) {
		return body, contentTypeJSON
	}
	return body, "text/plain; charset=utf-8"
}

// matches reports whether the fault affects the request.
func (f *Fault) matches(e Entry) bool {
	return (f.Instance == "" || f.Instance == e.Instance) &&
		(f.KeyID == "" || f.KeyID == e.KeyID) &&
		(f.Method == "" || f.Method == e.Method) &&
		matchPath(f.Path, e.Path) &&
		(f.BodyContains == "" || strings.Contains(string(e.Body), f.BodyContains)) &&
		(f.Match == nil || f.Match(e))
}

// matchPath reports whether a path, with or without /v1, matches a pattern without it.
func matchPath(pattern, path string) bool {
	if pattern == "" {
		return true
	}
	segments := func(s string) []string { return strings.Split(strings.Trim(strings.TrimPrefix(s, BasePath), "/"), "/") }
	return matchSegments(segments(pattern), segments(path))
}

func matchSegments(pattern, path []string) bool {
	switch {
	case len(pattern) == 0:
		return len(path) == 0
	case pattern[0] == "**":
		return matchSegments(pattern[1:], path) || len(path) > 0 && matchSegments(pattern, path[1:])
	case len(path) == 0:
		return false
	default:
		return (pattern[0] == "*" || pattern[0] == path[0]) && matchSegments(pattern[1:], path[1:])
	}
}

// armed is an injected fault that still waits for requests.
type armed struct {
	Fault
	skip, left int
	// gone is closed when the fault is removed, which ends requests that hang on it.
	gone chan struct{}
}

// faults are the injected faults of a server, in the order of injection.
type faults struct {
	changes *changes

	mu    sync.Mutex
	made  int
	armed []*armed
	// used are used up but may still have a request that hangs on them.
	used []*armed
}

func (f *faults) inject(fault Fault) string {
	defer f.changes.note()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.made++
	fault.ID = fmt.Sprintf("fault-%d", f.made)
	if fault.Code != "" && fault.Status == 0 {
		fault.Status = http.StatusUnprocessableEntity
	}
	left := fault.Times
	if left == 0 {
		left = 1
	}
	f.armed = append(f.armed, &armed{Fault: fault, skip: fault.Skip, left: left, gone: make(chan struct{})})
	return fault.ID
}

// forRequest returns the fault for the request, or nil. Only the first match counts, even if Skip lets the request
// pass.
func (f *faults) forRequest(e Entry) *armed {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, a := range f.armed {
		if !a.matches(e) {
			continue
		}
		if a.skip > 0 {
			a.skip--
			return nil
		}
		if a.left > 0 {
			a.left--
		}
		if a.left == 0 {
			f.armed = slices.Delete(f.armed, i, i+1)
			f.used = append(f.used, a)
		}
		return a
	}
	return nil
}

// list returns the armed faults of an instance, or all for an empty id, with the remaining Skip and Times.
func (f *faults) list(instance string) []Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	list := []Fault{}
	for _, a := range f.armed {
		if instance == "" || a.Instance == instance {
			left := a.Fault
			left.Skip, left.Times = a.skip, a.left
			list = append(list, left)
		}
	}
	return list
}

// remove removes the faults that match, ends requests that hang on them, and returns their number.
func (f *faults) remove(match func(Fault) bool) int {
	defer f.changes.note()
	f.mu.Lock()
	defer f.mu.Unlock()
	removed := 0
	disarm := func(a *armed) bool {
		if !match(a.Fault) {
			return false
		}
		removed++
		close(a.gone)
		return true
	}
	f.armed = slices.DeleteFunc(f.armed, disarm)
	f.used = slices.DeleteFunc(f.used, disarm)
	return removed
}

const contentTypeJSON = "application/json"

// FaultHeader is a header of every answer that a fault replaced, with the fault's id. Clerk has no such header. It
// tells an observer of the exchange that this is not Clerk's answer.
const FaultHeader = "Clerk-Emulator-Fault"

// header returns the headers of the fault's answer.
func (f *Fault) header(contentType string) http.Header {
	header := http.Header{"Content-Type": {contentType}, FaultHeader: {f.ID}}
	for name, value := range f.Header {
		header.Set(name, value)
	}
	return header
}
