// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

func TestLine(t *testing.T) {
	t.Parallel()
	const value = "hunter2-is-my-password"
	tests := map[string]struct{ text, want string }{
		"PlainTextIsKept":          {"That email address is taken. Please try another.", "That email address is taken. Please try another."},
		"IDsAreKept":               {"No user was found with id user_29w83sxmDNGwOuEthce5gg56FcC.", "No user was found with id user_29w83sxmDNGwOuEthce5gg56FcC."},
		"ParamNamesAreKept":        {"notify_primary_email_address_changed is not known", "notify_primary_email_address_changed is not known"},
		"ValueOfTheRequest":        {"password " + value + " is weak", "password [redacted] is weak"},
		"ValueInOtherCase":         {"HUNTER2-IS-MY-PASSWORD is weak", "[redacted] is weak"},
		"ValueInsideAWord":         {"x" + value + "y", "x[redacted]y"},
		"ShortValueAlone":          {"pin: 'q7'", "pin: '[redacted]'"},
		"ShortValueTwice":          {"q7,q7", "[redacted],[redacted]"},
		"ShortValueInsideAWord":    {"faq77", "faq77"},
		"SecretKey":                {"key sk_live_abcDEF123 is invalid", "key [redacted] is invalid"},
		"SecretKeyInUpperCase":     {"key SK_TEST_ABC.", "key [redacted]"},
		"WebhookSecret":            {"whsec_abc123", "[redacted]"},
		"Bearer":                   {"Authorization: Bearer abc", "Authorization: [redacted]"},
		"JWT":                      {"token eyJhbGciOi.eyJzdWIiOi.sig-nature", "token [redacted]"},
		"LongToken":                {"session 0123456789abcdef0123456789abcdef ended", "session [redacted] ended"},
		"Base64":                   {"c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0czI=", "[redacted]"},
		"LinesBecomeSpaces":        {"one\r\ntwo\n\nlevel=error msg=forged\u2028three\u0085four", "one two level=error msg=forged three four"},
		"EscapesAreDropped":        {"\x1b[31mred\x1b[0m\x00\x07", "[31mred [0m"},
		"DirectionMarksAreDropped": {"a\u202eb\u2066c\ufeffd", "a b c d"},
		"BadUTF8IsDropped":         {"a\xff\xfeb", "a b"},
		"NothingIsNothing":         {"", ""},
	}
	r := redactor{values: []string{value, "q7", ""}}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := r.line(test.text, maxMessage); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func FuzzLine(f *testing.F) {
	f.Add("That email address is taken.", "taken", 100)
	f.Add("sk_live_abc\nlevel=error", "x", 10)
	f.Add("Bearer \x00\u202e…", "ä", 3)
	f.Add("hunter2hunter2", "hunter2", 64)
	f.Fuzz(func(t *testing.T, text, value string, limit int) {
		limit = max(3, min(limit, maxErrorText))
		got := redactor{values: []string{value, testKey}}.line(text, limit)
		if len(got) > limit {
			t.Fatalf("%d bytes, want at most %d", len(got), limit)
		}
		if !utf8.ValidString(got) {
			t.Fatalf("not UTF-8: %q", got)
		}
		if i := strings.IndexFunc(got, func(r rune) bool { return r != ' ' && (unicode.IsSpace(r) || !unicode.IsGraphic(r)) }); i >= 0 {
			t.Fatalf("prints badly: %q", got)
		}
		if strings.Contains(got, testKey) {
			t.Fatalf("holds the key: %q", got)
		}
		long := utf8.RuneCountInString(value) > shortValue && utf8.ValidString(value) && !strings.Contains(redacted, value)
		if long && strings.Contains(text, value) && strings.Contains(got, value) {
			t.Fatalf("holds the value %q: %q", value, got)
		}
	})
}

// TestEchoesInOtherLettersAreTakenOut makes a server lower-case, upper-case and normalize what it echoes.
func TestEchoesInOtherLettersAreTakenOut(t *testing.T) {
	t.Parallel()
	for _, value := range []string{
		"\u017fecret-long", "\u0130stanbul", "\u0131rmak-1", "\u03bf\u03b4\u03cc\u03c2", "\u212aelvin", "caf\u00e9-4711", "cafe\u0301-4711",
		"\uff21\uff22\uff23\uff24", "\ufb01sh-4711", "\u00b5-farad",
	} {
		r := newRedactor([]string{value})
		for name, echo := range map[string]string{
			"AsItIs": value, "Lower": strings.ToLower(value), "Upper": strings.ToUpper(value), "NFC": norm.NFC.String(value),
			"NFD": norm.NFD.String(value), "NFKC": norm.NFKC.String(value), "LowerNFD": strings.ToLower(norm.NFD.String(value)),
			"UpperNFKC": strings.ToUpper(norm.NFKC.String(value)),
		} {
			if got := r.line("the value "+echo+" is weak", maxMessage); got != "the value [redacted] is weak" {
				t.Errorf("%q echoed in %s is told as %q", value, name, got)
			}
		}
	}
}

func TestShortenKeepsCharactersWhole(t *testing.T) {
	t.Parallel()
	for limit := 3; limit < 40; limit++ {
		got := shorten("ääääää €€€€ 😀😀😀 tail", limit)
		if len(got) > limit || !utf8.ValidString(got) {
			t.Errorf("limit %d: %q with %d bytes", limit, got, len(got))
		}
	}
	if got := shorten("fits", 4); got != "fits" {
		t.Errorf("got %q", got)
	}
}

// secrets are values of requests that must never come back in the text of an error.
func secrets() []string {
	return []string{
		"metadata-value-one", "nested value two", "line\nbreak \"quoted\" <three>", "Ünïcödé-four", "sEcReT@Example.com", "+15555550123",
		"ext-id-5", "Jane-Six", "7777777", "q9!",
	}
}

func callsWithSecrets(c *Client) map[string]func(t *testing.T) error {
	s := secrets()
	metadata := Metadata{"k": s[0], "l": map[string]any{"m": []any{s[1], 7777777}}, "n": s[2], "o": s[9]}
	return map[string]func(t *testing.T) error{
		"CreateUser": func(t *testing.T) error {
			t.Helper()
			_, err := c.CreateUser(t.Context(), CreateUserParams{
				ExternalID: &s[6], FirstName: &s[7], LastName: &s[3], EmailAddresses: []NewIdentifier{{Value: s[4]}},
				PhoneNumbers: []NewIdentifier{{Value: s[5]}}, PrivateMetadata: metadata,
			})
			return err
		},
		"UpdateUser": func(t *testing.T) error {
			t.Helper()
			_, err := c.UpdateUser(t.Context(), testUserID, UpdateUserParams{ExternalID: &s[6], FirstName: &s[7], LastName: &s[3]})
			return err
		},
		"MergeMetadata": func(t *testing.T) error {
			t.Helper()
			_, err := c.MergeMetadata(t.Context(), testUserID, MetadataParams{Private: metadata})
			return err
		},
		"ReplaceMetadata": func(t *testing.T) error {
			t.Helper()
			_, err := c.ReplaceMetadata(t.Context(), testUserID, MetadataParams{Private: metadata})
			return err
		},
		"CreateEmailAddress": func(t *testing.T) error {
			t.Helper()
			_, err := c.CreateEmailAddress(t.Context(), CreateEmailAddressParams{UserID: testUserID, Address: s[4]})
			return err
		},
		"UsersByEmailAddress": func(t *testing.T) error {
			t.Helper()
			_, err := c.UsersBy(t.Context(), KindEmailAddress, s[4])
			return err
		},
		"UsersByExternalID": func(t *testing.T) error {
			t.Helper()
			_, err := c.UsersBy(t.Context(), KindExternalID, s[6])
			return err
		},
	}
}

// echoes are servers that return everything that they receive, in every place of an error.
func echoes() map[string]func(r *http.Request, body string) (status int, header, answer string) {
	everything := func(r *http.Request, body string) string {
		query := r.URL.Query()
		return body + " " + r.URL.RawQuery + " " + fmt.Sprint(query) + " " + r.Header.Get("Authorization") + " " + testKey +
			" " + strings.Join(leavesOf(body), " ")
	}
	inError := func(status int) func(r *http.Request, body string) (int, string, string) {
		return func(r *http.Request, body string) (int, string, string) {
			text := everything(r, body)
			var names []string
			for _, name := range append(leavesOf(body), testKey) {
				names = append(names, quote(name))
			}
			list := "[" + strings.Join(names, ",") + "]"
			return status, testKey, `{"errors":[{"message":` + quote(text) + `,"long_message":` + quote(text) + `,"code":"` + testKey +
				`","meta":{"param_names":` + list + `,"unsupported_features":` + list + `}}],"clerk_trace_id":"` + testKey + `"}`
		}
	}
	return map[string]func(r *http.Request, body string) (int, string, string){
		"InTheMessage":   inError(http.StatusUnprocessableEntity),
		"InAServerError": inError(http.StatusInternalServerError),
		"InA429":         inError(http.StatusTooManyRequests),
		"InText":         func(r *http.Request, body string) (int, string, string) { return 500, testKey, everything(r, body) },
		"InAGoodAnswer":  func(r *http.Request, body string) (int, string, string) { return 200, "", everything(r, body) },
		"AsMetadata": func(_ *http.Request, body string) (int, string, string) {
			return 200, "", `{"id":"user_1","public_metadata":` + quote(body) + "}"
		},
		"AsAnID": func(_ *http.Request, body string) (int, string, string) { return 200, "", `{"id":` + quote(body) + "}" },
		"AsAFieldOfBadType": func(_ *http.Request, body string) (int, string, string) {
			return 200, "", `{"id":"user_1","banned":` + quote(body) + "}"
		},
	}
}

func quote(text string) string {
	quoted, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return string(quoted)
}

// leavesOf returns the texts and numbers in JSON.
func leavesOf(body string) []string {
	var value any
	if json.Unmarshal([]byte(body), &value) != nil {
		return nil
	}
	var leaves []string
	var visit func(any)
	visit = func(value any) {
		switch value := value.(type) {
		case map[string]any:
			for _, inner := range value {
				visit(inner)
			}
		case []any:
			for _, inner := range value {
				visit(inner)
			}
		case nil, bool:
		case float64:
			leaves = append(leaves, fmt.Sprintf("%.0f", value))
		default:
			leaves = append(leaves, fmt.Sprint(value))
		}
	}
	visit(value)
	return leaves
}

func TestNoErrorShowsTheKeyOrWhatWasSent(t *testing.T) {
	t.Parallel()
	for name, echo := range echoes() {
		clerk := newStub(t, nil)
		clerk.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			status, header, answer := echo(r, string(body))
			w.Header().Set("Clerk-Trace-Id", header)
			answering(status, answer)(w, r)
		})
		for call, calling := range callsWithSecrets(newTestClient(t, clerk.URL)) {
			t.Run(call+"Echoed"+name, func(t *testing.T) {
				t.Parallel()
				err := calling(t)
				if err == nil {
					t.Fatal("got no error")
				}
				checkDiscreet(t, err)
			})
		}
	}
}

// checkDiscreet checks the texts of the error and of all errors that it wraps, and their fields.
func checkDiscreet(t *testing.T, err error) {
	t.Helper()
	var texts []string
	for e := err; e != nil; e = errors.Unwrap(e) {
		texts = append(texts, e.Error(), fmt.Sprintf("%+v", e), fmt.Sprintf("%#v", e))
		if ours, ok := errors.AsType[*Error](e); ok {
			texts = append(texts, ours.Code, ours.Message, ours.Param, ours.TraceID, strings.Join(ours.Features, " "), Remedy(ours))
		}
	}
	for _, text := range texts {
		for _, secret := range append(secrets(), testKey, strings.ToLower(secrets()[4]), quote(secrets()[2])) {
			if strings.Contains(text, secret) {
				t.Errorf("%q tells %q", text, secret)
			}
		}
	}
	if text := err.Error(); len(text) > maxErrorText || strings.ContainsAny(text, "\n\r\x1b") {
		t.Errorf("text of %d bytes: %q", len(text), text)
	}
}

func TestValuesOfARequest(t *testing.T) {
	t.Parallel()
	r := &request{
		query:       map[string][]string{"external_id": {"+abc"}, "limit": {"500"}},
		contentType: "application/json",
		body:        []byte(`{"key":"value","list":["two",3,44,true,null,""],"deep":{"quoted":"a\"b"}}`),
	}
	want := []string{"value", "+abc", "a\\\"b", "abc", "a\"b", "two", "44"}
	got := r.values()
	for _, value := range want {
		if !slices.Contains(got, value) {
			t.Errorf("%q is missing in %q", value, got)
		}
	}
	if len(got) != len(want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if !slices.IsSortedFunc(got, func(a, b string) int { return len(b) - len(a) }) {
		t.Errorf("%q is not sorted, the longest first", got)
	}
	form := &request{contentType: "multipart/form-data", body: []byte("x")}
	if got := form.values(); len(got) != 0 {
		t.Errorf("a form has %q", got)
	}
}
