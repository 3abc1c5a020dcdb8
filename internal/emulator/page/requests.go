// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package page

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// maxRequests is the number of requests on the page; the journal has more.
const maxRequests = 200

// requestsView is the content of the page with the journal.
type requestsView struct {
	Lines []line
	// Kind and Path are what the list is narrowed to.
	Kind, Path string
	Kinds      []string
}

// line is one request, or one edit by somebody at Clerk.
type line struct {
	Time time.Time
	Who  string
	// Edit is true for an edit; What then says what was done.
	Edit bool
	What string

	Method, Path, Query string
	// Status is the answer's status, or says why there is none.
	Status string
	// Failed is true without an answer and for an answer that is an error.
	Failed   bool
	Duration time.Duration
	// Applied is "applied" for a write that was carried out, "not applied" for one that was not, and "" for a read.
	Applied string
	// Fault is the id of the fault that the request met; "" for none.
	Fault string
}

// kinds are what the journal can be narrowed to.
func kinds() map[string]func(emulator.Entry) bool {
	return map[string]func(emulator.Entry) bool{
		"writes": emulator.Entry.Write,
		"failed": func(e emulator.Entry) bool { return lineOf(e).Failed },
		"faulty": func(e emulator.Entry) bool { return e.Fault != "" },
	}
}

func (p *page) listRequests(w http.ResponseWriter, r *http.Request) {
	i := p.selected(r)
	if i == nil {
		p.showMissing(w, "There is no such instance here.")
		return
	}
	query := r.URL.Query()
	v := requestsView{Kind: query.Get("kind"), Path: strings.TrimSpace(query.Get("path")), Kinds: []string{"writes", "failed", "faulty"}}
	ofKind := kinds()[v.Kind]
	entries := p.server.LatestRequests(maxRequests, func(e emulator.Entry) bool {
		// A request with an unknown key belongs to no instance, and is what somebody with a wrong key looks for.
		return (e.Instance == i.ID() || e.Instance == "") && strings.Contains(e.Path, v.Path) && (ofKind == nil || ofKind(e))
	})
	for n := range entries {
		v.Lines = append(v.Lines, lineOf(entries[n]))
	}
	p.show(w, "requests", http.StatusOK, frame{Title: "Requests", Section: "requests", Instance: i, Content: v})
}

// lineOf shows an entry of the journal.
func lineOf(e emulator.Entry) line {
	l := line{
		Time: e.Time, Who: sender(e), Method: e.Method, Path: e.Path, Query: shortened(e.Query),
		Duration: e.Duration, Fault: e.Fault, Status: strconv.Itoa(e.Status), Failed: e.Status >= http.StatusBadRequest,
	}
	switch {
	case e.Duration == 0:
		l.Status = "waiting"
	case e.Status == 0:
		l.Status, l.Failed = "no answer", true
	}
	switch {
	case !e.Write() || e.Duration == 0:
	case e.Applied:
		l.Applied = "applied"
	default:
		l.Applied = "not applied"
	}
	return l
}

// maxQuery is how much of a query is shown, in bytes; the ids of a hundred users fill a screen.
const maxQuery = 120

func shortened(query string) string {
	if len(query) <= maxQuery {
		return query
	}
	return query[:maxQuery] + "…"
}

// sender is who sent a request: the program's name, and the name of the key.
func sender(e emulator.Entry) string {
	program, _, _ := strings.Cut(e.UserAgent, " ")
	if program == "" {
		program = "unnamed program"
	}
	if e.KeyID == "" {
		return program + ", unknown key"
	}
	return program + ", " + e.KeyID
}
