// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package emulator

import (
	"crypto/rand"
	"fmt"
	"math/big"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

const (
	// codeLasts is how long a code is valid.
	codeLasts = 10 * time.Minute
	// maxCodeAttempts is the number of wrong codes that end a verification.
	maxCodeAttempts = 3
	// smsPause is the time that Clerk requires before it sends the next code to the same number.
	smsPause = 30 * time.Second
	// testCode is the code of every test address or number in a development instance.
	testCode = "424242"

	verificationUnverified = "unverified"
	verificationVerified   = "verified"
	verificationFailed     = "failed"
	verificationExpired    = "expired"
)

// testPhonePattern is the form of Clerk's test numbers: unassigned American ones.
var testPhonePattern = regexp.MustCompile(`^\+1[0-9]{3}55501[0-9]{2}$`)

// SentCode is a code that Clerk would have sent to an address or number. The emulator only records it.
type SentCode struct {
	// Time is when the code was requested.
	Time time.Time `json:"time"`
	// To is the e-mail address or phone number, AddressID its id.
	To        string `json:"to"`
	AddressID string `json:"address_id"`
	// VerificationID and Code are the parameters of attempt_verification.
	VerificationID string `json:"verification_id"`
	Code           string `json:"code"`
}

// String prevents that the code is printed; it is read by its field.
func (s SentCode) String() string { return "(code for " + s.AddressID + ")" }

// GoString does the same for %#v.
func (s SentCode) GoString() string { return s.String() }

// SentCodes returns the codes for verifications that Clerk would have sent since the last Reset, oldest first.
func (i *Instance) SentCodes() []SentCode {
	i.mu.Lock()
	defer i.mu.Unlock()
	sent := make([]SentCode, len(i.store.verifications))
	for n, v := range i.store.verifications {
		sent[n] = v.sent
	}
	return sent
}

// codeVerification is the verification for which a code was sent. The address's own verification changes only when this
// one succeeds.
type codeVerification struct {
	sent     SentCode
	strategy string
	status   string
	attempts int
}

// verificationDocument is Clerk's response _VerificationResponse.
type verificationDocument struct {
	Object   string  `json:"object"`
	ID       string  `json:"id"`
	Status   string  `json:"status"`
	Strategy string  `json:"strategy"`
	Attempts int     `json:"attempts"`
	ExpireAt int64   `json:"expire_at"`
	Channel  *string `json:"channel"`
}

// attemptForm is the body of attempt_verification.
type attemptForm struct {
	VerificationID given[string] `json:"verification_id" null:"no"`
	Code           given[string] `json:"code"            null:"no"`
}

func prepareEmailVerification(c *call) (any, error) {
	u, n, err := c.emailHolder()
	if err != nil {
		return nil, err
	}
	return c.sendCode("email_code", u.EmailAddresses[n].EmailAddress, testEmail)
}

func preparePhoneVerification(c *call) (any, error) {
	u, n, err := c.phoneHolder()
	if err != nil {
		return nil, err
	}
	for _, v := range c.instance.store.verifications {
		if left := v.sent.Time.Add(smsPause).Sub(c.now); v.sent.AddressID == c.id("id") && left > 0 {
			return nil, tooManyCodes(left)
		}
	}
	return c.sendCode("phone_code", u.PhoneNumbers[n].PhoneNumber, testPhonePattern.MatchString)
}

func tooManyCodes(left time.Duration) error {
	e := refuse(http.StatusTooManyRequests, "verification_code_too_many_requests", "Too many requests",
		"Wait at least 30 seconds before you ask for another code.")
	e.retryAfter = int((left + time.Second - 1) / time.Second)
	return e
}

// testEmail reports whether the address is one of Clerk's test addresses, to which nothing is sent.
func testEmail(address string) bool {
	local, _, _ := strings.Cut(address, "@")
	return strings.Contains(local, "+clerk_test")
}

// sendCode begins a verification of the address in the path.
func (c *call) sendCode(strategy, to string, isTest func(string) bool) (any, error) {
	code := randomCode()
	if c.instance.environment == Development && isTest(to) {
		code = testCode
	}
	v := &codeVerification{strategy: strategy, status: verificationUnverified, sent: SentCode{
		Time: c.now, To: to, AddressID: c.id("id"), Code: code,
		VerificationID: c.instance.server.ids.next("ver_", c.now),
	}}
	c.instance.store.verifications = append(c.instance.store.verifications, v)
	return v.document(c.now), nil
}

func randomCode() string {
	number, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		return testCode
	}
	return fmt.Sprintf("%06d", number)
}

// statusAt returns the status of the verification: one that was not completed in time has expired.
func (v *codeVerification) statusAt(now time.Time) string {
	if v.status == verificationUnverified && !now.Before(v.expires()) {
		return verificationExpired
	}
	return v.status
}

func (v *codeVerification) expires() time.Time { return v.sent.Time.Add(codeLasts) }

func (v *codeVerification) document(now time.Time) verificationDocument {
	document := verificationDocument{
		Object: "verification_otp", ID: v.sent.VerificationID, Status: v.statusAt(now), Strategy: v.strategy,
		Attempts: v.attempts, ExpireAt: millis(v.expires()),
	}
	if v.strategy == "phone_code" {
		document.Channel = new("sms")
	}
	return document
}

// provable is what a verification reads and writes of an address or number.
type provable struct {
	identity     identity
	verification **Verification
	reserved     *bool
	updatedAt    *int64
}

func attemptEmailVerification(c *call) (any, error) {
	u, n, err := c.emailHolder()
	if err != nil {
		return nil, err
	}
	return c.attempt(u, func(u *User) provable {
		e := &u.EmailAddresses[n]
		return provable{newIdentity("email_address", e.EmailAddress), &e.Verification, &e.Reserved, &e.UpdatedAt}
	})
}

func attemptPhoneVerification(c *call) (any, error) {
	u, n, err := c.phoneHolder()
	if err != nil {
		return nil, err
	}
	return c.attempt(u, func(u *User) provable {
		p := &u.PhoneNumbers[n]
		return provable{newIdentity("phone_number", p.PhoneNumber), &p.Verification, &p.Reserved, &p.UpdatedAt}
	})
}

// attempt checks the code that the call brings for a verification of an address. A wrong code is an answer and no refusal.
func (c *call) attempt(u *User, of func(*User) provable) (any, error) {
	var form attemptForm
	if err := decode(c, &form); err != nil {
		return nil, err
	}
	v, err := c.verification(&form)
	if err != nil {
		return nil, err
	}
	if v.statusAt(c.now) != verificationUnverified {
		return v.document(c.now), nil
	}
	v.attempts++
	switch {
	case form.Code.Value == v.sent.Code:
		if err := c.prove(u, of, v); err != nil {
			return nil, err
		}
		v.status = verificationVerified
	case v.attempts >= maxCodeAttempts:
		v.status = verificationFailed
	}
	return v.document(c.now), nil
}

// prove makes the address verified. One that is already stays as it is, and one that another user proved first stays his.
func (c *call) prove(u *User, of func(*User) provable, v *codeVerification) error {
	before := of(u)
	if (*before.verification).verified() {
		return nil
	}
	if c.instance.store.taken(before.identity, u.ID) {
		return unprocessable(identifierExists(before.identity.kind))
	}
	_, err := c.change(u.ID, func(u *User) error {
		address := of(u)
		*address.verification = &Verification{
			Object: "verification_otp", Status: verificationVerified, Strategy: v.strategy,
			Attempts: new(v.attempts), ExpireAt: new(millis(v.expires())),
		}
		*address.reserved, *address.updatedAt = false, millis(c.now)
		return nil
	})
	return err
}

// verification returns the verification that the form names, which must be one of the address and not be over with success.
func (c *call) verification(form *attemptForm) (*codeVerification, error) {
	var missing []errorEntry
	if form.VerificationID.Value == "" {
		missing = append(missing, missingParam("verification_id"))
	}
	if form.Code.Value == "" {
		missing = append(missing, missingParam("code"))
	}
	if err := unprocessable(missing...); err != nil {
		return nil, err
	}
	n := slices.IndexFunc(c.instance.store.verifications, func(v *codeVerification) bool {
		return v.sent.VerificationID == form.VerificationID.Value && v.sent.AddressID == c.id("id")
	})
	if n < 0 {
		return nil, notFound("verification", form.VerificationID.Value)
	}
	v := c.instance.store.verifications[n]
	if v.status == verificationVerified {
		return nil, refuse(http.StatusBadRequest, "verification_already_verified", "already verified",
			"This verification has already been completed.")
	}
	return v, nil
}
