// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/audit"
	"github.com/clerk-operator/clerk-operator/internal/mirror"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// calls is a writer that records which call was made.
type calls struct {
	made []string
	err  error
}

func (c *calls) whole(name, id string) (*clerk.User, error) {
	c.made = append(c.made, strings.TrimSpace(name+" "+id))
	return &clerk.User{ID: testUserID}, c.err
}

func (c *calls) part(name, id string) error {
	_, err := c.whole(name, id)
	return err
}

func (c *calls) Reserve() error { return nil }

func (c *calls) UpdateUser(_ context.Context, _ audit.Write, id string, _ clerk.UpdateUserParams) (*clerk.User, error) {
	return c.whole("UpdateUser", id)
}

func (c *calls) MergeMetadata(_ context.Context, _ audit.Write, id string, _ clerk.MetadataParams) (*clerk.User, error) {
	return c.whole("MergeMetadata", id)
}

func (c *calls) ReplaceMetadata(_ context.Context, _ audit.Write, id string, _ clerk.MetadataParams) (*clerk.User, error) {
	return c.whole("ReplaceMetadata", id)
}
func (c *calls) BanUser(_ context.Context, _ audit.Write, id string) (*clerk.User, error) {
	return c.whole("BanUser", id)
}
func (c *calls) UnbanUser(_ context.Context, _ audit.Write, id string) (*clerk.User, error) {
	return c.whole("UnbanUser", id)
}
func (c *calls) LockUser(_ context.Context, _ audit.Write, id string) (*clerk.User, error) {
	return c.whole("LockUser", id)
}
func (c *calls) UnlockUser(_ context.Context, _ audit.Write, id string) (*clerk.User, error) {
	return c.whole("UnlockUser", id)
}
func (c *calls) SetProfileImage(_ context.Context, _ audit.Write, id string, _ clerk.ProfileImage) (*clerk.User, error) {
	return c.whole("SetProfileImage", id)
}

func (c *calls) DeleteProfileImage(_ context.Context, _ audit.Write, id string) (*clerk.User, error) {
	return c.whole("DeleteProfileImage", id)
}

func (c *calls) CreateEmailAddress(_ context.Context, _ audit.Write, p clerk.CreateEmailAddressParams) (clerk.EmailAddress, error) {
	return clerk.EmailAddress{}, c.part("CreateEmailAddress", p.Address)
}

func (c *calls) UpdateEmailAddress(_ context.Context, _ audit.Write, id string, _ clerk.UpdateEmailAddressParams) (clerk.EmailAddress, error) {
	return clerk.EmailAddress{}, c.part("UpdateEmailAddress", id)
}

func (c *calls) DeleteEmailAddress(_ context.Context, _ audit.Write, id string) error {
	return c.part("DeleteEmailAddress", id)
}

func (c *calls) CreatePhoneNumber(_ context.Context, _ audit.Write, p clerk.CreatePhoneNumberParams) (clerk.PhoneNumber, error) {
	return clerk.PhoneNumber{}, c.part("CreatePhoneNumber", p.Number)
}

func (c *calls) UpdatePhoneNumber(_ context.Context, _ audit.Write, id string, _ clerk.UpdatePhoneNumberParams) (clerk.PhoneNumber, error) {
	return clerk.PhoneNumber{}, c.part("UpdatePhoneNumber", id)
}

func (c *calls) DeletePhoneNumber(_ context.Context, _ audit.Write, id string) error {
	return c.part("DeletePhoneNumber", id)
}

func TestEveryChangeIsOneCall(t *testing.T) {
	t.Parallel()
	tests := []struct {
		change plan.Change
		call   string
		whole  bool
	}{
		{plan.Update{}, "UpdateUser user_x", true},
		{plan.MergeMetadata{}, "MergeMetadata user_x", true},
		{plan.ReplaceMetadata{}, "ReplaceMetadata user_x", true},
		{plan.SetProfileImage{}, "SetProfileImage user_x", true},
		{plan.DeleteProfileImage{}, "DeleteProfileImage user_x", true},
		{plan.Ban{}, "BanUser user_x", true},
		{plan.Unban{}, "UnbanUser user_x", true},
		{plan.Lock{}, "LockUser user_x", true},
		{plan.Unlock{}, "UnlockUser user_x", true},
		{plan.AddEmailAddress{Params: clerk.CreateEmailAddressParams{Address: "a@b.c"}}, "CreateEmailAddress a@b.c", false},
		{plan.UpdateEmailAddress{Contact: plan.Contact{ID: "idn_1"}}, "UpdateEmailAddress idn_1", false},
		{plan.DeleteEmailAddress{Contact: plan.Contact{ID: "idn_1"}}, "DeleteEmailAddress idn_1", false},
		{plan.AddPhoneNumber{Params: clerk.CreatePhoneNumberParams{Number: "+1"}}, "CreatePhoneNumber +1", false},
		{plan.UpdatePhoneNumber{Contact: plan.Contact{ID: "idn_2"}}, "UpdatePhoneNumber idn_2", false},
		{plan.DeletePhoneNumber{Contact: plan.Contact{ID: "idn_2"}}, "DeletePhoneNumber idn_2", false},
	}
	for _, tc := range tests {
		t.Run(tc.call, func(t *testing.T) {
			t.Parallel()
			c := &calls{}
			user, err := carryOut(t.Context(), c, audit.Write{UserID: "user_x"}, tc.change)
			if err != nil || (user != nil) != tc.whole {
				t.Errorf("carried out: %v, %v; want the whole user: %t", user, err, tc.whole)
			}
			if diff := cmp.Diff([]string{tc.call}, c.made); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
			refusal := errors.New("no")
			if _, err := carryOut(t.Context(), &calls{err: refusal}, audit.Write{UserID: "user_x"}, tc.change); !errors.Is(err, refusal) {
				t.Errorf("the error of the call is %v", err)
			}
		})
	}
	if _, err := carryOut(t.Context(), &calls{}, audit.Write{UserID: "user_x"}, nil); err == nil {
		t.Error("a value that is no change was carried out")
	}
}

// routedTransport answers with the body for a method and path. Any other call fails.
func routedTransport(answers map[string]string, seen *[]string) transport {
	return func(r *http.Request) (*http.Response, error) {
		call := r.Method + " " + r.URL.Path
		*seen = append(*seen, call)
		if body, ok := answers[call]; ok {
			return answeringTransport(200, body)(r)
		}
		return nil, io.ErrUnexpectedEOF
	}
}

func TestApply(t *testing.T) {
	t.Parallel()
	const (
		user  = "/v1/users/" + testUserID
		email = `{"id":"idn_2New","object":"email_address","email_address":"new@example.com","verification":{"status":"verified","strategy":"admin"},"linked_to":[]}`
	)
	shown := func(name string) string {
		return `{"id":"` + testUserID + `","object":"user","first_name":"` + name + `","email_addresses":[],"phone_numbers":[],"web3_wallets":[],` +
			`"public_metadata":{},"private_metadata":{},"unsafe_metadata":{},"created_at":1,"updated_at":1}`
	}
	banned := map[string]string{
		"POST " + user + "/ban": shown("banned"), "POST " + user + "/lock": shown("locked"),
		"POST /v1/email_addresses": email, "GET " + user: shown("read"),
	}
	without := func(call string) map[string]string {
		rest := map[string]string{}
		for k, v := range banned {
			if k != call {
				rest[k] = v
			}
		}
		return rest
	}
	add := plan.AddEmailAddress{Params: clerk.CreateEmailAddressParams{UserID: testUserID, Address: "new@example.com"}}
	tests := map[string]struct {
		answers map[string]string
		do      []plan.Change
		did     int
		shows   string
		calls   int
		fails   bool
		recent  bool
	}{
		"AnswersAreObservations":       {banned, []plan.Change{plan.Ban{}, plan.Lock{}}, 2, "locked", 2, false, true},
		"PartsAreReadOnceAfterTheLast": {banned, []plan.Change{plan.Ban{}, add, add}, 3, "read", 4, false, true},
		"WholeAnswerAfterAPartIsRead":  {banned, []plan.Change{add, plan.Ban{}}, 2, "banned", 2, false, true},
		"FirstErrorStops":              {without("POST " + user + "/ban"), []plan.Change{plan.Ban{}, plan.Lock{}}, 0, "", 1, true, false},
		"LaterErrorKeepsWhatWasDone":   {without("POST " + user + "/lock"), []plan.Change{plan.Ban{}, plan.Lock{}}, 1, "banned", 2, true, false},
		"ReadThatFailsAfterAPart":      {without("GET " + user), []plan.Change{add}, 1, "", 2, true, false},
		"NothingToDo":                  {banned, nil, 0, "", 0, false, false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var seen []string
			r := newTestReconciler(t, newClock())
			rec := newTestReconciliation(t, r, newTestUser("ann"))
			client := newTestClient(t, routedTransport(tc.answers, &seen))
			rec.observed = clerkUser("ann@example.com")
			err := stepsOf(r).enforce(withRights(rec, client)).apply(t.Context(), tc.do)
			if (err != nil) != tc.fails {
				t.Errorf("apply() = %v, want an error: %t", err, tc.fails)
			}
			if len(rec.did) != tc.did || len(seen) != tc.calls {
				t.Errorf("did %v by %v, want %d changes and %d calls", rec.did, seen, tc.did, tc.calls)
			}
			if rec.observed.FirstName != tc.shows {
				t.Errorf("observed is what the call %q answered, want %q", rec.observed.FirstName, tc.shows)
			}
			if _, recent := rec.mirror.Recent(testUserID, 0); recent != tc.recent {
				t.Errorf("the mirror has a copy: %t, want %t", recent, tc.recent)
			}
			if err != nil && strings.Contains(err.Error(), "new@example.com") {
				t.Errorf("the error shows an address: %v", err)
			}
		})
	}
}

// An action on the user ends while the answer to an update is under way. That answer need not show what the action did.
func TestAnswerThatOverlapsAnotherWriteIsNotKept(t *testing.T) {
	t.Parallel()
	c := newClock()
	r := newTestReconciler(t, c)
	rec := newTestReconciliation(t, r, newTestUser("ann"))
	rec.mirror.Follow(map[string]mirror.Followed{rec.uid(): {UserID: testUserID}})
	client := newTestClient(t, transport(func(r *http.Request) (*http.Response, error) {
		c.advance(time.Second)
		rec.mirror.WrotePart(testUserID)
		return answeringTransport(http.StatusOK, userJSON("banned"))(r)
	}))
	rec.observed = clerkUser("ann@example.com")
	if err := stepsOf(r).enforce(withRights(rec, client)).apply(t.Context(), []plan.Change{plan.Ban{}}); err != nil {
		t.Fatal(err)
	}
	if view := rec.mirror.Look(rec.uid(), testUserID); view.Presence != mirror.Doubtful {
		t.Errorf("the mirror shows %+v, want a doubt", view)
	}
}

func TestRefusedParts(t *testing.T) {
	t.Parallel()
	update := plan.Update{Params: clerk.UpdateUserParams{Username: ptr.To("a"), FirstName: ptr.To("b"), Password: ptr.To(clerk.NewSecret("c"))}}
	refuse := func(param string) error {
		return fmt.Errorf("x: %w", &clerk.Error{Status: 422, Code: "form_param_value_invalid", Param: param})
	}
	for name, tc := range map[string]struct {
		change  plan.Change
		err     error
		refused bool
		parts   []string
		single  bool
	}{
		"TheFieldThatIsNamed":         {update, refuse("username"), true, []string{"username"}, false},
		"TwoFieldsThatAreNamed":       {update, refuse("username,first_name"), true, []string{"firstName", "username"}, false},
		"APartOfAField":               {update, refuse("skip_password_checks"), true, []string{"password"}, false},
		"NoneIsNamed":                 {update, refuse(""), true, nil, true},
		"AnotherIsNamed":              {update, refuse("locale"), true, nil, true},
		"OneFieldNeedsNoName":         {plan.SetProfileImage{}, refuse(""), true, []string{"profileImage"}, false},
		"OneFieldWithAnUnknownName":   {plan.SetProfileImage{}, refuse("nonsense"), true, []string{"profileImage"}, false},
		"TheMarkAlone":                {plan.MergeMetadata{}, refuse(""), false, nil, false},
		"TemporaryFailureIsNoRefusal": {update, &clerk.Error{Status: 503}, false, nil, false},
		"NoAnswerIsNoRefusal":         {update, errors.New("connection reset"), false, nil, false},
		"ARefusedKeyIsNotTheField's":  {update, &clerk.Error{Status: 401, Param: "username"}, false, nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec := newTestReconciliation(t, newTestReconciler(t, newClock()), newTestUser("ann"))
			if got := rec.refuse(tc.change, rec.now, tc.err); got != tc.refused || rec.refusals > 0 != tc.refused {
				t.Errorf("refused: %t, counted %d, want %t", got, rec.refusals, tc.refused)
			}
			var parts []string
			for part := range rec.fields().refusals {
				parts = append(parts, part.Field)
			}
			if diff := cmp.Diff(tc.parts, parts, cmpopts.SortSlices(strings.Compare)); diff != "" {
				t.Errorf("parts (-want +got):\n%s", diff)
			}
			if rec.fields().single != tc.single {
				t.Errorf("the next plan divides its calls: %t, want %t", rec.fields().single, tc.single)
			}
		})
	}
}
