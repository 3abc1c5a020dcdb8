// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"strconv"
	"strings"
)

// Forms of an answer that is not from Clerk. None of them quotes the answer.
const (
	formEmpty = "an empty body"
	formHTML  = "an HTML page"
	formJSON  = "JSON that is not Clerk's"
	formOther = "text that is not Clerk's"
)

// formOf describes the body of an answer.
func formOf(a *answer) string {
	media, _, _ := mime.ParseMediaType(a.header.Get("Content-Type"))
	text := strings.TrimSpace(string(a.body))
	switch {
	case text == "":
		return formEmpty
	case json.Valid(a.body):
		return formJSON
	case media == "text/html", strings.HasPrefix(text, "<"):
		return formHTML
	default:
		return formOther
	}
}

// Useless reports whether an answer is useless and will be the same for the same call: a 404, a redirect, a 4xx that is
// not in Clerk's form, or a success status with unexpected content. came describes the answer by status and form, and
// quotes nothing but Clerk's error code. It is false for what may pass (no answer, 5xx, 401, 408, 423, 425, 429), and
// for refusals by Clerk itself.
func Useless(err error) (came string, useless bool) {
	if malformed, ok := errors.AsType[*malformedError](err); ok {
		return "a success status and " + malformed.form, malformed.form != ""
	}
	e, ok := errors.AsType[*Error](err)
	if !ok || e.Status < 300 || e.Status > 499 {
		return "", false
	}
	came = "status " + strconv.Itoa(e.Status)
	switch {
	case e.foreign:
		return came + " and " + e.form, e.Status == http.StatusNotFound || !e.temporary()
	case e.Code != "":
		came += " " + e.Code
	}
	return came, e.Status == http.StatusNotFound
}
