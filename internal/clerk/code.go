// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import "net/http"

// Code is what a call counts as. The values are stable: metrics show them.
type Code string

// All codes. Statuses that call for a reaction of their own have a code of their own.
const (
	Code2xx Code = "2xx"
	Code401 Code = "401"
	Code403 Code = "403"
	Code404 Code = "404"
	Code409 Code = "409"
	Code422 Code = "422"
	Code429 Code = "429"
	// Code4xx and Code5xx are the other statuses.
	Code4xx Code = "4xx"
	Code5xx Code = "5xx"
	// CodeNoAnswer means no answer of Clerk's: none at all, a status that Clerk does not use, or unusable content.
	CodeNoAnswer Code = "no_answer"
)

// Codes returns all codes.
func Codes() []Code {
	return []Code{Code2xx, Code401, Code403, Code404, Code409, Code422, Code429, Code4xx, Code5xx, CodeNoAnswer}
}

// Code returns what the call counts as. Every number that a server may answer has a code.
func (r RequestInfo) Code() Code {
	if r.Unusable {
		return CodeNoAnswer
	}
	switch r.Status {
	case http.StatusUnauthorized:
		return Code401
	case http.StatusForbidden:
		return Code403
	case http.StatusNotFound:
		return Code404
	case http.StatusConflict:
		return Code409
	case http.StatusUnprocessableEntity:
		return Code422
	case http.StatusTooManyRequests:
		return Code429
	}
	const hundred = 100
	switch r.Status / hundred {
	case 2:
		return Code2xx
	case 4:
		return Code4xx
	case 5:
		return Code5xx
	default:
		return CodeNoAnswer
	}
}
