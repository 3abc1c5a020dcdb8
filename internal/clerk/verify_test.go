// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"net/http"
	"testing"
)

func TestVerificationsThatSayNo(t *testing.T) {
	t.Parallel()
	answers := map[string]struct {
		status   int
		code     string
		password predicates
		totp     predicates
		// noPassword and noCode are true if the answer is no, and no error.
		noPassword, noCode bool
	}{
		"IncorrectPassword":         {status: 422, code: "incorrect_password", noPassword: true, totp: predicates{Rejected: true}},
		"IncorrectCode":             {status: 422, code: "totp_incorrect_code", noCode: true, password: predicates{Rejected: true}},
		"CodeOfWrongLength":         {status: 422, code: "totp_invalid_length", noCode: true, password: predicates{Rejected: true}},
		"NoPassword":                {status: 400, code: "no_password_set", password: predicates{Rejected: true}, totp: predicates{Rejected: true}},
		"NoAuthenticator":           {status: 400, code: "totp_disabled", password: predicates{Rejected: true}, totp: predicates{Rejected: true}},
		"IncorrectByAServerError":   {status: 500, code: "incorrect_password", password: predicates{Lost: true}, totp: predicates{Lost: true}},
		"IncorrectByATimeout":       {status: 408, code: "totp_incorrect_code", password: predicates{Lost: true}, totp: predicates{Lost: true}},
		"UnprocessableForSomething": {status: 422, code: "form_param_nil", password: predicates{Rejected: true}, totp: predicates{Rejected: true}},
	}
	for name, test := range answers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newTestClient(t, newStub(t, answering(test.status, errorJSON(test.code, ""))).URL)
			verified, err := c.VerifyPassword(t.Context(), testUserID, "hunter2")
			if verified || (err == nil) != test.noPassword || predicatesOf(err) != test.password {
				t.Errorf("password: %t, %v, want no error: %t, predicates %+v", verified, err, test.noPassword, test.password)
			}
			totp, err := c.VerifyTOTP(t.Context(), testUserID, "123456")
			if totp != (TOTPVerification{}) || (err == nil) != test.noCode || predicatesOf(err) != test.totp {
				t.Errorf("code: %+v, %v, want no error: %t, predicates %+v", totp, err, test.noCode, test.totp)
			}
		})
	}
}

// The verified text may equal Clerk's own words.
func TestVerifyingAPasswordThatReadsLikeACode(t *testing.T) {
	t.Parallel()
	c := newTestClient(t, newStub(t, answering(http.StatusUnprocessableEntity, errorJSON("incorrect_password", ""))).URL)
	if verified, err := c.VerifyPassword(t.Context(), testUserID, "incorrect_password"); verified || err != nil {
		t.Errorf("got %t, %v, want a plain no", verified, err)
	}
}
