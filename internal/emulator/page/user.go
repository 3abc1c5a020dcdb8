// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package page

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// leastRows and mostRows are how many lines of metadata a form shows.
const (
	leastRows = 4
	mostRows  = 14
)

// maxActivity is the number of lines about one user.
const maxActivity = 12

// userView is the content of a user's page.
type userView struct {
	userRow
	Identifiers []identifier
	Security    []fact
	Metadata    []metadataView
	Activity    []line
	Form        nameForm
	// Invalid names what is wrong with the form that was sent; nil if nothing is.
	Invalid *invalid
}

// fact is a property and its value.
type fact struct{ Name, Value string }

// nameForm has the fields of the form for the name.
type nameForm struct{ First, Last, Username string }

// metadataView is one of the three kinds of metadata, and its form.
type metadataView struct {
	Name, Title, About string
	// Shown is the JSON that the user has, and Typed what the form has.
	Shown, Typed string
	// Rows is how many lines the form shows.
	Rows int
}

// invalid is a refused form.
type invalid struct{ Field, Problem string }

func (p *page) showUser(w http.ResponseWriter, r *http.Request) {
	i, u := p.find(r.PathValue("id"))
	if u == nil {
		p.showMissing(w, goneUser)
		return
	}
	p.showUserWith(w, http.StatusOK, i, p.userView(u))
}

// showUserWith shows a user's page, which may have a refused form.
func (p *page) showUserWith(w http.ResponseWriter, status int, i *emulator.Instance, v userView) {
	p.show(w, "user", status, frame{Title: v.Name, Section: "users", Instance: i, Content: v})
}

// find returns the user with the id, with the instance; nil if there is none.
func (p *page) find(id string) (*emulator.Instance, *emulator.User) {
	for _, i := range p.server.Instances() {
		if u := i.User(id); u != nil {
			return i, u
		}
	}
	return nil, nil
}

func (p *page) userView(u *emulator.User) userView {
	return userView{
		userRow:     userRow{User: u, Name: nameOf(u), Initial: initialOf(u), Identifier: identifierOf(u), Owner: ownerOf(u)},
		Identifiers: identifiers(u),
		Security:    security(u),
		Metadata: []metadataView{
			metadataOf("public", "Public metadata", "Sessions and the frontend read it; only a secret key writes it.", u.PublicMetadata),
			metadataOf("private", "Private metadata", "Only a secret key reads and writes it. The owner mark is here.", u.PrivateMetadata),
			metadataOf("unsafe", "Unsafe metadata", "The user reads and writes it, too.", u.UnsafeMetadata),
		},
		Activity: p.activityOf(u.ID),
		Form:     nameForm{text(u.FirstName), text(u.LastName), text(u.Username)},
	}
}

// security says by what the user signs in.
func security(u *emulator.User) []fact {
	yes := func(name string, is bool) fact {
		if is {
			return fact{name, "on"}
		}
		return fact{name, "off"}
	}
	lock := "no"
	if u.Locked && u.LockedUntil.IsZero() {
		lock = "until somebody unlocks"
	} else if u.Locked {
		lock = "until " + u.LockedUntil.UTC().Format("15:04:05") + " UTC"
	}
	facts := []fact{
		yes("Password", u.PasswordEnabled), yes("Two-factor authentication", u.TwoFactorEnabled),
		yes("Authenticator app", u.TOTPEnabled), yes("Backup codes", u.BackupCodeEnabled),
		{"Passkeys", strconv.Itoa(len(u.Passkeys))}, {"Sign-in locked", lock},
	}
	if u.Directory != nil {
		facts = append(facts, fact{"Managed by a directory", "yes"})
	}
	return facts
}

// metadataOf writes metadata as somebody reads it.
func metadataOf(name, title, about string, metadata map[string]any) metadataView {
	if metadata == nil {
		metadata = map[string]any{}
	}
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	// What was read from JSON can be written as JSON.
	_ = encoder.Encode(metadata)
	shown := strings.TrimSpace(buffer.String())
	rows := min(max(strings.Count(shown, "\n")+1, leastRows), mostRows)
	return metadataView{Name: name, Title: title, About: about, Shown: shown, Typed: shown, Rows: rows}
}

// activityOf returns what happened to a user, newest first: requests about the user, and what somebody did here.
func (p *page) activityOf(id string) []line {
	requests := p.server.LatestRequests(maxActivity, func(e emulator.Entry) bool {
		return slices.Contains(strings.Split(e.Path, "/"), id) || e.Write() && bytes.Contains(e.Body, []byte(id))
	})
	lines := p.edits.of(id)
	for n := range requests {
		lines = append(lines, lineOf(requests[n]))
	}
	slices.SortStableFunc(lines, func(a, b line) int { return cmp.Or(b.Time.Compare(a.Time)) })
	return lines[:min(len(lines), maxActivity)]
}
