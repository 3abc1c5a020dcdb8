// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package page

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// maxUsers is the number of users on one page; the others are found by a search.
const maxUsers = 100

// usersView is the content of the page with all users.
type usersView struct {
	Rows []userRow
	// Total is the number of users that match.
	Total int
	// Query and State are what the search has.
	Query  string
	State  string
	States []string
	// Deleted is the id of the user whom somebody has just deleted here.
	Deleted string
}

// userRow is a user in the list.
type userRow struct {
	User    *emulator.User
	Name    string
	Initial string
	// Identifier is the address, name or number by which the user signs in.
	Identifier string
	Owner      owner
}

// states are what a list of users can be narrowed to.
func states() map[string]func(*emulator.User) bool {
	return map[string]func(*emulator.User) bool{
		"banned":      func(u *emulator.User) bool { return u.Banned },
		"locked":      func(u *emulator.User) bool { return u.Locked },
		"managed":     func(u *emulator.User) bool { return ownerOf(u).Marked },
		"not managed": func(u *emulator.User) bool { return !ownerOf(u).Marked },
	}
}

func (p *page) listUsers(w http.ResponseWriter, r *http.Request) {
	i := p.selected(r)
	if i == nil {
		p.showMissing(w, "There is no such instance here.")
		return
	}
	query := r.URL.Query()
	v := usersView{
		Query: query.Get("q"), State: query.Get("state"), Deleted: query.Get("deleted"),
		States: []string{"banned", "locked", "managed", "not managed"},
	}
	inState := states()[v.State]
	users, total := i.NewestUsers(maxUsers, func(u *emulator.User) bool {
		return (inState == nil || inState(u)) && found(u, v.Query)
	})
	v.Total = total
	for _, u := range users {
		v.Rows = append(v.Rows, userRow{User: u, Name: nameOf(u), Initial: initialOf(u), Identifier: identifierOf(u), Owner: ownerOf(u)})
	}
	p.show(w, "users", http.StatusOK, frame{Title: "Users", Section: "users", Instance: i, Content: v})
}

// selected returns the instance that the request names, the first one if it names none, or nil.
func (p *page) selected(r *http.Request) *emulator.Instance {
	if id := r.URL.Query().Get("instance"); id != "" {
		return p.server.Instance(id)
	}
	instances := p.server.Instances()
	if len(instances) == 0 {
		return nil
	}
	return instances[0]
}

// found reports whether a user has the text in what identifies the user.
func found(u *emulator.User, text string) bool {
	text = strings.ToLower(strings.TrimSpace(text))
	if text == "" {
		return true
	}
	for _, part := range append(identifiersOf(u), u.ID, nameOf(u), ownerOf(u).Object) {
		if strings.Contains(strings.ToLower(part), text) {
			return true
		}
	}
	return false
}

// userPath is the address of a user's page.
func userPath(id string) string { return "/users/" + url.PathEscape(id) }
