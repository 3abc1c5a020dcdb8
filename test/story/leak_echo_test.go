// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

const (
	// everythingSent stands in a fault's body for all secrets that the request held, in every form in which an answer may
	// spell them; aSecretSent for one of them as it is.
	everythingSent = "%everything-sent%"
	aSecretSent    = "%a-secret-sent%"
)

// echoing has the answers that faults make up hold what was sent.
func echoing(t *testing.T, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			// The client gave the call up.
			panic(http.ErrAbortHandler)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		next.ServeHTTP(&echo{ResponseWriter: w, t: t, sent: secretsOf(r, body)}, r)
	})
}

type echo struct {
	http.ResponseWriter

	t    *testing.T
	sent []string
}

// Unwrap lets a fault cut the connection.
func (e *echo) Unwrap() http.ResponseWriter { return e.ResponseWriter }

// Write fills in what stands for what was sent. The emulator writes an answer in one piece.
func (e *echo) Write(answer []byte) (int, error) {
	text := string(answer)
	if strings.Contains(text, aSecretSent) || strings.Contains(text, everythingSent) {
		var all []string
		for _, value := range e.sent {
			all = append(all, echoesOf(value)...)
		}
		one, everything := e.sent[0], strings.Join(all, " ")
		if json.Valid(answer) {
			one, everything = inner(inJSON(one, true)), inner(inJSON(everything, true))
		}
		text = strings.NewReplacer(aSecretSent, one, everythingSent, everything).Replace(text)
	}
	if _, err := io.WriteString(e.ResponseWriter, text); err != nil {
		return 0, err
	}
	return len(answer), nil
}

// comment finds a text in a picture, which follows the end of its keyword.
var comment = regexp.MustCompile(`\x00([ -~]{16,})`)

// secretsOf are the secrets in a request, those of its body first.
func secretsOf(r *http.Request, body []byte) []string {
	var found []string
	var form map[string]any
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if decoder.Decode(&form) == nil {
		for _, field := range []string{"password", "password_digest", "totp_secret", "backup_codes", "code", "private_metadata"} {
			found = appendTexts(found, form[field])
		}
	}
	if in := comment.FindSubmatch(body); in != nil {
		found = append(found, string(in[1]))
	}
	return append(found, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
}

func appendTexts(found []string, value any) []string {
	switch value := value.(type) {
	case map[string]any:
		for _, part := range value {
			found = appendTexts(found, part)
		}
	case []any:
		for _, part := range value {
			found = appendTexts(found, part)
		}
	case json.Number:
		found = append(found, value.String())
	case string:
		found = append(found, value)
	}
	return found
}

// echoesOf are the forms in which an answer may repeat a value.
func echoesOf(value string) []string {
	return []string{
		value, strings.ToLower(value), strings.ToUpper(value), inner(strconv.Quote(value)),
		url.QueryEscape(value), url.PathEscape(value), hex.EncodeToString([]byte(value)),
		base64.StdEncoding.EncodeToString([]byte(value)), base64.URLEncoding.EncodeToString([]byte("x:" + value)),
	}
}

// echoInMessages refuses with everything in messages, codes and names of parameters.
const echoInMessages = `{"errors":[{"code":"` + aSecretSent + `","message":"refused ` + aSecretSent + `","long_message":"refused ` +
	everythingSent + `","meta":{"param_name":"` + aSecretSent + `","unsupported_features":["` + aSecretSent + `"]}}],"clerk_trace_id":"` +
	aSecretSent + `"}`

// echoInShortMessage has no long message, and a code that is known.
const echoInShortMessage = `{"errors":[{"code":"form_param_format_invalid","message":"refused ` + everythingSent +
	`","meta":{"param_names":["` + aSecretSent + `"]}}]}`

// passingFaults are the faults after which a call is sent again: answers of any kind that repeat everything.
func passingFaults() []emulator.Fault {
	return []emulator.Fault{
		{Status: 500, Body: echoInMessages, Header: map[string]string{"Clerk-Trace-Id": "trace"}},
		{Status: 502, Body: "<html>" + everythingSent + "</html>"},
		{Status: 200, Body: `{"id":"` + everythingSent},
		{Status: 429, Body: echoInShortMessage, Header: map[string]string{"Retry-After": "1"}},
	}
}

// refusals are answers after which a call is not made again by itself.
func refusals() []emulator.Fault {
	return []emulator.Fault{{Status: 422, Body: echoInMessages}, {Status: 422, Body: echoInShortMessage}, {Status: 402, Body: echoInMessages}}
}
