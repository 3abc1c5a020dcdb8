// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// IsNotFound reports whether Clerk answered that the requested object does not exist. A 404 that is not from Clerk
// itself does not count.
func IsNotFound(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Status == http.StatusNotFound && !e.foreign
}

// Waiting reports whether the call was not made, or not carried out, for lack of budget, and when to repeat it. Either
// there was no token, or Clerk answered 429.
func Waiting(err error) (time.Time, bool) {
	if wait, ok := errors.AsType[*WaitError](err); ok {
		return wait.At, true
	}
	if e, ok := errors.AsType[*Error](err); ok && e.Status == http.StatusTooManyRequests {
		return e.RetryAt, true
	}
	return time.Time{}, false
}

// Unavailable reports whether a call failed for a reason that does not depend on what the call is about, and returns the reason: no
// answer came, or the answer is a 5xx or not from Clerk itself. The text is the same for all such calls. An answer with a success status
// is not from Clerk itself if it is no JSON.
func Unavailable(err error) (reason string, is bool) {
	if cut, ok := errors.AsType[*transportError](err); ok {
		return cut.Error(), true
	}
	if e, ok := errors.AsType[*Error](err); ok && (e.foreign || unanswered(e.Status)) {
		return "clerk answered " + strconv.Itoa(e.Status), true
	}
	if malformed, ok := errors.AsType[*malformedError](err); ok && malformed.form != "" && malformed.form != formJSON {
		return "clerk's answer is not usable: it is " + malformed.form, true
	}
	return "", false
}

// Unauthorized reports whether Clerk refuses the secret key, or the call was not made because Clerk refused the key
// before.
func Unauthorized(err error) bool {
	if _, ok := errors.AsType[*KeyRefusedError](err); ok {
		return true
	}
	e, ok := errors.AsType[*Error](err)
	return ok && e.Status == http.StatusUnauthorized
}

// Rejected reports whether Clerk refused the call because of its content, and returns Clerk's answer. The same call
// will be refused again. It is false for calls that may succeed later: statuses 401, 404, 408, 423, 425 and 429, a 409
// because of a concurrent write, and answers that are not from Clerk itself.
func Rejected(err error) (*Error, bool) {
	e, ok := errors.AsType[*Error](err)
	if !ok || e.foreign || e.Status < 400 || e.Status > 499 || e.temporary() {
		return nil, false
	}
	return e, true
}

// temporary reports whether a 4xx may pass without a change of the call.
func (e *Error) temporary() bool {
	switch e.Status {
	case http.StatusUnauthorized, http.StatusNotFound, http.StatusRequestTimeout, http.StatusLocked,
		http.StatusTooEarly, http.StatusTooManyRequests:
		return true
	case http.StatusConflict:
		return e.Code == "" || e.Code == "resource_locked" || e.Code == "conflict"
	default:
		return false
	}
}

// IdentifierTaken reports whether Clerk refused an identifier because some user has it, and the kind of the identifier;
// "" if Clerk does not say. Clerk never says which user has it.
func IdentifierTaken(err error) (IdentifierKind, bool) {
	e, ok := errors.AsType[*Error](err)
	switch {
	case !ok:
		return "", false
	case e.Status == http.StatusUnprocessableEntity && e.Code == "form_identifier_exists":
		return kindOf(e.Param), true
	case e.Status == http.StatusBadRequest && e.Code == "":
		// Clerk's catalogue lists IdentificationExists without a code, so only its text identifies it.
		return kindOf(e.Param), strings.Contains(e.Message, "already exists")
	default:
		return "", false
	}
}

// ProviderNotConnected reports whether Clerk has no token because the user has no working account at the provider.
// Either the instance does not offer the provider, or the user never connected the account, or the provider requires
// consent again. IsNotFound is also true for some of these errors, although the user exists.
func ProviderNotConnected(err error) bool {
	return hasCode(err, "oauth_token_provider_not_enabled", "external_account_not_found",
		"oauth_missing_access_token", "oauth_missing_refresh_token", "external_account_missing_refresh_token")
}

// wrongPassword reports whether Clerk compared a password and it was wrong.
func wrongPassword(err error) bool { return hasCode(err, "incorrect_password") }

// wrongCode reports whether Clerk compared a code and it was wrong.
func wrongCode(err error) bool { return hasCode(err, "totp_incorrect_code", "totp_invalid_length") }

// noImage reports whether there was no profile image to delete.
func noImage(err error) bool { return hasCode(err, "image_not_found") }

// hasCode reports whether Clerk refused a call with one of the codes. An answer whose status leaves the outcome unknown
// is no refusal, whatever its code.
func hasCode(err error, codes ...string) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && !unanswered(e.Status) && slices.Contains(codes, e.Code)
}

func kindOf(param string) IdentifierKind {
	switch kind := IdentifierKind(param); kind {
	case KindExternalID, KindEmailAddress, KindPhoneNumber, KindUsername, KindWeb3Wallet:
		return kind
	default:
		return ""
	}
}

// AnswerLost reports whether a write may have been carried out although it failed: it was sent, and its outcome is
// unknown.
func AnswerLost(err error) bool {
	_, ok := errors.AsType[*AnswerLostError](err)
	return ok
}
