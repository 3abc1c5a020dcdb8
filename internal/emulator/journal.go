// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"net/http"
	"net/url"
	"slices"
	"sync"
	"time"
)

// Entry is one request in the journal. It is written when the request arrives and completed when it is over.
type Entry struct {
	// Seq counts the server's requests from 1.
	Seq int `json:"seq"`
	// Time is the emulator's time of arrival.
	Time time.Time `json:"time"`
	// Instance is the id of the instance the key belongs to; empty for an unknown key.
	Instance string `json:"instance,omitempty"`
	// KeyID names the key that was used, for example "key-1"; never the key. Empty for an unknown key.
	KeyID string `json:"key,omitempty"`
	// Method and Path are the request's; the path includes /v1.
	Method string `json:"method"`
	Path   string `json:"path"`
	// Query is the raw query string.
	Query string `json:"query,omitempty"`
	// Version is the API version the request asked for; empty if it named none.
	Version string `json:"version,omitempty"`
	// Status is what was answered; 0 while the request is open and when no answer was sent.
	Status int `json:"status"`
	// Applied says that a write was carried out, whether or not its answer arrived.
	Applied bool `json:"applied"`
	// Fault is the id of the fault that struck; empty for none.
	Fault string `json:"fault,omitempty"`
	// Body is the request's body, or the first MiB of it. Over HTTP it is shown only on demand, for it can hold passwords.
	Body []byte `json:"-"`
}

// Values returns the entry's query parameters.
func (e Entry) Values() url.Values {
	values, _ := url.ParseQuery(e.Query)
	return values
}

// Write reports whether the request was not a read.
func (e Entry) Write() bool { return e.Method != http.MethodGet && e.Method != http.MethodHead }

// Entries is a stretch of the journal, oldest first.
type Entries []Entry

// Matching returns the entries with the method, any if empty, and a path that fits the pattern, as in Fault.Path.
func (j Entries) Matching(method, pattern string) Entries {
	var found Entries
	for _, e := range j {
		if (method == "" || method == e.Method) && matchPath(pattern, e.Path) {
			found = append(found, e)
		}
	}
	return found
}

// Writes returns the entries that are not reads.
func (j Entries) Writes() Entries {
	var found Entries
	for _, e := range j {
		if e.Write() {
			found = append(found, e)
		}
	}
	return found
}

// defaultJournalLimit bounds the memory of an emulator that runs for days.
const defaultJournalLimit = 100_000

// journal keeps the latest requests.
type journal struct {
	mu      sync.Mutex
	limit   int
	seq     int
	entries []*Entry
}

func newJournal(limit int) *journal {
	if limit <= 0 {
		limit = defaultJournalLimit
	}
	return &journal{limit: limit}
}

// open records an arrival and returns its number.
func (j *journal) open(e Entry) Entry {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.seq++
	e.Seq = j.seq
	if len(j.entries) >= j.limit {
		// Half at a time, so that a full journal costs a copy now and then and not at every request.
		j.entries = slices.Clone(j.entries[(len(j.entries)+1)/2:])
	}
	j.entries = append(j.entries, &e)
	return e
}

// complete writes down how the request with the number ended, if it is still in the journal.
func (j *journal) complete(done Entry) {
	j.mu.Lock()
	defer j.mu.Unlock()
	at, found := slices.BinarySearchFunc(j.entries, done.Seq, func(e *Entry, seq int) int { return e.Seq - seq })
	if found {
		*j.entries[at] = done
	}
}

// of returns the entries of one instance, or all for an empty id.
func (j *journal) of(instance string) Entries {
	j.mu.Lock()
	defer j.mu.Unlock()
	entries := make(Entries, 0, len(j.entries))
	for _, e := range j.entries {
		if instance == "" || e.Instance == instance {
			entries = append(entries, *e)
		}
	}
	return entries
}

// reset forgets the entries of one instance, or all for an empty id. Numbers go on.
func (j *journal) reset(instance string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entries = slices.DeleteFunc(j.entries, func(e *Entry) bool { return instance == "" || e.Instance == instance })
}
