// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

const (
	defaultLimit = 10
	maxLimit     = 500
)

// page is the requested part and order of a list.
type page struct {
	limit, offset int
	// after is the id of the last user of the previous page; "" for none.
	after string
	// by is a field of orderings; descending reverses the order.
	by         string
	descending bool
}

// totalCount is Clerk's schema TotalCount.
type totalCount struct {
	Object     string `json:"object"`
	TotalCount int    `json:"total_count"`
}

func listUsers(c *call) (any, error) {
	values := c.request.URL.Query()
	matching, err := c.matching(values)
	if err != nil {
		return nil, err
	}
	page, err := parsePage(values)
	if err != nil {
		return nil, err
	}
	page.sort(matching)
	if matching, err = page.cut(matching); err != nil {
		return nil, err
	}
	shown := make([]*User, len(matching))
	for n, u := range matching {
		shown[n] = c.instance.show(u, c.now)
	}
	return shown, nil
}

// countUsers accepts limit, offset and order_by, because Clerk's Go SDK sends them, and ignores them.
func countUsers(c *call) (any, error) {
	matching, err := c.matching(c.request.URL.Query())
	if err != nil {
		return nil, err
	}
	return totalCount{Object: "total_count", TotalCount: len(matching)}, nil
}

// matching returns the users that match every filter of the query, oldest first.
func (c *call) matching(values url.Values) ([]*User, error) {
	filter, err := parseFilter(values)
	if err != nil {
		return nil, err
	}
	var found []*User
	for _, u := range c.candidates(filter) {
		if filter.matches(u) {
			found = append(found, u)
		}
	}
	return found, nil
}

// candidates returns a superset of the matching users: by id or identifier if the filter names some and lists do not
// lag, otherwise all.
func (c *call) candidates(f *filter) []*User {
	store, lag := c.instance.store, c.settings().ListLag
	ids, narrowed := f.holders(store)
	if !narrowed || lag > 0 {
		return store.all(c.now, lag)
	}
	users := make([]*User, 0, len(ids))
	for _, id := range ids {
		if u := store.find(id); u != nil {
			users = append(users, u)
		}
	}
	slices.SortFunc(users, byCreation)
	return users
}

func byCreation(a, b *User) int {
	return cmp.Or(cmp.Compare(a.CreatedAt, b.CreatedAt), cmp.Compare(a.ID, b.ID))
}

func parsePage(values url.Values) (page, error) {
	p := page{limit: defaultLimit, after: values.Get("starting_after")}
	var found []errorEntry
	number := func(param string, target *int, least, most int) {
		text := values.Get(param)
		if text == "" {
			return
		}
		n, err := strconv.Atoi(text)
		if err != nil || n < least || n > most {
			found = append(found, invalidValue(param))
			return
		}
		*target = n
	}
	number("limit", &p.limit, 1, maxLimit)
	number("offset", &p.offset, 0, 1<<31)
	order := cmp.Or(values.Get("order_by"), "-created_at")
	p.descending = strings.HasPrefix(order, "-")
	p.by = strings.TrimLeft(order[:1], "+-") + order[1:]
	if orderings()[p.by] == nil {
		found = append(found, invalidValue("order_by"))
	}
	if p.after != "" && (p.by != "created_at" || p.offset != 0) {
		found = append(found, invalidValue("starting_after"))
	}
	return p, unprocessable(found...)
}

// orderings returns the comparison for each field that a list can be ordered by.
func orderings() map[string]func(a, b *User) int {
	text := func(of func(*User) string) func(a, b *User) int {
		return func(a, b *User) int { return cmp.Compare(strings.ToLower(of(a)), strings.ToLower(of(b))) }
	}
	number := func(of func(*User) int64) func(a, b *User) int {
		return func(a, b *User) int { return cmp.Compare(of(a), of(b)) }
	}
	return map[string]func(a, b *User) int{
		"created_at":      number(func(u *User) int64 { return u.CreatedAt }),
		"updated_at":      number(func(u *User) int64 { return u.UpdatedAt }),
		"last_active_at":  number(func(u *User) int64 { return valueOf(u.LastActiveAt) }),
		"last_sign_in_at": number(func(u *User) int64 { return valueOf(u.LastSignInAt) }),
		"first_name":      text(func(u *User) string { return valueOf(u.FirstName) }),
		"last_name":       text(func(u *User) string { return valueOf(u.LastName) }),
		"username":        text(func(u *User) string { return valueOf(u.Username) }),
		"email_address":   text((*User).primaryEmail),
		"phone_number":    text((*User).primaryPhone),
		"web3wallet":      text((*User).primaryWallet),
	}
}

// sort sorts users, given oldest first, into the page's order. The id decides between equals.
func (p page) sort(users []*User) {
	compare := orderings()[p.by]
	slices.SortStableFunc(users, func(a, b *User) int {
		order := cmp.Or(compare(a, b), cmp.Compare(a.ID, b.ID))
		if p.descending {
			return -order
		}
		return order
	})
}

// cut returns the users of the page. It refuses a cursor whose user is not in the list, for example because it was
// deleted.
func (p page) cut(users []*User) ([]*User, error) {
	from := p.offset
	if p.after != "" {
		at := slices.IndexFunc(users, func(u *User) bool { return u.ID == p.after })
		if at < 0 {
			return nil, unprocessable(invalidValue("starting_after"))
		}
		from = at + 1
	}
	from = min(from, len(users))
	return users[from:min(from+p.limit, len(users))], nil
}

func (u *User) primaryEmail() string {
	for i := range u.EmailAddresses {
		if u.EmailAddresses[i].ID == valueOf(u.PrimaryEmailAddressID) {
			return u.EmailAddresses[i].EmailAddress
		}
	}
	return ""
}

func (u *User) primaryPhone() string {
	for i := range u.PhoneNumbers {
		if u.PhoneNumbers[i].ID == valueOf(u.PrimaryPhoneNumberID) {
			return u.PhoneNumbers[i].PhoneNumber
		}
	}
	return ""
}

func (u *User) primaryWallet() string {
	for i := range u.Web3Wallets {
		if u.Web3Wallets[i].ID == valueOf(u.PrimaryWeb3WalletID) {
			return u.Web3Wallets[i].Web3Wallet
		}
	}
	return ""
}

// valueOf returns the value at p; the zero value for nil.
func valueOf[T any](p *T) T {
	if p == nil {
		var zero T
		return zero
	}
	return *p
}
