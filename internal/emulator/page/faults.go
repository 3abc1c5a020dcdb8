// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package page

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// slow is how long a slow Clerk takes, in addition.
const slow = 3 * time.Second

// faultKind is a fault that the page can switch on.
type faultKind struct {
	Name, Title, About string
	fault              emulator.Fault
}

// faultKinds are all faults of the page, in its order.
func faultKinds() []faultKind {
	return []faultKind{
		{
			"rate-limit", "Too many requests", "Clerk answers everything with 429, and asks to wait for five seconds.",
			emulator.Fault{Status: http.StatusTooManyRequests, Code: "too_many_requests", Header: map[string]string{"Retry-After": "5"}},
		},
		{
			"unavailable", "Outage", "Clerk answers everything with 503.",
			emulator.Fault{Status: http.StatusServiceUnavailable},
		},
		{
			"lost-answer", "Lost answers", "Clerk carries every write out, and the connection breaks before the answer.",
			emulator.Fault{AfterApplying: true, Cut: true, Match: emulator.Entry.Write},
		},
		{
			"latency", "Slow answers", "Clerk takes three seconds longer for every answer.",
			emulator.Fault{Delay: slow},
		},
	}
}

// faultSwitch switches one of the page's faults on at a time, since only the first fault that matches a request affects it.
type faultSwitch struct {
	server *emulator.Server

	mu   sync.Mutex
	kind faultKind
	id   string
}

// on switches a fault on, in place of another.
func (s *faultSwitch) on(kind faultKind) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.server.RemoveFault(s.id)
	f := kind.fault
	f.Times = -1
	s.kind, s.id = kind, s.server.InjectFault(f)
}

// off switches the page's fault off.
func (s *faultSwitch) off() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.server.RemoveFault(s.id)
	s.id = ""
}

// present returns the fault that is switched on, if one is, and the faults that others injected. Others can remove the
// page's fault, too.
func (s *faultSwitch) present() (kind faultKind, others []emulator.Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.server.Faults() {
		if f.ID == s.id {
			kind = s.kind
		} else {
			others = append(others, f)
		}
	}
	return kind, others
}

// title returns the title of the fault that is switched on; "" for none.
func (s *faultSwitch) title() string {
	kind, _ := s.present()
	return kind.Title
}

// faultsView is the content of the page with the faults.
type faultsView struct {
	Kinds []faultKind
	// On is the name of the kind that is switched on; "" for none.
	On     string
	Others []otherFault
}

// otherFault is a fault that was injected under /_emulator.
type otherFault struct{ ID, About string }

func (p *page) listFaults(w http.ResponseWriter, _ *http.Request) {
	kind, others := p.faults.present()
	v := faultsView{Kinds: faultKinds(), On: kind.Name}
	for n := range others {
		v.Others = append(v.Others, otherFault{others[n].ID, describe(&others[n])})
	}
	p.show(w, "faults", http.StatusOK, frame{Title: "Faults", Section: "faults", Content: v})
}

// describe says which requests a fault affects, and how often.
func describe(f *emulator.Fault) string {
	affected := "every request"
	if f.Method != "" || f.Path != "" {
		affected = f.Method + " " + f.Path
	}
	switch {
	case f.Times < 0:
		return affected + ", until it is removed"
	case f.Times == 1:
		return affected + ", once more"
	default:
		return affected + ", " + strconv.Itoa(f.Times) + " times more"
	}
}

func (p *page) switchFaultOn(w http.ResponseWriter, r *http.Request) {
	for _, kind := range faultKinds() {
		if kind.Name == r.PathValue("name") {
			p.faults.on(kind)
			redirectToFaults(w, r)
			return
		}
	}
	p.showMissing(w, "There is no such fault.")
}

func (p *page) switchFaultsOff(w http.ResponseWriter, r *http.Request) {
	p.faults.off()
	redirectToFaults(w, r)
}

// removeFault removes a fault that somebody else injected.
func (p *page) removeFault(w http.ResponseWriter, r *http.Request) {
	p.server.RemoveFault(r.PathValue("name"))
	redirectToFaults(w, r)
}
