// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plugin_test

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
	"github.com/clerk-operator/clerk-operator/internal/plan"
	"github.com/clerk-operator/clerk-operator/internal/preview"
)

// callTexts are calls in their order, each as its method, path and body, without ids.
type callTexts []string

// calls turns foreseen calls into requests: the operator's own client makes them, and a server writes down what comes.
type calls struct {
	t      *testing.T
	client *clerk.Client
	server *httptest.Server
	mu     sync.Mutex
	seen   []string
}

func newCalls(t *testing.T) *calls {
	t.Helper()
	c := &calls{t: t}
	c.server = httptest.NewServer(c)
	t.Cleanup(c.server.Close)
	limiter := clerk.NewRateLimiter(clerk.RateLimiterConfig{RequestsPer10s: 1_000_000})
	client, err := clerk.New(clerk.Config{APIURL: c.server.URL + "/v1", Key: clerk.NewSecret("sk_live_replay"), RateLimiter: limiter})
	if err != nil {
		t.Fatal(err)
	}
	c.client = client
	return c
}

// ServeHTTP writes down a request and refuses it.
func (c *calls) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		c.t.Error(err)
	}
	c.mu.Lock()
	c.seen = append(c.seen, r.Method+" "+r.URL.Path+" "+string(body))
	c.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusUnprocessableEntity)
	_, _ = w.Write([]byte(`{"errors":[{"code":"replayed","message":"replayed"}]}`))
}

// request returns the request of a foreseen call, which must be the only one, with the method and path that were foreseen.
func (c *calls) request(call preview.Call) string {
	c.t.Helper()
	c.mu.Lock()
	c.seen = nil
	c.mu.Unlock()
	id, _, _ := strings.Cut(strings.TrimPrefix(call.Path, "/users/"), "/")
	if err := c.make(id, call.Change); err == nil {
		c.t.Errorf("%s was not refused", call.Change)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.seen) != 1 || !strings.HasPrefix(c.seen[0], call.Method+" /v1"+call.Path+" ") {
		c.t.Fatalf("the call %s %s %s makes the requests %q", call.Operation, call.Method, call.Path, c.seen)
	}
	return c.seen[0]
}

func (c *calls) make(id string, change plan.Change) (err error) {
	ctx, to := c.t.Context(), c.client
	switch change := change.(type) {
	case plan.Create:
		_, err = to.CreateUser(ctx, change.Params)
	case plan.Update:
		_, err = to.UpdateUser(ctx, id, change.Params)
	case plan.MergeMetadata:
		_, err = to.MergeMetadata(ctx, id, change.Params)
	case plan.ReplaceMetadata:
		_, err = to.ReplaceMetadata(ctx, id, change.Params)
	case plan.SetProfileImage:
		_, err = to.SetProfileImage(ctx, id, change.Image)
	case plan.DeleteProfileImage:
		_, err = to.DeleteProfileImage(ctx, id)
	case plan.Ban:
		_, err = to.BanUser(ctx, id)
	case plan.Unban:
		_, err = to.UnbanUser(ctx, id)
	case plan.Lock:
		_, err = to.LockUser(ctx, id)
	case plan.Unlock:
		_, err = to.UnlockUser(ctx, id)
	case plan.Delete:
		err = to.DeleteUser(ctx, id)
	case plan.AddEmailAddress:
		_, err = to.CreateEmailAddress(ctx, change.Params)
	case plan.UpdateEmailAddress:
		_, err = to.UpdateEmailAddress(ctx, change.Contact.ID, change.Params)
	case plan.DeleteEmailAddress:
		err = to.DeleteEmailAddress(ctx, change.Contact.ID)
	case plan.AddPhoneNumber:
		_, err = to.CreatePhoneNumber(ctx, change.Params)
	case plan.UpdatePhoneNumber:
		_, err = to.UpdatePhoneNumber(ctx, change.Contact.ID, change.Params)
	case plan.DeletePhoneNumber:
		err = to.DeletePhoneNumber(ctx, change.Contact.ID)
	default:
		err = errors.New("there is no such call")
	}
	return err
}

// anonymous writes the same for ids that differ between a preview and the operator: of users, of what they have, and of new objects.
type anonymous struct {
	// contacts are the addresses, numbers and wallets by their ids.
	contacts map[string]string
	// uids are the uids of objects, and what to write instead.
	uids map[string]string
}

var (
	userIDs    = regexp.MustCompile(`user_[A-Za-z0-9]{5,}`)
	contactIDs = regexp.MustCompile(`idn_[A-Za-z0-9]+`)
	objectUIDs = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
)

func (a anonymous) text(text string, refused bool) string {
	method, rest, _ := strings.Cut(text, " ")
	path, body, _ := strings.Cut(rest, " ")
	whole := method + " " + path + " " + sorted(body)
	whole = userIDs.ReplaceAllString(whole, "{user}")
	whole = contactIDs.ReplaceAllStringFunc(whole, func(id string) string {
		if value, err := hex.DecodeString(strings.TrimPrefix(id, "idn_"+preview.NewID)); err == nil && strings.HasPrefix(id, "idn_"+preview.NewID) {
			return "<" + string(value) + ">"
		}
		return "<" + a.contacts[id] + ">"
	})
	whole = objectUIDs.ReplaceAllStringFunc(whole, func(uid string) string {
		if name, found := a.uids[uid]; found {
			return "{" + name + "}"
		}
		return uid
	})
	if refused {
		whole += " REFUSED"
	}
	return whole
}

// sorted is JSON with sorted keys; anything else is left as it is.
func sorted(body string) string {
	var value any
	if json.Unmarshal([]byte(body), &value) != nil {
		return body
	}
	text, err := json.Marshal(value)
	if err != nil {
		return body
	}
	return string(text)
}

// contactsOf adds the addresses, numbers and wallets of users by their ids, and the ids of their users.
func contactsOf(users []*emulator.User, contacts, owners map[string]string) {
	for _, u := range users {
		for i := range u.EmailAddresses {
			contacts[u.EmailAddresses[i].ID], owners[u.EmailAddresses[i].ID] = u.EmailAddresses[i].EmailAddress, u.ID
		}
		for i := range u.PhoneNumbers {
			contacts[u.PhoneNumbers[i].ID], owners[u.PhoneNumbers[i].ID] = u.PhoneNumbers[i].PhoneNumber, u.ID
		}
		for i := range u.Web3Wallets {
			contacts[u.Web3Wallets[i].ID], owners[u.Web3Wallets[i].ID] = u.Web3Wallets[i].Web3Wallet, u.ID
		}
	}
}
