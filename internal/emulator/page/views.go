// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package page

import (
	"bytes"
	"html/template"
	"net/http"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// views are the templates by the name of their page.
type views struct {
	pages map[string]*template.Template
}

// newViews parses the templates. They are a part of the program, so that a mistake in one is a mistake of the program.
func newViews() *views {
	v := &views{pages: map[string]*template.Template{}}
	funcs := template.FuncMap{"clock": clock, "moment": moment, "took": took, "userPath": userPath}
	for _, name := range []string{"users", "user", "requests", "faults", "missing"} {
		v.pages[name] = template.Must(template.New("layout.html").Funcs(funcs).
			ParseFS(files, "templates/layout.html", "templates/activity.html", "templates/"+name+".html"))
	}
	return v
}

// frame is what every page has around its content.
type frame struct {
	Title string
	// Section is the part of the navigation that the page belongs to.
	Section string
	// Instance is the selected instance, and Instances are all of them.
	Instance  *emulator.Instance
	Instances []*emulator.Instance
	// Fault is the title of the fault that is switched on; "" for none.
	Fault   string
	Content any
}

// show writes a page.
func (p *page) show(w http.ResponseWriter, name string, status int, f frame) {
	f.Instances = p.server.Instances()
	f.Fault = p.faults.title()
	var body bytes.Buffer
	if err := p.views.pages[name].Execute(&body, f); err != nil {
		http.Error(w, "this page cannot be shown: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes())
}

// showMissing says that something is not there.
func (p *page) showMissing(w http.ResponseWriter, what string) {
	p.show(w, "missing", http.StatusNotFound, frame{Title: "Not found", Content: what})
}

// clock is a time of today.
func clock(t time.Time) string { return t.UTC().Format(time.TimeOnly) }

// moment is a time of Clerk's answers, in milliseconds since 1970.
func moment(millis int64) string {
	return time.UnixMilli(millis).UTC().Format("2006-01-02 15:04:05") + " UTC"
}

// took is how long something took, at a length that is read at one glance.
func took(d time.Duration) string {
	switch {
	case d == 0:
		return "open"
	case d < time.Millisecond:
		return "< 1 ms"
	case d < 10*time.Second:
		return d.Round(time.Millisecond).String()
	default:
		return d.Round(time.Second).String()
	}
}
