// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

// Package page serves web pages that show an emulated Clerk as a dashboard would: its users, the requests that arrive, and faults to switch
// on. Their buttons act as somebody at Clerk, so that they are in no journal and no fault affects them.
//
// The pages work without JavaScript. With it, they follow what happens by server-sent events.
package page

import (
	"fmt"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// page serves the pages of one emulator.
type page struct {
	server  *emulator.Server
	views   *views
	edits   *editLog
	faults  *faultSwitch
	timings timings
}

// timings are the intervals of the stream of events.
type timings struct {
	// quiet is the least time between two events, so that a busy emulator does not keep a browser busy.
	quiet time.Duration
	// alive is the time after which something is sent if nothing happened, so that a closed connection is noticed.
	alive time.Duration
}

// Handler returns a handler that serves the pages, and everything else by server.
func Handler(server *emulator.Server) http.Handler {
	return newPage(server, timings{quiet: 200 * time.Millisecond, alive: 15 * time.Second})
}

func newPage(server *emulator.Server, t timings) http.Handler {
	p := &page{server: server, views: newViews(), edits: &editLog{}, faults: &faultSwitch{server: server}, timings: t}
	mux := http.NewServeMux()
	for pattern, handler := range map[string]http.HandlerFunc{
		"GET /{$}":                       p.listUsers,
		"GET /users/{id}":                p.showUser,
		"POST /users/{id}/ban":           p.act(ban()),
		"POST /users/{id}/unban":         p.act(unban()),
		"POST /users/{id}/lock":          p.act(lock()),
		"POST /users/{id}/unlock":        p.act(unlock()),
		"POST /users/{id}/name":          p.editName,
		"POST /users/{id}/metadata":      p.editMetadata,
		"POST /users/{id}/delete":        p.deleteUser,
		"GET /requests":                  p.listRequests,
		"GET /faults":                    p.listFaults,
		"POST /faults/{name}":            p.switchFaultOn,
		"POST /faults/off":               p.switchFaultsOff,
		"POST /faults/{name}/remove":     p.removeFault,
		"GET /events":                    p.sendEvents,
		"GET /assets/{name}":             serveAsset,
		"GET /users/{id}/{action}":       p.redirectToUser,
		"GET /faults/{name}":             redirectToFaults,
		"GET /faults/{name}/{action...}": redirectToFaults,
	} {
		mux.Handle(pattern, guarded(handler))
	}
	mux.Handle("/", server)
	return apart(server, mux)
}

// apart keeps the requests of programs away from the router of the pages, which would redirect a path that is not clean. Clerk does not.
func apart(server, pages http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		at := r.URL.Path
		if path.Clean(at) != at || strings.HasPrefix(at, emulator.BasePath+"/") || strings.HasPrefix(at, emulator.ControlPath+"/") {
			server.ServeHTTP(w, r)
			return
		}
		pages.ServeHTTP(w, r)
	})
}

// guarded serves a page to browsers that open it by an address, and lets only the page's own forms change something.
func guarded(next http.Handler) http.Handler {
	protected := http.NewCrossOriginProtection().Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "+
			"form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("X-Frame-Options", "DENY")
		h.Set("X-Content-Type-Options", "nosniff")
		// "no-referrer" would take the origin from the page's own forms.
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cache-Control", "no-store")
		if !emulator.IsAddress(r.Host) {
			http.Error(w, "open this page by the emulator's IP address or as localhost", http.StatusMisdirectedRequest)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		if err := r.ParseForm(); err != nil {
			http.Error(w, fmt.Sprintf("the form cannot be read, or has more than %d bytes; go back, and shorten it", maxForm), http.StatusRequestEntityTooLarge)
			return
		}
		protected.ServeHTTP(w, r)
	})
}

// redirectToUser leads from the address of a refused form, which a browser shows, back to the user.
func (p *page) redirectToUser(w http.ResponseWriter, r *http.Request) {
	_, u := p.find(r.PathValue("id"))
	if u == nil {
		p.showMissing(w, goneUser)
		return
	}
	http.Redirect(w, r, userPath(u.ID), http.StatusSeeOther)
}

func redirectToFaults(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, "/faults", http.StatusSeeOther)
}
