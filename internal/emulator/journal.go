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

// Entry is one request in the journal. It is added when the request arrives and completed when it ends.
type Entry struct {
	// Seq counts the server's requests from 1.
	Seq int `json:"seq"`
	// Time is the emulator's time of arrival.
	Time time.Time `json:"time"`
	// Instance is the id of the key's instance; "" for an unknown key.
	Instance string `json:"instance,omitempty"`
	// KeyID names the key, for example "key-1"; it is never the key. "" for an unknown key.
	KeyID string `json:"key,omitempty"`
	// Method and Path are those of the request; the path includes /v1.
	Method string `json:"method"`
	Path   string `json:"path"`
	// Query is the raw query string.
	Query string `json:"query,omitempty"`
	// Version is the API version of the request; "" if it names none.
	Version string `json:"version,omitempty"`
	// Status is the status of the answer; 0 while the request is open and if no answer was sent.
	Status int `json:"status"`
	// Applied is true if a write was carried out, whether or not its answer arrived.
	Applied bool `json:"applied"`
	// Fault is the id of the applied fault; "" for none.
	Fault string `json:"fault,omitempty"`
	// UserAgent is how the client calls itself; "" if it does not. HTTP does not show it.
	UserAgent string `json:"-"`
	// Duration is how long the request took, by the machine's clock; 0 while the request is open. HTTP does not show it.
	Duration time.Duration `json:"-"`
	// Body is the request's body, or the first MiB of it. HTTP shows it only on demand, because it can hold passwords.
	Body []byte `json:"-"`
}

// Values returns the entry's query parameters.
func (e Entry) Values() url.Values {
	values, _ := url.ParseQuery(e.Query)
	return values
}

// Write reports whether the request was a write.
func (e Entry) Write() bool { return e.Method != http.MethodGet && e.Method != http.MethodHead }

// Entries is a part of the journal, oldest first.
type Entries []Entry

// Matching returns the entries with the method (any if "") and a path that matches the pattern, as in Fault.Path.
func (j Entries) Matching(method, pattern string) Entries {
	var found Entries
	for _, e := range j {
		if (method == "" || method == e.Method) && matchPath(pattern, e.Path) {
			found = append(found, e)
		}
	}
	return found
}

// Writes returns the entries that are writes.
func (j Entries) Writes() Entries {
	var found Entries
	for _, e := range j {
		if e.Write() {
			found = append(found, e)
		}
	}
	return found
}

// defaultJournalLimit limits the memory of an emulator that runs for days.
const defaultJournalLimit = 100_000

// journal keeps the latest requests.
type journal struct {
	mu      sync.Mutex
	limit   int
	seq     int
	entries []*journaled
	changes *changes
}

// journaled is an entry with its time of arrival by the machine's clock.
type journaled struct {
	Entry
	arrived time.Time
}

func newJournal(limit int, noted *changes) *journal {
	if limit <= 0 {
		limit = defaultJournalLimit
	}
	return &journal{limit: limit, changes: noted}
}

// open adds an entry and sets its number.
func (j *journal) open(e Entry) Entry {
	defer j.changes.note()
	j.mu.Lock()
	defer j.mu.Unlock()
	j.seq++
	e.Seq = j.seq
	if len(j.entries) >= j.limit {
		// Half at a time, so that a full journal is not copied at every request.
		j.entries = slices.Clone(j.entries[(len(j.entries)+1)/2:])
	}
	j.entries = append(j.entries, &journaled{Entry: e, arrived: machineTime()})
	return e
}

// complete records how a request ended, if its entry is still in the journal.
func (j *journal) complete(done Entry) {
	defer j.changes.note()
	j.mu.Lock()
	defer j.mu.Unlock()
	at, found := slices.BinarySearchFunc(j.entries, done.Seq, func(e *journaled, seq int) int { return e.Seq - seq })
	if found {
		// At least the smallest duration, since 0 means that the request is open.
		done.Duration = max(machineTime().Sub(j.entries[at].arrived), 1)
		j.entries[at].Entry = done
	}
}

// of returns the entries of one instance, or all for an empty id.
func (j *journal) of(instance string) Entries {
	j.mu.Lock()
	defer j.mu.Unlock()
	entries := make(Entries, 0, len(j.entries))
	for _, e := range j.entries {
		if instance == "" || e.Instance == instance {
			entries = append(entries, e.Entry)
		}
	}
	return entries
}

// maxLooked is how many entries are looked at for the latest ones. Requests wait meanwhile.
const maxLooked = 10_000

// latest returns up to n entries that match, newest first.
func (j *journal) latest(n int, match func(Entry) bool) Entries {
	j.mu.Lock()
	defer j.mu.Unlock()
	var entries Entries
	for _, e := range slices.Backward(j.entries[max(0, len(j.entries)-maxLooked):]) {
		if len(entries) == n {
			break
		}
		if match(e.Entry) {
			entries = append(entries, e.Entry)
		}
	}
	return entries
}

// reset removes the entries of one instance, or all for an empty id. Numbers continue.
func (j *journal) reset(instance string) {
	defer j.changes.note()
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entries = slices.DeleteFunc(j.entries, func(e *journaled) bool { return instance == "" || e.Instance == instance })
}
