// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk_test

import (
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
	"github.com/clerk-operator/clerk-operator/internal/ratelimit"
	"github.com/clerk-operator/clerk-operator/test/contract"
)

// environment has an emulated Clerk with one instance, and a client for it.
type environment struct {
	*clerk.Client
	instance *emulator.Instance
	limiter  *clerk.RateLimiter
	url      string
}

func newEnvironment(t *testing.T, settings emulator.Settings) *environment {
	t.Helper()
	server := emulator.New(emulator.Config{})
	instance := server.AddInstance(emulator.InstanceConfig{Environment: emulator.Production, Settings: settings})
	served := httptest.NewServer(contract.Enforce(t, server))
	t.Cleanup(served.Close)
	t.Cleanup(server.Close)
	w := &environment{instance: instance, url: served.URL + emulator.BasePath}
	w.limiter = clerk.NewRateLimiter(clerk.RateLimiterConfig{RequestsPer10s: 100_000})
	w.Client = w.client(t, instance.Key())
	return w
}

func (w *environment) client(t *testing.T, key string) *clerk.Client {
	t.Helper()
	transport := clerk.NewTransport()
	t.Cleanup(transport.CloseIdleConnections)
	c, err := clerk.New(clerk.Config{APIURL: w.url, Key: clerk.NewSecret(key), RateLimiter: w.limiter, Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	return c.For(ratelimit.Caller{ID: t.Name(), Level: ratelimit.Interactive})
}

// must returns the value, or ends the test.
func must[T any](t *testing.T, value T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatalf("calling: %v", err)
	}
	return value
}

func TestLifeOfAUser(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	w := newEnvironment(t, emulator.Settings{})
	instance, err := w.Instance(ctx)
	if must(t, instance, err); instance.ID != w.instance.ID() || instance.Environment != "production" {
		t.Errorf("instance %+v", instance)
	}
	created, err := w.CreateUser(ctx, clerk.CreateUserParams{
		ExternalID: new("-ext"), Username: new("Jane_D"), FirstName: new("Jane"), Locale: new("en-GB"),
		EmailAddresses: []clerk.NewIdentifier{{Value: "Jane+1@Example.com"}, {Value: "r@example.com", Status: clerk.Reserved}},
		PhoneNumbers:   []clerk.NewIdentifier{{Value: "+15555550100"}},
		PublicMetadata: clerk.Metadata{"a": map[string]any{"b": 1.0, "c": true}}, PrivateMetadata: clerk.Metadata{"mark": "x"},
		Banned: new(true), Locked: new(true), SkipPasswordRequirement: new(true),
		CreateOrganizationsLimit: new(int64(5)), BypassClientTrust: new(true),
		CreatedAt: new(time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)),
	})
	must(t, created, err)
	checkCreated(t, created)
	if read := must2(t)(w.User(ctx, created.ID)); !sameButForTheLock(read, created) {
		t.Errorf("reading it (-created +read):\n%s", cmp.Diff(created, read))
	}
	checkFinding(t, w, created.ID)
	checkUpdates(t, w, created.ID)
	checkIdentifiers(t, w, created.ID)
	if err := w.DeleteUser(ctx, created.ID); err != nil {
		t.Fatalf("deleting: %v", err)
	}
	if err := w.DeleteUser(ctx, created.ID); !clerk.IsNotFound(err) || clerk.AnswerLost(err) {
		t.Errorf("deleting again: %v", err)
	}
	if _, err := w.User(ctx, created.ID); !clerk.IsNotFound(err) {
		t.Errorf("reading what is gone: %v", err)
	}
	if n, err := w.CountUsers(ctx); n != 0 || err != nil {
		t.Errorf("%d users are left, %v", n, err)
	}
	for _, entry := range w.instance.Journal() {
		if entry.Version != "2026-05-12" {
			t.Fatalf("%s %s asked for version %q", entry.Method, entry.Path, entry.Version)
		}
	}
}

func must2(t *testing.T) func(*clerk.User, error) *clerk.User {
	t.Helper()
	return func(u *clerk.User, err error) *clerk.User {
		t.Helper()
		return must(t, u, err)
	}
}

// sameButForTheLock compares two reads: Clerk sends the end of a lock as a countdown of whole seconds.
func sameButForTheLock(a, b *clerk.User) bool {
	x, y := *a, *b
	apart := x.LockedUntil.Sub(y.LockedUntil).Abs()
	x.LockedUntil, y.LockedUntil = time.Time{}, time.Time{}
	return apart <= 2*time.Second && cmp.Equal(x, y)
}

func checkCreated(t *testing.T, got *clerk.User) {
	t.Helper()
	if until := time.Until(got.LockedUntil); until < 58*time.Minute || until > 61*time.Minute {
		t.Errorf("locked for %v, want an hour", until)
	}
	want := *got
	want.ExternalID, want.Username, want.FirstName, want.LastName, want.Locale = "-ext", "jane_d", "Jane", "", "en-GB"
	want.EmailAddresses = []clerk.EmailAddress{
		{ID: got.EmailAddresses[0].ID, Address: "jane+1@example.com", Status: clerk.Verified},
		{ID: got.EmailAddresses[1].ID, Address: "r@example.com", Status: clerk.Reserved},
	}
	want.PhoneNumbers = []clerk.PhoneNumber{{ID: got.PhoneNumbers[0].ID, Number: "+15555550100", Status: clerk.Verified}}
	want.Web3Wallets = nil
	want.PrimaryEmailAddressID, want.PrimaryPhoneNumberID = got.EmailAddresses[0].ID, got.PhoneNumbers[0].ID
	want.PublicMetadata = clerk.Metadata{"a": map[string]any{"b": 1.0, "c": true}}
	want.PrivateMetadata, want.UnsafeMetadata = clerk.Metadata{"mark": "x"}, clerk.Metadata{}
	want.Banned, want.Locked, want.BypassClientTrust = true, true, true
	want.CreateOrganizationsLimit = new(int64(5))
	want.CreatedAt = time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)
	if diff := cmp.Diff(&want, got); diff != "" {
		t.Errorf("created (-want +got):\n%s", diff)
	}
}

func checkFinding(t *testing.T, w *environment, id string) {
	t.Helper()
	other := must2(t)(w.CreateUser(t.Context(), clerk.CreateUserParams{
		ExternalID: new("ext"), Username: new("jane_e"), EmailAddresses: []clerk.NewIdentifier{{Value: "jane@example.com"}},
		SkipPasswordRequirement: new(true),
	}))
	for kind, value := range map[clerk.IdentifierKind]string{
		clerk.KindExternalID: "-ext", clerk.KindEmailAddress: "JANE+1@example.com", clerk.KindPhoneNumber: "+15555550100",
		clerk.KindUsername: "jane_D",
	} {
		users, err := w.UsersBy(t.Context(), kind, value)
		if err != nil || len(users) != 1 || users[0].ID != id {
			t.Errorf("by %s: %d users, %v, want the one", kind, len(users), err)
		}
	}
	if users, err := w.UsersBy(t.Context(), clerk.KindExternalID, "-ext", "ext", "nobody"); err != nil || len(users) != 2 {
		t.Errorf("by several: %d users, %v, want two", len(users), err)
	}
	if n, err := w.CountUsers(t.Context()); n != 2 || err != nil {
		t.Errorf("%d users, %v, want two", n, err)
	}
	if err := w.DeleteUser(t.Context(), other.ID); err != nil {
		t.Fatal(err)
	}
}

func checkUpdates(t *testing.T, w *environment, id string) {
	t.Helper()
	ctx := t.Context()
	u := must2(t)(w.UpdateUser(ctx, id, clerk.UpdateUserParams{
		FirstName: new(""), LastName: new("Doe"), Locale: new(""), ExternalID: new(""), Username: new(""),
		CreateOrganizationsLimit: new(int64(0)), DeleteSelfEnabled: new(false),
	}))
	if u.FirstName != "" || u.LastName != "Doe" || u.Locale != "" || u.ExternalID != "" || u.Username != "" ||
		*u.CreateOrganizationsLimit != 0 || u.DeleteSelfEnabled {
		t.Errorf("updated: %+v", u)
	}
	u = must2(t)(w.MergeMetadata(ctx, id, clerk.MetadataParams{Public: clerk.Metadata{"a": map[string]any{"b": nil}, "d": []any{1.0}}}))
	if diff := cmp.Diff(clerk.Metadata{"a": map[string]any{"c": true}, "d": []any{1.0}}, u.PublicMetadata); diff != "" {
		t.Errorf("merged (-want +got):\n%s", diff)
	}
	u = must2(t)(w.ReplaceMetadata(ctx, id, clerk.MetadataParams{Public: clerk.Metadata{}, Unsafe: clerk.Metadata{"e": "f"}}))
	if diff := cmp.Diff([]clerk.Metadata{{}, {"mark": "x"}, {"e": "f"}}, []clerk.Metadata{u.PublicMetadata, u.PrivateMetadata, u.UnsafeMetadata}); diff != "" {
		t.Errorf("replaced (-want +got):\n%s", diff)
	}
	if u = must2(t)(w.UnbanUser(ctx, id)); u.Banned {
		t.Error("still banned")
	}
	if u = must2(t)(w.BanUser(ctx, id)); !u.Banned {
		t.Error("not banned")
	}
	if u = must2(t)(w.UnlockUser(ctx, id)); u.Locked || !u.LockedUntil.IsZero() {
		t.Errorf("locked %v until %v", u.Locked, u.LockedUntil)
	}
	if u = must2(t)(w.LockUser(ctx, id)); !u.Locked || u.LockedUntil.IsZero() {
		t.Errorf("locked %v until %v", u.Locked, u.LockedUntil)
	}
}

func checkIdentifiers(t *testing.T, w *environment, id string) {
	t.Helper()
	ctx := t.Context()
	email, err := w.CreateEmailAddress(ctx, clerk.CreateEmailAddressParams{UserID: id, Address: "New@example.com"})
	if must(t, email, err); email.Address != "new@example.com" || email.Status != clerk.Unverified {
		t.Errorf("created %+v", email)
	}
	email, err = w.UpdateEmailAddress(ctx, email.ID, clerk.UpdateEmailAddressParams{Verified: new(true), Primary: new(true)})
	if must(t, email, err); email.Status != clerk.Verified {
		t.Errorf("updated %+v", email)
	}
	phone, err := w.CreatePhoneNumber(ctx, clerk.CreatePhoneNumberParams{UserID: id, Number: "+15555550101", Verified: true, ReservedForSecondFactor: true})
	if must(t, phone, err); phone.Status != clerk.Verified || !phone.ReservedForSecondFactor {
		t.Errorf("created %+v", phone)
	}
	phone, err = w.UpdatePhoneNumber(ctx, phone.ID, clerk.UpdatePhoneNumberParams{ReservedForSecondFactor: new(false)})
	if must(t, phone, err); phone.ReservedForSecondFactor {
		t.Errorf("updated %+v", phone)
	}
	u := must2(t)(w.User(ctx, id))
	if len(u.EmailAddresses) != 3 || u.PrimaryEmailAddressID != email.ID || len(u.PhoneNumbers) != 2 {
		t.Errorf("addresses %+v, primary %s, numbers %+v", u.EmailAddresses, u.PrimaryEmailAddressID, u.PhoneNumbers)
	}
	if err := w.DeleteEmailAddress(ctx, u.EmailAddresses[0].ID); err != nil {
		t.Errorf("deleting an address: %v", err)
	}
	if err := w.DeletePhoneNumber(ctx, phone.ID); err != nil {
		t.Errorf("deleting a number: %v", err)
	}
	if err := w.DeletePhoneNumber(ctx, phone.ID); !clerk.IsNotFound(err) {
		t.Errorf("deleting it again: %v", err)
	}
}

func TestWhatTheEmulatorRefuses(t *testing.T) {
	t.Parallel()
	settings := emulator.Settings{BanUnsupported: true, LockoutDisabled: true, UsernameDisabled: true, Required: []string{"first_name"}}
	w := newEnvironment(t, settings)
	ctx := t.Context()
	first := must2(t)(w.CreateUser(ctx, clerk.CreateUserParams{
		FirstName: new("x"), ExternalID: new("e"), EmailAddresses: []clerk.NewIdentifier{{Value: "a@example.com"}},
		SkipPasswordRequirement: new(true),
	}))
	create := func(params clerk.CreateUserParams) func() error {
		params.SkipPasswordRequirement = new(true)
		return func() error { _, err := w.CreateUser(ctx, params); return err }
	}
	tests := map[string]struct {
		call                  func() error
		status                int
		code, param, features string
		taken                 clerk.IdentifierKind
	}{
		"TakenAddress": {
			call:   create(clerk.CreateUserParams{FirstName: new("x"), EmailAddresses: []clerk.NewIdentifier{{Value: "A@example.com"}}}),
			status: 422, code: "form_identifier_exists", param: "email_address", taken: clerk.KindEmailAddress,
		},
		"TakenExternalID": {
			call: create(clerk.CreateUserParams{
				FirstName: new("x"), ExternalID: new("e"), EmailAddresses: []clerk.NewIdentifier{{Value: "b@example.com"}},
			}),
			status: 422, code: "form_identifier_exists", param: "external_id", taken: clerk.KindExternalID,
		},
		"MissingField": {
			call:   create(clerk.CreateUserParams{EmailAddresses: []clerk.NewIdentifier{{Value: "b@example.com"}}}),
			status: 422, code: "form_data_missing", param: "first_name",
		},
		"AttributeSwitchedOff": {
			call: func() error {
				_, err := w.UpdateUser(ctx, first.ID, clerk.UpdateUserParams{Username: new("jane")})
				return err
			},
			status: 422, code: "form_param_unknown", param: "username",
		},
		"MetadataTooLarge": {
			call: func() error {
				_, err := w.MergeMetadata(ctx, first.ID, clerk.MetadataParams{Private: clerk.Metadata{"k": strings.Repeat("v", 9000)}})
				return err
			},
			status: 422, code: "form_param_exceeds_allowed_size", param: "private_metadata",
		},
		"PlanWithoutBans": {
			call:   func() error { _, err := w.BanUser(ctx, first.ID); return err },
			status: 402, code: "unsupported_subscription_plan_features", features: "some",
		},
		"LockoutSwitchedOff": {
			call:   func() error { _, err := w.LockUser(ctx, first.ID); return err },
			status: 403, code: "feature_not_enabled",
		},
		"AddressOfTheSameUser": {
			call: func() error {
				_, err := w.CreateEmailAddress(ctx, clerk.CreateEmailAddressParams{UserID: first.ID, Address: "a@example.com"})
				return err
			},
			status: 422, code: "form_identifier_exists", param: "email_address", taken: clerk.KindEmailAddress,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := test.call()
			rejected, ok := clerk.Rejected(err)
			if !ok || rejected.Status != test.status || rejected.Code != test.code {
				t.Fatalf("got %v, want %d %s", err, test.status, test.code)
			}
			if rejected.Param != test.param {
				t.Errorf("it is about %q, want %q", rejected.Param, test.param)
			}
			if kind, ok := clerk.IdentifierTaken(err); kind != test.taken || ok != (test.taken != "") {
				t.Errorf("taken: %q, %v, want %q", kind, ok, test.taken)
			}
			if (len(rejected.Features) > 0) != (test.features != "") {
				t.Errorf("features %q", rejected.Features)
			}
			if rejected.TraceID == "" || strings.Contains(err.Error(), rejected.TraceID) {
				t.Errorf("trace id %q in %q", rejected.TraceID, err)
			}
			if clerk.AnswerLost(err) {
				t.Error("taken for a lost answer")
			}
		})
	}
}

func TestAnswersLostOnTheWay(t *testing.T) {
	t.Parallel()
	tests := map[string]emulator.Fault{
		"CutBefore":      {Cut: true},
		"CutAfter":       {Cut: true, AfterApplying: true},
		"Unavailable":    {Status: 503},
		"HTMLAfter":      {Status: 502, Body: "<html>bad gateway</html>", AfterApplying: true},
		"GoodButEmpty":   {Status: 200, AfterApplying: true},
		"GoodButForeign": {Status: 200, Body: `{"object":"user"}`, AfterApplying: true},
	}
	for name, fault := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newEnvironment(t, emulator.Settings{})
			w.instance.InjectFault(fault)
			_, err := w.CreateUser(t.Context(), clerk.CreateUserParams{
				ExternalID: new("e"), EmailAddresses: []clerk.NewIdentifier{{Value: "a@example.com"}}, SkipPasswordRequirement: new(true),
			})
			if !clerk.AnswerLost(err) {
				t.Fatalf("got %v, want a lost answer", err)
			}
			if n := len(w.instance.Journal()); n != 1 {
				t.Errorf("%d requests, want one: nothing is retried here", n)
			}
			users, err := w.UsersBy(t.Context(), clerk.KindExternalID, "e")
			if err != nil || (len(users) == 1) != fault.AfterApplying {
				t.Errorf("%d users, %v", len(users), err)
			}
		})
	}
}

func TestKeyThatIsRevoked(t *testing.T) {
	t.Parallel()
	w := newEnvironment(t, emulator.Settings{})
	w.instance.AddKey("sk_live_another")
	w.instance.RevokeKey(w.instance.Key())
	if _, err := w.CountUsers(t.Context()); !clerk.Unauthorized(err) {
		t.Fatalf("got %v, want that the key is refused", err)
	}
	if _, err := w.CountUsers(t.Context()); !clerk.Unauthorized(err) {
		t.Fatalf("got %v, want that the key is refused", err)
	}
	if closed, ok := errors.AsType[*clerk.KeyRefusedError](w.Reserve()); !ok || time.Until(closed.At) > time.Second {
		t.Errorf("got %v, want to be closed for a second", closed)
	}
	if _, err := w.client(t, "sk_live_another").CountUsers(t.Context()); err != nil {
		t.Errorf("the new key: %v", err)
	}
}

func TestLimitsOfTheEmulatorAreNotMet(t *testing.T) {
	t.Parallel()
	const budget = 100
	w := newEnvironment(t, emulator.Settings{InstanceRateLimit: budget})
	w.limiter = clerk.NewRateLimiter(clerk.RateLimiterConfig{RequestsPer10s: budget})
	c := w.client(t, w.instance.Key())
	answered := 0
	for end := time.Now().Add(3 * time.Second); time.Now().Before(end); {
		_, err := c.CountUsers(t.Context())
		if at, ok := clerk.Waiting(err); ok {
			if _, throttled := errors.AsType[*clerk.Error](err); throttled {
				t.Fatalf("met the limit after %d calls", answered)
			}
			time.Sleep(time.Until(at))
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		answered++
	}
	if answered < budget*3/10 {
		t.Errorf("%d calls in 3s, the budget allows %d", answered, budget*3/10)
	}
}

func TestLimitOfOneUser(t *testing.T) {
	t.Parallel()
	w := newEnvironment(t, emulator.Settings{UserRateLimit: 2})
	ctx := t.Context()
	var ids [2]string
	for i, name := range []string{"a@example.com", "b@example.com"} {
		ids[i] = must2(t)(w.CreateUser(ctx, clerk.CreateUserParams{
			EmailAddresses: []clerk.NewIdentifier{{Value: name}}, SkipPasswordRequirement: new(true),
		})).ID
	}
	var err error
	for i := 0; err == nil && i < 5; i++ {
		_, err = w.UpdateUser(ctx, ids[0], clerk.UpdateUserParams{FirstName: new("x")})
	}
	refused, ok := errors.AsType[*clerk.Error](err)
	if !ok || refused.Status != 429 || refused.RetryAfter < time.Second || refused.RetryAfter > 11*time.Second {
		t.Fatalf("got %v, want a 429 with a time", err)
	}
	sent := len(w.instance.Journal())
	_, err = w.MergeMetadata(ctx, ids[0], clerk.MetadataParams{Public: clerk.Metadata{}})
	if _, ok := clerk.Waiting(err); !ok || len(w.instance.Journal()) != sent {
		t.Errorf("got %v, want to wait without a call", err)
	}
	if _, err := w.UpdateUser(ctx, ids[1], clerk.UpdateUserParams{FirstName: new("y")}); err != nil {
		t.Errorf("another user: %v", err)
	}
}
