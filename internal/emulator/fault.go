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

// Fault is a failure on demand: which requests it strikes, how often, and what happens to them.
//
// Without Status, Body, Code, AnotherUser, Cut and Hang it only delays. By default the struck request has no effect at Clerk; with AfterApplying
// it has, and only its answer is lost or spoiled.
type Fault struct {
	// ID is given by InjectFault and names the fault in the journal.
	ID string `json:"id,omitempty"`

	// Instance is the id of the instance whose requests are struck; empty means every one, unknown keys included.
	Instance string `json:"instance,omitempty"`
	// KeyID restricts the fault to one key, as in Entry.KeyID; empty means every key.
	KeyID string `json:"key,omitempty"`
	// Method is the request's method; empty means every one.
	Method string `json:"method,omitempty"`
	// Path is a pattern for the path below /v1, for example "/users/*/metadata": a star stands for one segment, two stars
	// for any number. Empty means every path.
	Path string `json:"path,omitempty"`
	// BodyContains strikes only requests whose body contains the text; empty means every body.
	BodyContains string `json:"body_contains,omitempty"`
	// Match strikes only requests for which it returns true; nil means every one. It must not call the emulator.
	Match func(Entry) bool `json:"-"`

	// Skip lets that many matching requests pass first.
	Skip int `json:"skip,omitempty"`
	// Times is how many requests are struck. 0 means one, a negative number all until the fault is removed.
	Times int `json:"times,omitempty"`

	// Delay is waited before anything else, in the machine's time.
	Delay time.Duration `json:"-"`
	// AfterApplying lets the request take effect before the fault shows.
	AfterApplying bool `json:"after_applying,omitempty"`
	// Status is answered instead of Clerk's. 0 with a Body keeps Clerk's status.
	Status int `json:"status,omitempty"`
	// Code makes the answer Clerk's error body with this code, about the request field Param if that is set. Without a Status
	// it is a 422.
	Code  string `json:"code,omitempty"`
	Param string `json:"param,omitempty"`
	// Header is added to the answer, for example Retry-After.
	Header map[string]string `json:"header,omitempty"`
	// Body is answered as it is. Empty means an empty body where Status is set.
	Body string `json:"body,omitempty"`
	// AnotherUser is the id of a user of the instance. The answer is the one about that user, as if two answers had been mixed
	// up: a list of the user where users were asked for by a list, and else the user.
	AnotherUser string `json:"another_user,omitempty"`
	// Cut closes the connection instead of answering.
	Cut bool `json:"cut,omitempty"`
	// Hang never answers: the connection closes when the client gives up, when the fault is removed or when the server is
	// closed.
	Hang bool `json:"hang,omitempty"`
}

// replaces reports whether the fault puts an answer in the place of Clerk's.
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

// matches reports whether the fault is about the request.
func (f *Fault) matches(e Entry) bool {
	return (f.Instance == "" || f.Instance == e.Instance) &&
		(f.KeyID == "" || f.KeyID == e.KeyID) &&
		(f.Method == "" || f.Method == e.Method) &&
		matchPath(f.Path, e.Path) &&
		(f.BodyContains == "" || strings.Contains(string(e.Body), f.BodyContains)) &&
		(f.Match == nil || f.Match(e))
}

// matchPath reports whether a path, with or without /v1, fits a pattern without it.
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

// armed is a fault that still waits for requests.
type armed struct {
	Fault
	skip, left int
	// gone is closed when the fault is removed, which ends what hangs on it.
	gone chan struct{}
}

// faults are the failures a server was told to show, in the order they were injected.
type faults struct {
	mu    sync.Mutex
	made  int
	armed []*armed
	// spent are used up but may still have a request hanging on them.
	spent []*armed
}

func (f *faults) inject(fault Fault) string {
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

// strike returns the fault for the request, or nil. Only the first match counts, also when it lets the request pass.
func (f *faults) strike(e Entry) *armed {
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
			f.spent = append(f.spent, a)
		}
		return a
	}
	return nil
}

// list returns the armed faults of an instance, or all for an empty id, with what is left of Skip and Times.
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

// remove disarms the faults that match, ends what hangs on them, and returns how many there were.
func (f *faults) remove(match func(Fault) bool) int {
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
	f.spent = slices.DeleteFunc(f.spent, disarm)
	return removed
}

const contentTypeJSON = "application/json"

// FaultHeader is a header of every answer that a fault put in the place of Clerk's; it holds the fault's id. Clerk has no such
// header: whoever looks at an exchange from outside is told by it that this is not what Clerk would say.
const FaultHeader = "Clerk-Emulator-Fault"

// header returns the headers of the fault's answer.
func (f *Fault) header(contentType string) http.Header {
	header := http.Header{"Content-Type": {contentType}, FaultHeader: {f.ID}}
	for name, value := range f.Header {
		header.Set(name, value)
	}
	return header
}
