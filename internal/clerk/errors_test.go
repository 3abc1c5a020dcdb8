// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// errorJSON is Clerk's body for one error.
func errorJSON(code, param string) string {
	return fmt.Sprintf(`{"errors":[{"message":"short","long_message":"Long text.","code":%q,"meta":{"param_name":%q}}],"clerk_trace_id":"trace-1"}`, code, param)
}

// predicates holds what the predicates return for an error.
type predicates struct {
	NotFound, Waiting, Unauthorized, Rejected, Taken, Lost bool
	TakenKind                                              IdentifierKind
}

func predicatesOf(err error) predicates {
	var f predicates
	f.NotFound = IsNotFound(err)
	_, f.Waiting = Waiting(err)
	f.Unauthorized = Unauthorized(err)
	_, f.Rejected = Rejected(err)
	f.TakenKind, f.Taken = IdentifierTaken(err)
	f.Lost = AnswerLost(err)
	return f
}

func TestPredicatesOfAnswers(t *testing.T) {
	t.Parallel()
	const noBody, html = "", "<html><body>Bad Gateway</body></html>"
	tests := map[string]struct {
		status int
		body   string
		// read and write are the results of a read and of a write with this answer.
		read, write predicates
	}{
		"BadRequest":          {400, errorJSON("request_body_invalid", ""), predicates{Rejected: true}, predicates{Rejected: true}},
		"PlanLacksFeature":    {402, errorJSON("unsupported_subscription_plan_features", ""), predicates{Rejected: true}, predicates{Rejected: true}},
		"Forbidden":           {403, errorJSON("user_quota_exceeded", ""), predicates{Rejected: true}, predicates{Rejected: true}},
		"NotFound":            {404, errorJSON("resource_not_found", ""), predicates{NotFound: true}, predicates{NotFound: true}},
		"RequestTimeout":      {408, noBody, predicates{}, predicates{Lost: true}},
		"ResourceLocked":      {409, errorJSON("resource_locked", ""), predicates{}, predicates{}},
		"Conflict":            {409, errorJSON("conflict", ""), predicates{}, predicates{}},
		"ConflictWithoutCode": {409, errorJSON("", ""), predicates{}, predicates{}},
		"DirectoryManaged":    {409, errorJSON("user_managed_by_scim", ""), predicates{Rejected: true}, predicates{Rejected: true}},
		"UnknownConflict":     {409, errorJSON("brand_new", ""), predicates{Rejected: true}, predicates{Rejected: true}},
		"Gone":                {410, errorJSON("operation_deprecated", ""), predicates{Rejected: true}, predicates{Rejected: true}},
		"Unprocessable":       {422, errorJSON("form_param_unknown", "email_address"), predicates{Rejected: true}, predicates{Rejected: true}},
		"UnknownCode":         {422, errorJSON("brand_new", ""), predicates{Rejected: true}, predicates{Rejected: true}},
		"Locked":              {423, errorJSON("x", ""), predicates{}, predicates{}},
		"TooEarly":            {425, errorJSON("x", ""), predicates{}, predicates{}},
		"TooManyRequests":     {429, errorJSON("too_many_requests", ""), predicates{Waiting: true}, predicates{Waiting: true}},
		"Unauthorized":        {401, errorJSON("clerk_key_invalid", ""), predicates{Unauthorized: true}, predicates{Unauthorized: true}},
		"ServerError":         {500, errorJSON("internal_clerk_error", ""), predicates{}, predicates{Lost: true}},
		"Unavailable":         {503, noBody, predicates{}, predicates{Lost: true}},
		"GatewayTimeout":      {504, html, predicates{}, predicates{Lost: true}},
		"UnknownServerError":  {599, noBody, predicates{}, predicates{Lost: true}},
		"Redirect":            {302, noBody, predicates{}, predicates{Lost: true}},
		"NotModified":         {304, noBody, predicates{}, predicates{Lost: true}},

		"TakenAddress":      {422, errorJSON("form_identifier_exists", "email_address"), taken(KindEmailAddress), taken(KindEmailAddress)},
		"TakenNumber":       {422, errorJSON("form_identifier_exists", "phone_number"), taken(KindPhoneNumber), taken(KindPhoneNumber)},
		"TakenUsername":     {422, errorJSON("form_identifier_exists", "username"), taken(KindUsername), taken(KindUsername)},
		"TakenExternalID":   {422, errorJSON("form_identifier_exists", "external_id"), taken(KindExternalID), taken(KindExternalID)},
		"TakenWallet":       {422, errorJSON("form_identifier_exists", "web3_wallet"), taken(KindWeb3Wallet), taken(KindWeb3Wallet)},
		"TakenSomething":    {422, errorJSON("form_identifier_exists", ""), taken(""), taken("")},
		"TakenUnknownKind":  {422, errorJSON("form_identifier_exists", "passport"), taken(""), taken("")},
		"TakenWithoutCode":  {400, `{"errors":[{"message":"already exists","long_message":"This email address already exists.","code":""}]}`, taken(""), taken("")},
		"OtherWithoutCode":  {400, `{"errors":[{"message":"no","long_message":"No.","code":""}]}`, predicates{Rejected: true}, predicates{Rejected: true}},
		"TakenInBadRequest": {400, errorJSON("form_identifier_exists", ""), predicates{Rejected: true}, predicates{Rejected: true}},

		// None of these come from Clerk itself, so they say nothing about the user or the call, or about its outcome.
		"NotFoundByAProxy":      {404, html, predicates{}, predicates{Lost: true}},
		"NotFoundWithoutBody":   {404, noBody, predicates{}, predicates{Lost: true}},
		"ForbiddenByAProxy":     {403, html, predicates{}, predicates{Lost: true}},
		"ErrorsAreNull":         {422, `{"errors":null}`, predicates{}, predicates{Lost: true}},
		"ErrorsAreEmpty":        {422, `{"errors":[]}`, predicates{}, predicates{Lost: true}},
		"JSONOfAnotherShape":    {400, `{"error":"already exists"}`, predicates{}, predicates{Lost: true}},
		"JSONText":              {422, `"form_identifier_exists"`, predicates{}, predicates{Lost: true}},
		"UnauthorizedByAProxy":  {401, html, predicates{Unauthorized: true}, predicates{Unauthorized: true}},
		"ThrottledByAProxy":     {429, html, predicates{Waiting: true}, predicates{Waiting: true}},
		"StatusInBodyIsIgnored": {503, `{"status":404,"errors":[{"code":"resource_not_found"}]}`, predicates{}, predicates{Lost: true}},
		"NotFoundWithoutCode":   {404, `{"errors":[{"title":"Not Found","message":"no route"}]}`, predicates{}, predicates{Lost: true}},
		"GoneByAProxy":          {410, html, predicates{}, predicates{Lost: true}},
		"GoneWithoutCode":       {410, `{"errors":[{"message":"gone"}]}`, predicates{}, predicates{Lost: true}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clerk := newStub(t, answering(test.status, test.body))
			_, readErr := newTestClient(t, clerk.URL).User(t.Context(), testUserID)
			_, writeErr := newTestClient(t, clerk.URL).CreateUser(t.Context(), CreateUserParams{FirstName: new("x")})
			for call, got := range map[string]struct {
				err  error
				want predicates
			}{"read": {readErr, test.read}, "write": {writeErr, test.write}} {
				e, ok := errors.AsType[*Error](got.err)
				if !ok || e.Status != test.status {
					t.Fatalf("%s: got %v, want status %d", call, got.err, test.status)
				}
				wrapped := fmt.Errorf("once more: %w", fmt.Errorf("creating user: %w", got.err))
				if diff := cmp.Diff(got.want, predicatesOf(wrapped)); diff != "" {
					t.Errorf("%s (-want +got):\n%s", call, diff)
				}
			}
		})
	}
}

func taken(kind IdentifierKind) predicates {
	return predicates{Rejected: true, Taken: true, TakenKind: kind}
}

func TestPredicatesOfOtherErrors(t *testing.T) {
	t.Parallel()
	then := time.Unix(1, 0)
	tests := map[string]struct {
		err  error
		want predicates
	}{
		"None":          {nil, predicates{}},
		"SomethingElse": {io.EOF, predicates{}},
		"NoToken":       {&WaitError{At: then}, predicates{Waiting: true}},
		"KeyRefused":    {&KeyRefusedError{At: then}, predicates{Unauthorized: true}},
		"LostAnswer":    {&AnswerLostError{Err: io.EOF}, predicates{Lost: true}},
		"MadeByATest":   {&Error{Status: 422, Code: "x"}, predicates{Rejected: true}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, predicatesOf(test.err)); diff != "" {
				t.Errorf("bare (-want +got):\n%s", diff)
			}
			if test.err == nil {
				return
			}
			if diff := cmp.Diff(test.want, predicatesOf(fmt.Errorf("wrapped: %w", test.err))); diff != "" {
				t.Errorf("wrapped (-want +got):\n%s", diff)
			}
		})
	}
	if at, _ := Waiting(&WaitError{At: then}); !at.Equal(then) {
		t.Errorf("waiting until %v, want %v", at, then)
	}
}

func TestWhatIsKeptOfAnErrorAnswer(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		status int
		header http.Header
		body   string
		want   Error
		text   string
	}{
		"Everything": {
			status: 402,
			body: `{"errors":[{"message":"short","long_message":"The plan lacks bans.","code":"unsupported_subscription_plan_features",
				"meta":{"unsupported_features":["user_banning","x"]}},{"code":"second"}],"clerk_trace_id":"0a1b2c3d4e5f60718293a4b5c6d7e8f9"}`,
			want: Error{Status: 402, Code: "unsupported_subscription_plan_features", Message: "The plan lacks bans.",
				TraceID: "0a1b2c3d4e5f60718293a4b5c6d7e8f9", Features: []string{"user_banning", "x"}},
			text: "clerk answered 402 unsupported_subscription_plan_features: The plan lacks bans.",
		},
		"ShortMessage": {
			status: 422, body: `{"errors":[{"message":"is unknown","code":"form_param_unknown","meta":{"param_name":"locale"}}]}`,
			want: Error{Status: 422, Code: "form_param_unknown", Message: "is unknown", Param: "locale"},
			text: "clerk answered 422 form_param_unknown (locale): is unknown",
		},
		"SeveralParams": {
			status: 422, body: `{"errors":[{"code":"form_data_missing","meta":{"param_names":["phone_number","username"]}}]}`,
			want: Error{Status: 422, Code: "form_data_missing", Param: "phone_number,username"},
			text: "clerk answered 422 form_data_missing (phone_number,username)",
		},
		"TraceFromHeader": {
			status: 500, header: http.Header{"Clerk-Trace-Id": {"trace_0a1b2c3d4e5f6071"}}, body: "",
			want: Error{Status: 500, TraceID: "trace_0a1b2c3d4e5f6071", foreign: true, form: formEmpty}, text: "clerk answered 500 without saying why",
		},
		"TraceFromCloudHeader": {
			status: 502, header: http.Header{"X-Cloud-Trace-Context": {"105445aa7843bc8bf206b12000100000/1;o=1"}}, body: "<html>",
			want: Error{Status: 502, TraceID: "105445aa7843bc8bf206b12000100000/1;o=1", foreign: true, form: formHTML},
			text: "clerk answered 502 without saying why",
		},
		"TraceThatHasAWord": {
			status: 500, header: http.Header{"Clerk-Trace-Id": {"CANARYmaila2"}}, body: `{"clerk_trace_id":"trace_2fooCANARYmaila22222"}`,
			want: Error{Status: 500, foreign: true, form: formJSON}, text: "clerk answered 500 without saying why",
		},
		"TraceThatIsNone": {
			status: 500, header: http.Header{"Clerk-Trace-Id": {"a b"}}, body: `{"clerk_trace_id":"x\ny"}`,
			want: Error{Status: 500, foreign: true, form: formJSON}, text: "clerk answered 500 without saying why",
		},
		"NamesThatAreNone": {
			status: 422, body: `{"errors":[{"code":"Not a code\n","meta":{"param_name":"a b"}}]}`,
			want: Error{Status: 422}, text: "clerk answered 422",
		},
		"MetaOfAnotherShape": {
			status: 422, body: `{"errors":[{"code":"x","meta":["y"]}]}`,
			want: Error{Status: 422, Code: "x"}, text: "clerk answered 422 x",
		},
		"ManyFeatures": {
			status: 402, body: `{"errors":[{"code":"x","meta":{"unsupported_features":["a","a","a","a","a","a","a","a","a","a","a","a"]}}]}`,
			want: Error{Status: 402, Code: "x", Features: []string{"a", "a", "a", "a", "a", "a", "a", "a", "a", "a"}},
			text: "clerk answered 402 x",
		},
		"WrongTypeBesideTheErrors": {
			status: 422, body: `{"clerk_trace_id":5,"errors":[{"code":"x"}]}`,
			want: Error{Status: 422, Code: "x"}, text: "clerk answered 422 x",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := newError(&answer{status: test.status, header: test.header, body: []byte(test.body)}, at(), redactor{})
			if diff := cmp.Diff(&test.want, got, cmp.AllowUnexported(Error{}), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
			if got.Error() != test.text {
				t.Errorf("text %q, want %q", got.Error(), test.text)
			}
		})
	}
}

func TestAnErrorAnswerIsBounded(t *testing.T) {
	t.Parallel()
	clerk := newStub(t, answering(422, `{"errors":[{"code":"x","long_message":"`+strings.Repeat("x", answerBase)+`"}]}`))
	_, err := newTestClient(t, clerk.URL).UsersBy(t.Context(), KindUsername, "jane")
	if e, ok := errors.AsType[*Error](err); !ok || e.Status != 422 || !e.foreign {
		t.Errorf("got %v, want a status and nothing more", err)
	}
}

func TestNamesOfParamsSurviveValuesThatReadTheSame(t *testing.T) {
	t.Parallel()
	clerk := newStub(t, answering(422, errorJSON("form_identifier_exists", "username")))
	_, err := newTestClient(t, clerk.URL).CreateUser(t.Context(), CreateUserParams{
		FirstName: new("username"), LastName: new("form_identifier_exists"),
	})
	if kind, ok := IdentifierTaken(err); !ok || kind != KindUsername {
		t.Errorf("got %q, %v of %v", kind, ok, err)
	}
}

func TestAParamAsShortAsAValueThatReadsTheSame(t *testing.T) {
	t.Parallel()
	clerk := newStub(t, answering(422, errorJSON("x", "p4")))
	_, err := newTestClient(t, clerk.URL).CreateUser(t.Context(), CreateUserParams{FirstName: new("p4")})
	if e, ok := Rejected(err); !ok || e.Param != "" {
		t.Errorf("got %v, want a refusal that does not tell the value", err)
	}
}

func TestAKeyOfAnyShapeIsKeptBack(t *testing.T) {
	t.Parallel()
	const key = "open-sesame"
	clerk := newStub(t, answering(422, `{"errors":[{"code":"open-sesame","long_message":"No key like open-sesame."}]}`))
	c := newTestClient(t, clerk.URL, func(c *Config) { c.Key = NewSecret(key) })
	if _, err := c.CountUsers(t.Context()); err == nil || err.Error() != "clerk answered 422: No key like [redacted]." {
		t.Errorf("got %v", err)
	}
}

func TestTextOfAnErrorIsShort(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ä long text ", 1000)
	body := `{"errors":[{"code":"x","long_message":"` + long + `"}]}`
	e := newError(&answer{status: 422, body: []byte(body)}, at(), redactor{})
	if len(e.Message) > maxMessage || !strings.HasSuffix(e.Message, "…") {
		t.Errorf("the message has %d bytes: %q", len(e.Message), e.Message)
	}
	made := &Error{Status: 422, Message: long}
	if text := made.Error(); len(text) > maxErrorText {
		t.Errorf("the text has %d bytes", len(text))
	}
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		header string
		want   time.Duration
	}{
		"Seconds":         {"7", 7 * time.Second},
		"SecondsInSpaces": {" 7 ", 7 * time.Second},
		"Absent":          {"", 10 * time.Second},
		"Nonsense":        {"soon", 10 * time.Second},
		"NotANumber":      {"NaN", 10 * time.Second},
		"Fraction":        {"1.5", 10 * time.Second},
		"Zero":            {"0", time.Second},
		"Negative":        {"-5", time.Second},
		"Huge":            {"1000000000", 10 * time.Minute},
		"BeyondNumbers":   {"99999999999999999999999", 10 * time.Minute},
		"FarBelowNumbers": {"-99999999999999999999999", time.Second},
		"Date":            {at().Add(42 * time.Second).UTC().Format(http.TimeFormat), 42*time.Second - 700*time.Millisecond},
		"PastDate":        {at().Add(-time.Hour).UTC().Format(http.TimeFormat), time.Second},
		"FarDate":         {at().Add(1000 * time.Hour).UTC().Format(http.TimeFormat), 10 * time.Minute},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			header := http.Header{}
			if test.header != "" {
				header.Set("Retry-After", test.header)
			}
			e := newError(&answer{status: http.StatusTooManyRequests, header: header}, at(), redactor{})
			if e.RetryAfter != test.want || !e.RetryAt.Equal(at().Add(test.want)) {
				t.Errorf("after %v at %v, want after %v", e.RetryAfter, e.RetryAt, test.want)
			}
			if until, ok := Waiting(e); !ok || !until.Equal(e.RetryAt) {
				t.Errorf("Waiting = %v, %v, want %v", until, ok, e.RetryAt)
			}
		})
	}
}

func TestReasonsForNoAnswerAreStable(t *testing.T) {
	t.Parallel()
	clerk := newStub(t, answering(http.StatusOK, userBody))
	gone := clerk.URL
	tests := map[string]struct {
		client  func(t *testing.T) *Client
		ctx     func(t *testing.T) context.Context
		text    string
		cause   error
		written bool
	}{
		"NobodyListens": {
			client: func(t *testing.T) *Client {
				t.Helper()
				return newTestClient(t, "http://127.0.0.1:1")
			},
			text: "no answer from Clerk: connection refused",
		},
		"NoSuchHost": {
			client: func(t *testing.T) *Client {
				t.Helper()
				return newTestClient(t, "http://no-such-host.invalid")
			},
			text: "no answer from Clerk: its host name cannot be resolved",
		},
		"GivenUpBefore": {
			client: func(t *testing.T) *Client {
				t.Helper()
				return newTestClient(t, gone)
			},
			ctx: func(t *testing.T) context.Context {
				t.Helper()
				ctx, cancel := context.WithCancel(t.Context())
				cancel()
				return ctx
			},
			text: "no answer from Clerk: the call was cancelled", cause: context.Canceled,
		},
		"TimedOut": {
			client: func(t *testing.T) *Client {
				t.Helper()
				slow := newStub(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
				return newTestClient(t, slow.URL, func(c *Config) { c.Timeout = 50 * time.Millisecond })
			},
			text: "no answer from Clerk: timed out", cause: context.DeadlineExceeded, written: true,
		},
		"ConnectionCut": {
			client: func(t *testing.T) *Client {
				t.Helper()
				return newTestClient(t, newStub(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }).URL)
			},
			text: "no answer from Clerk: connection cut", written: true,
		},
		"CutInTheMiddle": {
			client: func(t *testing.T) *Client {
				t.Helper()
				return newTestClient(t, newStub(t, func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Content-Length", "1000")
					_, _ = io.WriteString(w, `{"id":`)
				}).URL)
			},
			text: "no answer from Clerk: connection cut", written: true,
		},
		"TransportOfOnesOwn": {
			client: func(t *testing.T) *Client {
				t.Helper()
				return newTestClient(t, gone, func(c *Config) { c.Transport = failing{} })
			},
			// It does not report whether it sent anything.
			text: "no answer from Clerk: connection failed", written: true,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context()
			if test.ctx != nil {
				ctx = test.ctx(t)
			}
			c := test.client(t)
			_, err := c.CreateUser(ctx, CreateUserParams{ExternalID: new("e")})
			if err == nil || err.Error() != test.text {
				t.Errorf("writing: got %v, want %q", err, test.text)
			}
			if AnswerLost(err) != test.written {
				t.Errorf("the answer to a write was lost: %v, want %v", AnswerLost(err), test.written)
			}
			if test.cause != nil && !errors.Is(err, test.cause) {
				t.Errorf("%v does not wrap %v", err, test.cause)
			}
			_, err = c.UsersBy(ctx, KindEmailAddress, "somebody@example.com")
			if err == nil || err.Error() != test.text || AnswerLost(err) {
				t.Errorf("reading: got %v, want %q and nothing lost", err, test.text)
			}
			for ; err != nil; err = errors.Unwrap(err) {
				if strings.Contains(err.Error(), "somebody") {
					t.Errorf("%q tells whom was looked for", err)
				}
			}
		})
	}
}

type failing struct{}

func (failing) RoundTrip(*http.Request) (*http.Response, error) { return nil, errors.New("no") }

func TestUntrustedCertificate(t *testing.T) {
	t.Parallel()
	clerk := newTLSStub(t)
	_, err := newTestClient(t, clerk.URL).BanUser(t.Context(), testUserID)
	if want := "no answer from Clerk: its certificate is not trusted"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %q", err, want)
	}
}

func TestWaitingBeforeACall(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		limiter := NewRateLimiter(RateLimiterConfig{RequestsPer10s: 1})
		c, err := New(Config{Key: NewSecret(testKey), RateLimiter: limiter, Transport: failing{}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.User(t.Context(), testUserID); AnswerLost(err) || err == nil {
			t.Fatalf("got %v, want a failed read", err)
		}
		_, err = c.BanUser(t.Context(), testUserID)
		until, ok := Waiting(err)
		if !ok || !until.After(time.Now()) || AnswerLost(err) {
			t.Errorf("got %v, want to be told to wait", err)
		}
		limiter.callEnded(token{key: c.backend.keyID}, outcome{status: http.StatusUnauthorized})
		if _, err = c.BanUser(t.Context(), testUserID); !Unauthorized(err) || AnswerLost(err) {
			t.Errorf("got %v, want that the key is refused", err)
		}
	})
}

func TestUnavailableIsAboutNoParticularCall(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		err  error
		want string
	}{
		"NoAnswer":      {&AnswerLostError{Err: &transportError{cause: io.EOF}}, "no answer from Clerk: connection cut"},
		"ServerError":   {&Error{Status: 503, Message: "about one call"}, "clerk answered 503"},
		"Proxy":         {&Error{Status: 403, foreign: true}, "clerk answered 403"},
		"Refusal":       {&Error{Status: 422}, ""},
		"NotFound":      {&Error{Status: 404}, ""},
		"Throttled":     {&Error{Status: 429}, ""},
		"NoToken":       {&WaitError{}, ""},
		"OwnMistake":    {errors.New("not an id"), ""},
		"NotUsable":     {&malformedError{problem: "it is not an instance"}, ""},
		"Page":          {&malformedError{problem: "it is not JSON of the expected shape", form: formHTML}, "clerk's answer is not usable: it is an HTML page"},
		"OtherJSON":     {&malformedError{problem: "it is not JSON of the expected shape", form: formJSON}, ""},
		"KeyIsRejected": {&KeyRefusedError{}, ""},
	} {
		if reason, is := Unavailable(tc.err); reason != tc.want || is != (tc.want != "") {
			t.Errorf("%s: %q, %t; want %q", name, reason, is, tc.want)
		}
	}
}
