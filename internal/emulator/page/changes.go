// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package page

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// maxForm limits a form, in bytes. Clerk limits metadata to 8 KiB.
const maxForm = 64 << 10

// change is what a button does to a user, and how the log calls it.
type change struct {
	what string
	edit func(*emulator.User)
}

// goneUser is said where a user was before.
const goneUser = "There is no user with this id here any more."

var errNoObject = errors.New(`not a JSON object, such as {"role": "admin"}`)

func ban() change   { return change{"banned the user", func(u *emulator.User) { u.Banned = true }} }
func unban() change { return change{"lifted the ban", func(u *emulator.User) { u.Banned = false }} }

func lock() change {
	return change{"locked sign-in, as too many wrong passwords do", func(u *emulator.User) { u.Locked = true }}
}

func unlock() change {
	return change{"unlocked sign-in", func(u *emulator.User) { u.Locked = false }}
}

// act returns a handler that makes a change without a form.
func (p *page) act(c change) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { p.apply(w, r, c) }
}

// apply makes a change and leads to the user's page.
func (p *page) apply(w http.ResponseWriter, r *http.Request, c change) {
	id := r.PathValue("id")
	i, u := p.find(id)
	if u == nil {
		p.showMissing(w, goneUser)
		return
	}
	_, err := i.Edit(id, func(u *emulator.User) {
		c.edit(u)
		// Before others are told of the change, so that whoever looks then finds the line.
		p.edits.add(edit{time: p.server.Clock().Now(), user: id, what: c.what})
	})
	if err != nil {
		p.showMissing(w, goneUser)
		return
	}
	http.Redirect(w, r, userPath(u.ID), http.StatusSeeOther)
}

// editName changes names as a dashboard does: an empty field removes the value.
func (p *page) editName(w http.ResponseWriter, r *http.Request) {
	form := nameForm{First: field(r, "first_name"), Last: field(r, "last_name"), Username: field(r, "username")}
	i, u := p.find(r.PathValue("id"))
	if u == nil {
		p.showMissing(w, goneUser)
		return
	}
	if problem := usernameProblem(i, u, form.Username); problem != "" {
		v := p.userView(u)
		v.Form, v.Invalid = form, &invalid{"username", problem}
		p.showUserWith(w, http.StatusUnprocessableEntity, i, v)
		return
	}
	p.apply(w, r, change{"changed the name", func(u *emulator.User) {
		u.FirstName, u.LastName, u.Username = given(form.First), given(form.Last), given(form.Username)
	}})
}

// usernameProblem says why a user cannot have a username; "" if nothing is wrong. A user keeps the present one, whatever it is.
func usernameProblem(i *emulator.Instance, u *emulator.User, name string) string {
	if name == "" || name == text(u.Username) {
		return ""
	}
	if strings.ContainsFunc(name, func(r rune) bool { return r == ' ' || r == '@' }) {
		return "A username has no blank and no @."
	}
	same := func(other *emulator.User) bool {
		return other.ID != u.ID && strings.EqualFold(text(other.Username), name)
	}
	if _, taken := i.NewestUsers(0, same); taken > 0 {
		return "Another user has this username."
	}
	return ""
}

// editMetadata replaces one kind of metadata.
func (p *page) editMetadata(w http.ResponseWriter, r *http.Request) {
	i, u := p.find(r.PathValue("id"))
	if u == nil {
		p.showMissing(w, goneUser)
		return
	}
	kind, typed := field(r, "kind"), field(r, "metadata")
	v := p.userView(u)
	for n := range v.Metadata {
		if v.Metadata[n].Name != kind {
			continue
		}
		metadata, err := parseObject(typed)
		if err == nil {
			p.apply(w, r, change{"changed " + kind + " metadata", func(u *emulator.User) { *metadataField(u, kind) = metadata }})
			return
		}
		v.Metadata[n].Typed, v.Invalid = typed, &invalid{kind, "This is " + err.Error() + "."}
		p.showUserWith(w, http.StatusUnprocessableEntity, i, v)
		return
	}
	http.Error(w, "kind must be public, private or unsafe", http.StatusUnprocessableEntity)
}

func metadataField(u *emulator.User, kind string) *map[string]any {
	switch kind {
	case "private":
		return &u.PrivateMetadata
	case "unsafe":
		return &u.UnsafeMetadata
	default:
		return &u.PublicMetadata
	}
}

// parseObject reads one JSON object, with numbers as they are written.
func parseObject(typed string) (map[string]any, error) {
	if strings.TrimSpace(typed) == "" {
		return map[string]any{}, nil
	}
	decoder := json.NewDecoder(strings.NewReader(typed))
	decoder.UseNumber()
	var object map[string]any
	if err := decoder.Decode(&object); err != nil || object == nil {
		return nil, errNoObject
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errNoObject
	}
	return object, nil
}

// deleteUser deletes a user if the box beside the button is ticked, and leads to the list.
func (p *page) deleteUser(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	i, u := p.find(id)
	if u == nil {
		p.showMissing(w, goneUser)
		return
	}
	if field(r, "sure") == "" {
		v := p.userView(u)
		v.Invalid = &invalid{"sure", "Tick the box to delete the user."}
		p.showUserWith(w, http.StatusUnprocessableEntity, i, v)
		return
	}
	if err := i.Delete(id); err != nil {
		p.showMissing(w, goneUser)
		return
	}
	query := url.Values{"instance": {i.ID()}, "deleted": {id}}
	http.Redirect(w, r, "/?"+query.Encode(), http.StatusSeeOther)
}

// field returns a field of a form without blanks around it. What is no UTF-8 cannot be in JSON.
func field(r *http.Request, name string) string {
	return strings.TrimSpace(strings.ToValidUTF8(r.PostFormValue(name), "\uFFFD"))
}

// given returns the value of a field; nil for an empty one.
func given(value string) *string {
	if value == "" {
		return nil
	}
	return &value
}
