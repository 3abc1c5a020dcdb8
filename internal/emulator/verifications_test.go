// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// verification is what prepare_verification and attempt_verification answer.
type verification struct {
	Object, ID, Status, Strategy string
	Attempts                     int
	ExpireAt                     int64 `json:"expire_at"`
	Channel                      *string
}

func (a answer) verification() verification {
	a.t.Helper()
	var v verification
	a.ok().decode(&v)
	return v
}

// address is one of a user, in the words of its operations.
type address struct {
	c    *client
	path string
}

func (a address) prepare() verification {
	a.c.t.Helper()
	return a.c.send("POST", a.path+"/prepare_verification", nil).verification()
}

func (a address) attempt(id, code string) answer {
	a.c.t.Helper()
	return a.c.send("POST", a.path+"/attempt_verification", m{"verification_id": id, "code": code})
}

// code returns the code that was sent for the verification.
func (c *client) code(verification string) string {
	c.t.Helper()
	for _, sent := range c.instance.SentCodes() {
		if sent.VerificationID == verification {
			return sent.Code
		}
	}
	c.t.Fatalf("no code was sent for %s", verification)
	return ""
}

// wrongCode returns a code that is not the one that was sent.
func (c *client) wrongCode(verification string) string {
	if c.code(verification) == "000000" {
		return "111111"
	}
	return "000000"
}

func TestEmailAddressIsVerifiedByCode(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	u := c.instance.Seed(emulator.User{
		Username: new("u"), EmailAddresses: []emulator.EmailAddress{emulator.ReservedEmail("a@example.com")},
	})
	e := address{c, "/email_addresses/" + u.EmailAddresses[0].ID}
	v := e.prepare()
	if v.Object != "verification_otp" || !strings.HasPrefix(v.ID, "ver_") || v.Status != "unverified" || v.Strategy != "email_code" ||
		v.Attempts != 0 || v.ExpireAt != noon.Add(10*time.Minute).UnixMilli() || v.Channel != nil {
		t.Errorf("prepared %+v", v)
	}
	sent := c.instance.SentCodes()
	if len(sent) != 1 || sent[0].To != "a@example.com" || sent[0].AddressID != u.EmailAddresses[0].ID || len(sent[0].Code) != 6 ||
		!sent[0].Time.Equal(noon) {
		t.Errorf("sent %+v", sent)
	}
	if after := c.instance.User(u.ID); after.EmailAddresses[0].Verification != nil || after.UpdatedAt != u.UpdatedAt {
		t.Errorf("asking for a code changed %+v", after.EmailAddresses[0])
	}
	if got := e.attempt(v.ID, c.wrongCode(v.ID)).verification(); got.Status != "unverified" || got.Attempts != 1 {
		t.Errorf("after a wrong code %+v", got)
	}
	if got := e.attempt(v.ID, c.code(v.ID)).verification(); got.Status != "verified" || got.Attempts != 2 || got.ID != v.ID {
		t.Errorf("after the right code %+v", got)
	}
	after := c.instance.User(u.ID)
	proof := after.EmailAddresses[0].Verification
	if proof == nil || proof.Object != "verification_otp" || proof.Status != "verified" || proof.Strategy != "email_code" ||
		*proof.Attempts != 2 || after.EmailAddresses[0].Reserved || after.UpdatedAt <= u.UpdatedAt {
		t.Errorf("the address is %+v with %+v", after.EmailAddresses[0], proof)
	}
	c.send("GET", "/users/"+u.ID, nil).ok()
	e.attempt(v.ID, c.code(v.ID)).refused(http.StatusBadRequest, "verification_already_verified")
}

func TestVerifiedAddressIsLeftAsItIs(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	u := c.instance.Seed(emulator.User{EmailAddresses: []emulator.EmailAddress{emulator.VerifiedEmail("a@example.com")}})
	e := address{c, "/email_addresses/" + u.EmailAddresses[0].ID}
	v := e.prepare()
	if got := e.attempt(v.ID, c.code(v.ID)).verification(); got.Status != "verified" {
		t.Errorf("%+v", got)
	}
	if after := c.instance.User(u.ID); after.UpdatedAt != u.UpdatedAt ||
		after.EmailAddresses[0].Verification.Object != "verification_admin" {
		t.Errorf("the address became %+v", after.EmailAddresses[0].Verification)
	}
}

func TestVerificationEnds(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	u := c.instance.Seed(emulator.User{
		Username: new("u"), EmailAddresses: []emulator.EmailAddress{emulator.UnverifiedEmail("a@example.com")},
	})
	e := address{c, "/email_addresses/" + u.EmailAddresses[0].ID}
	failing, expiring := e.prepare(), e.prepare()
	for n, want := range []string{"unverified", "unverified", "failed", "failed"} {
		if got := e.attempt(failing.ID, c.wrongCode(failing.ID)).verification(); got.Status != want || got.Attempts != min(n+1, 3) {
			t.Errorf("after wrong code %d: %+v, want %s", n+1, got, want)
		}
	}
	if got := e.attempt(failing.ID, c.code(failing.ID)).verification(); got.Status != "failed" {
		t.Errorf("the right code came too late and yet: %+v", got)
	}
	c.server.Clock().Advance(10 * time.Minute)
	if got := e.attempt(expiring.ID, c.code(expiring.ID)).verification(); got.Status != "expired" || got.Attempts != 0 {
		t.Errorf("after ten minutes: %+v", got)
	}
	if c.instance.User(u.ID).EmailAddresses[0].Verification != nil {
		t.Error("the address is verified")
	}
}

func TestVerificationRefusals(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	addresses := []emulator.EmailAddress{emulator.UnverifiedEmail("a@example.com"), emulator.UnverifiedEmail("b@example.com")}
	u := c.instance.Seed(emulator.User{Username: new("u"), EmailAddresses: addresses})
	first, second := address{c, "/email_addresses/" + u.EmailAddresses[0].ID}, address{c, "/email_addresses/" + u.EmailAddresses[1].ID}
	v := first.prepare()
	for _, noun := range []string{"email_addresses", "phone_numbers"} {
		c.send("POST", "/"+noun+"/idn_x/prepare_verification", nil).refused(http.StatusNotFound, "resource_not_found")
		c.send("POST", "/"+noun+"/idn_x/attempt_verification", m{}).refused(http.StatusNotFound, "resource_not_found")
	}
	attempt := first.path + "/attempt_verification"
	c.send("POST", attempt, m{}).refused(422, "form_param_missing/verification_id", "form_param_missing/code")
	c.send("POST", attempt, m{"verification_id": v.ID, "code": nil}).refused(422, "form_param_nil/code")
	c.send("POST", attempt, m{"verification_id": v.ID, "code": "1", "primary": true}).refused(422, "form_param_unknown/primary")
	first.attempt("ver_x", "123456").refused(http.StatusNotFound, "resource_not_found")
	second.attempt(v.ID, c.code(v.ID)).refused(http.StatusNotFound, "resource_not_found")
	c.instance.Seed(emulator.User{EmailAddresses: []emulator.EmailAddress{emulator.VerifiedEmail("a@example.com")}})
	first.attempt(v.ID, c.code(v.ID)).refused(422, "form_identifier_exists/email_address")
	if c.instance.User(u.ID).EmailAddresses[0].Verification != nil {
		t.Error("an address that another user proved is verified")
	}
}

func TestPhoneNumberIsVerifiedByCode(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	numbers := []emulator.PhoneNumber{emulator.UnverifiedPhone("+14155550133"), emulator.UnverifiedPhone("+14155559999")}
	u := c.instance.Seed(emulator.User{Username: new("u"), PhoneNumbers: numbers})
	p, other := address{c, "/phone_numbers/" + u.PhoneNumbers[0].ID}, address{c, "/phone_numbers/" + u.PhoneNumbers[1].ID}
	v := p.prepare()
	if v.Strategy != "phone_code" || text(v.Channel) != "sms" {
		t.Errorf("prepared %+v", v)
	}
	other.prepare()
	for _, want := range []string{"29", "1"} {
		c.server.Clock().Advance(time.Second)
		again := c.send("POST", p.path+"/prepare_verification", nil)
		again.refused(http.StatusTooManyRequests, "verification_code_too_many_requests")
		if wait := again.header.Get("Retry-After"); wait != want {
			t.Errorf("Retry-After %s, want %s", wait, want)
		}
		c.server.Clock().Advance(27 * time.Second)
	}
	p.prepare()
	if got := p.attempt(v.ID, c.code(v.ID)).verification(); got.Status != "verified" {
		t.Errorf("after the right code %+v", got)
	}
	after := c.instance.User(u.ID)
	if proof := after.PhoneNumbers[0].Verification; proof == nil || proof.Strategy != "phone_code" ||
		after.PhoneNumbers[1].Verification != nil {
		t.Errorf("the number is %+v", proof)
	}
	c.send("GET", "/users/"+u.ID, nil).ok()
}

func TestTestAddressesHaveAFixedCodeInDevelopment(t *testing.T) {
	t.Parallel()
	for _, environment := range []emulator.Environment{emulator.Development, emulator.Production} {
		for to, test := range map[string]bool{
			"a+clerk_test@example.com": true, "a+clerk_test_b@example.com": true, "a@clerk_test.example.com": false, "a@example.com": false,
			"+14155550100": true, "+14155550199": true, "+14155550200": false, "+4915555501001": false,
		} {
			t.Run(fmt.Sprint(environment, " ", to), func(t *testing.T) {
				t.Parallel()
				c := start(t, emulator.InstanceConfig{Environment: environment})
				seed := emulator.User{Username: new("u")}
				var path string
				if strings.Contains(to, "@") {
					seed.EmailAddresses = []emulator.EmailAddress{emulator.UnverifiedEmail(to)}
					path = "/email_addresses/" + c.instance.Seed(seed).EmailAddresses[0].ID
				} else {
					seed.PhoneNumbers = []emulator.PhoneNumber{emulator.UnverifiedPhone(to)}
					path = "/phone_numbers/" + c.instance.Seed(seed).PhoneNumbers[0].ID
				}
				a := address{c, path}
				// Two codes, because one can be 424242 by chance.
				first := a.prepare()
				c.server.Clock().Advance(time.Minute)
				second := a.prepare()
				fixed := c.code(first.ID) == "424242" && c.code(second.ID) == "424242"
				if want := test && environment == emulator.Development; fixed != want {
					t.Errorf("the code is 424242: %t, want %t", fixed, want)
				}
				if got := a.attempt(second.ID, c.code(second.ID)).verification(); got.Status != "verified" {
					t.Errorf("with the code: %s", got.Status)
				}
			})
		}
	}
}

func TestSentCodesAreForgottenAndNeverPrinted(t *testing.T) {
	t.Parallel()
	c := start(t, emulator.InstanceConfig{})
	u := c.create(m{"email_address": []string{"a@example.com"}})
	address{c, "/email_addresses/" + u.EmailAddresses[0].ID}.prepare()
	sent := c.instance.SentCodes()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if got := fmt.Sprintf(verb, sent); strings.Contains(got, sent[0].Code) {
			t.Errorf("%s prints %s", verb, got)
		}
	}
	c.instance.Reset()
	if left := c.instance.SentCodes(); len(left) != 0 {
		t.Errorf("%d codes are left", len(left))
	}
}
