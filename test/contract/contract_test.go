// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package contract_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
	"github.com/clerk-operator/clerk-operator/test/contract"
)

// private is a text in messages that must not be repeated.
const private = "pr1vate"

// message is a request like the operator's, with changes.
type message struct {
	method, path, body       string
	contentType, version, by string
}

func (m message) request() *http.Request {
	r := httptest.NewRequest(m.method, m.path, strings.NewReader(m.body))
	set := func(name, value, usual string) {
		if value == "" {
			value = usual
		}
		r.Header.Set(name, value)
	}
	set("Authorization", m.by, "Bearer sk_test_"+private)
	set("Clerk-Api-Version", m.version, contract.Version)
	if m.body != "" {
		set("Content-Type", m.contentType, "application/json")
	}
	return r
}

// violationTexts returns what was found, after making sure that no value is in it.
func violationTexts(t *testing.T, c *contract.Contract) []string {
	t.Helper()
	var all []string
	for _, v := range c.Violations() {
		all = append(all, v.String())
		if strings.Contains(v.String(), private) {
			t.Errorf("a value is repeated: %s", v)
		}
	}
	return all
}

func form(name string) string {
	return "--b\r\nContent-Disposition: form-data; name=\"" + name + "\"; filename=\"" + private + "\"\r\n" +
		"Content-Type: image/png\r\n\r\n" + private + "\r\n--b--\r\n"
}

func TestRequestsAreHeldToTheDocument(t *testing.T) {
	t.Parallel()
	const user = "/v1/users/user_" + private
	const multipart = "multipart/form-data; boundary=b"
	for name, test := range map[string]struct {
		sent message
		want string
	}{
		"RightBody":          {message{method: "PATCH", path: user, body: `{"first_name":"pr1vate","last_name":null}`}, ""},
		"RightQuery":         {message{method: "GET", path: "/v1/users?limit=500&external_id=%2Bpr1vate&external_id=%2Bb"}, ""},
		"FreeMetadata":       {message{method: "PATCH", path: user + "/metadata", body: `{"public_metadata":{"a":{"b":null}}}`}, ""},
		"RightForm":          {message{method: "POST", path: user + "/profile_image", body: form("file"), contentType: multipart}, ""},
		"OptionalBodyIsNone": {message{method: "POST", path: user + "/remove_password"}, ""},
		"OutsideTheAPI":      {message{method: "GET", path: "/_emulator/users", by: "x", version: "x"}, ""},

		"UnknownField": {
			message{method: "POST", path: "/v1/users", body: `{"shoe_size":"pr1vate"}`},
			"POST /users: body/shoe_size: is not known",
		},
		"UnknownFieldOfAnOpen": {
			message{method: "POST", path: "/v1/email_addresses", body: `{"user_id":"u","email_address":"a","verfied":true}`},
			"POST /email_addresses: body/verfied: is not known",
		},
		"UnknownPartOfAForm": {
			message{method: "POST", path: user + "/profile_image", body: form("image"), contentType: multipart},
			"POST /users/{user_id}/profile_image: body: cannot be decoded",
		},
		"WrongType": {
			message{method: "PATCH", path: user, body: `{"first_name":7}`},
			"PATCH /users/{user_id}: body/first_name: breaks type",
		},
		"WrongTypeInAList": {
			message{method: "POST", path: "/v1/users", body: `{"email_address":["a",7]}`},
			"POST /users: body/email_address/*: breaks type",
		},
		"NullForMetadata": {
			message{method: "PATCH", path: user + "/metadata", body: `{"public_metadata":null}`},
			"PATCH /users/{user_id}/metadata: body/public_metadata: breaks nullable",
		},
		"MissingField": {
			message{method: "POST", path: user + "/verify_totp", body: `{}`},
			"POST /users/{user_id}/verify_totp: body/code: breaks required",
		},
		"MissingBody": {message{method: "POST", path: "/v1/users"}, "POST /users: body: is missing"},
		"MalformedBody": {
			message{method: "POST", path: "/v1/users", body: `{"pr1vate"`},
			"POST /users: body: cannot be decoded",
		},
		"BodyThatIsText": {
			message{method: "POST", path: "/v1/users", body: "{}", contentType: "text/plain"},
			"POST /users: body: has another content type than described",
		},
		"BodyWhereNoneBelongs": {
			message{method: "POST", path: user + "/ban", body: "null"},
			"POST /users/{user_id}/ban: body: there must be none",
		},
		"UnknownParameter": {
			message{method: "GET", path: "/v1/users?shoe_size=pr1vate"},
			"GET /users: query shoe_size: is not known",
		},
		"ParameterOfAnother": {
			message{method: "GET", path: "/v1/users/count?limit=1"},
			"GET /users/count: query limit: is not known",
		},
		"ParameterTooLarge":    {message{method: "GET", path: "/v1/users?limit=501"}, "GET /users: query limit: breaks maximum"},
		"ParameterOfWrongType": {message{method: "GET", path: "/v1/users?limit=pr1vate"}, "GET /users: query limit: cannot be decoded"},
		"MalformedQuery":       {message{method: "GET", path: "/v1/users?limit=%zz"}, "GET /users: query: is malformed"},
		"UnknownPath": {
			message{method: "GET", path: user + "/shoe_sizes"},
			"GET /users/{}/shoe_sizes: there is no such operation",
		},
		"UnknownMethod": {message{method: "PUT", path: user}, "PUT /users/{}: there is no such operation"},
		"OtherVersion": {
			message{method: "GET", path: user, version: "2025-11-10"},
			"GET /users/{user_id}: it is not for API version 2026-05-12",
		},
		"NoKey": {message{method: "GET", path: user, by: "Basic pr1vate"}, "GET /users/{user_id}: it carries no key"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := contract.Need(t)
			var arrived string
			next := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				if err != nil {
					t.Error(err)
				}
				arrived = string(body)
			})
			c.Wrap(next).ServeHTTP(httptest.NewRecorder(), test.sent.request())
			var want []string
			if test.want != "" {
				where, what, _ := strings.Cut(test.want, ": ")
				want = []string{"the request " + where + " breaks Clerk's document: " + what}
			}
			if diff := cmp.Diff(want, violationTexts(t, c)); diff != "" {
				t.Errorf("violations (-want +got):\n%s", diff)
			}
			if arrived != test.sent.body {
				t.Errorf("the body arrived as %q, want %q", arrived, test.sent.body)
			}
		})
	}
}

const (
	errorBody = `{"errors":[{"message":"pr1vate","long_message":"","code":"c"}]}`
	tokenBody = `{"object":"oauth_access_token","external_account_id":"eac_1","provider_user_id":"1","token":"pr1vate",` +
		`"expires_at":null,"provider":"oauth_google","public_metadata":{},"label":null}`
)

// address is an e-mail address with a verification and links.
func address(verification, links string) string {
	return `{"id":"idn_1","object":"email_address","email_address":"pr1vate","reserved":false,"linked_to":[` + links +
		`],"verification":` + verification + `,"created_at":1,"updated_at":1}`
}

func TestAnswersAreHeldToTheDocument(t *testing.T) {
	t.Parallel()
	get := func(path string) message { return message{method: "GET", path: "/v1" + path} }
	user, count, email := get("/users/user_1"), get("/users/count"), get("/email_addresses/idn_1")
	tokens, page := get("/users/user_1/oauth_access_tokens/oauth_x"), get("/users/user_1/oauth_access_tokens/oauth_x?paginated=true")
	deletion := message{method: "DELETE", path: user.path}
	verification := message{method: "POST", path: user.path + "/verify_password", body: `{"password":"pr1vate"}`}
	const admin = `{"object":"verification_admin","status":"verified","strategy":"admin","attempts":null,"expire_at":null}`
	admitted := func(old, changed string) string { return address(strings.Replace(admin, old, changed, 1), "") }
	for name, test := range map[string]struct {
		asked  message
		status int
		body   string
		want   []string
	}{
		"Right":             {count, 200, `{"object":"total_count","total_count":7}`, nil},
		"ListedRefusal":     {user, 404, errorBody, nil},
		"UnlistedRefusal":   {deletion, 409, errorBody, nil},
		"UnlistedFailure":   {user, 503, errorBody, nil},
		"TokensInAnArray":   {tokens, 200, "[" + tokenBody + "]", nil},
		"TokensOnAPage":     {page, 200, `{"data":[` + tokenBody + `],"total_count":1}`, nil},
		"VerifiedAddress":   {email, 200, address(admin, ""), nil},
		"UnverifiedAddress": {email, 200, address("null", ""), nil},
		"LinkedToAProvider": {email, 200, address(admin, `{"type":"oauth_linkedin_oidc","id":"idn_2"}`), nil},
		"LinkedToSAML":      {email, 200, address(admin, `{"type":"saml","id":"idn_2"}`), nil},
		"ProviderOfOnesOwn": {email, 200, strings.NewReplacer(
			"verification_admin", "verification_from_oauth", `"admin"`, `"from_oauth_custom_my_idp2"`).Replace(address(admin, "")), nil},

		"UnlistedSuccess": {count, 201, `{"object":"total_count","total_count":7}`, []string{"the status is not listed"}},
		"UnknownField":    {count, 200, `{"object":"total_count","total_count":7,"a":"pr1vate"}`, []string{"body/a: is not known"}},
		"MissingField":    {count, 200, `{"object":"total_count"}`, []string{"body/total_count: breaks required"}},
		"SeveralMistakes": {
			count, 200, `{"object":"pr1vate","total_count":"pr1vate"}`,
			[]string{"body/object: breaks enum", "body/total_count: breaks type"},
		},
		"Null":        {count, 200, `{"object":"total_count","total_count":null}`, []string{"body/total_count: breaks nullable"}},
		"AnotherLink": {email, 200, address(admin, `{"type":"pr1vate","id":"idn_2"}`), []string{"body/linked_to/*/type: breaks pattern"}},
		"InAVerification": {
			email, 200, admitted(`"attempts":null`, `"attempts":"pr1vate"`),
			[]string{"body/verification/attempts: breaks type"},
		},
		"UnnamedKind": {email, 200, admitted(`"object":"verification_admin",`, ""), []string{"body/verification: breaks discriminator"}},
		"TokensInNeither": {
			tokens, 200, `{}`,
			[]string{"body: breaks type", "body/data: breaks required", "body/total_count: breaks required"},
		},
		"RefusalWithoutCode": {
			deletion, 409, `{"errors":[{"message":"pr1vate","long_message":""}]}`,
			[]string{"body/errors/*/code: breaks required"},
		},
		"WrongAnswerNo": {verification, 422, `{"verified":false}`, []string{"body/errors: breaks required"}},
		"Malformed":     {count, 200, `{"pr1vate`, []string{"body: cannot be decoded"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := contract.Need(t)
			received := httptest.NewRecorder()
			c.Wrap(answering(test.status, test.body)).ServeHTTP(received, test.asked.request())
			violationTexts(t, c)
			var got []string
			for _, v := range c.Violations() {
				got = append(got, v.What)
				if v.Side != contract.Answer || v.Status != test.status || v.Method != test.asked.method {
					t.Errorf("violation %+v", v)
				}
			}
			if diff := cmp.Diff(test.want, got, cmpopts.SortSlices(strings.Compare)); diff != "" {
				t.Errorf("violations (-want +got):\n%s", diff)
			}
			if received.Code != test.status || received.Body.String() != test.body {
				t.Errorf("passed on %d %q", received.Code, received.Body)
			}
		})
	}
}

func answering(status int, body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
}

func TestAnswersOutsideTheDocumentAreNotChecked(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		asked message
		want  string
	}{
		"ForAnotherVersion": {
			message{method: "GET", path: "/v1/users/count", version: "2025-11-10"},
			"the request GET /users/count breaks Clerk's document: it is not for API version 2026-05-12",
		},
		"ToAnUnknownRequest": {
			message{method: "GET", path: "/v1/users/user_1/shoe_sizes"},
			"the request GET /users/{}/shoe_sizes breaks Clerk's document: there is no such operation",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := contract.Need(t)
			c.Wrap(answering(200, `{"shoe_size":1}`)).ServeHTTP(httptest.NewRecorder(), test.asked.request())
			if diff := cmp.Diff([]string{test.want}, violationTexts(t, c)); diff != "" {
				t.Errorf("violations (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAnswersOfFaultsAreNotChecked(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]emulator.Fault{
		"HTML":           {Status: 502, Body: "<html>pr1vate</html>"},
		"Malformed":      {Body: `{"id":`},
		"GoodButStrange": {Status: 200, Body: `{"object":"pr1vate"}`, AfterApplying: true},
		"Cut":            {Cut: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := contract.Need(t)
			server := emulator.New(emulator.Config{})
			key := server.AddInstance(emulator.InstanceConfig{}).Key()
			served := httptest.NewServer(c.Wrap(server))
			t.Cleanup(served.Close)
			server.InjectFault(fault)
			send := func(body string) {
				request := message{method: "POST", path: served.URL + "/v1/users", body: body, by: "Bearer " + key}.request()
				request.RequestURI = ""
				response, err := served.Client().Do(request)
				if (err != nil) != fault.Cut {
					t.Errorf("answered %v", err)
				}
				if err == nil {
					_ = response.Body.Close()
				}
			}
			send(`{"shoe_size":"pr1vate"}`)
			want := []string{"the request POST /users breaks Clerk's document: body/shoe_size: is not known"}
			if diff := cmp.Diff(want, violationTexts(t, c)); diff != "" {
				t.Errorf("the request is to be checked all the same (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRepeatedViolationIsReportedOnce(t *testing.T) {
	t.Parallel()
	c := contract.Need(t)
	held := c.Wrap(http.NotFoundHandler())
	for range 3 {
		held.ServeHTTP(httptest.NewRecorder(), message{method: "POST", path: "/v1/users", body: `{"email_address":[1,2]}`, version: ""}.request())
	}
	got := violationTexts(t, c)
	want := []string{
		"the request POST /users breaks Clerk's document: body/email_address/*: breaks type",
		"the answer 404 to POST /users breaks Clerk's document: body: has another content type than described",
	}
	if diff := cmp.Diff(want, got); diff != "" || c.Exchanges() != 3 {
		t.Errorf("%d exchanges (-want +got):\n%s", c.Exchanges(), diff)
	}
}

func TestRequestThatBreaksOffIsNone(t *testing.T) {
	t.Parallel()
	c := contract.Need(t)
	request := message{method: "POST", path: "/v1/users", body: "{"}.request()
	request.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"a`), iotest.ErrReader(io.ErrUnexpectedEOF)))
	next := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if body, err := io.ReadAll(r.Body); string(body) != `{"a` || err == nil {
			t.Errorf("arrived %q, %v", body, err)
		}
	})
	c.Wrap(next).ServeHTTP(httptest.NewRecorder(), request)
	if got := violationTexts(t, c); len(got) != 0 || c.Exchanges() != 0 {
		t.Errorf("violations %v in %d exchanges", got, c.Exchanges())
	}
}

// spy is a test that another test observes.
type spy struct {
	testing.TB

	violationTexts []string
	cleanups       []func()
}

func (s *spy) Cleanup(f func()) { s.cleanups = append(s.cleanups, f) }

func (s *spy) Error(all ...any) {
	for _, one := range all {
		s.violationTexts = append(s.violationTexts, one.(contract.Violation).String())
	}
}

func TestEnforcedContractFailsTheTest(t *testing.T) {
	t.Parallel()
	contract.Need(t)
	for name, test := range map[string]struct {
		enforce func(testing.TB, http.Handler) http.Handler
		want    []string
	}{
		"Both": {contract.Enforce, []string{
			"the request GET /users breaks Clerk's document: query shoe_size: is not known",
			"the answer 404 to GET /users breaks Clerk's document: body: has another content type than described",
		}},
		"AnswersAlone": {contract.EnforceAnswers, []string{
			"the answer 404 to GET /users breaks Clerk's document: body: has another content type than described",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &spy{TB: t}
			held := test.enforce(s, http.NotFoundHandler())
			held.ServeHTTP(httptest.NewRecorder(), message{method: "GET", path: "/v1/users?shoe_size=x"}.request())
			if s.violationTexts != nil {
				t.Errorf("failed before its end: %v", s.violationTexts)
			}
			for _, cleanup := range slices.Backward(s.cleanups) {
				cleanup()
			}
			if diff := cmp.Diff(test.want, s.violationTexts); diff != "" {
				t.Errorf("failures (-want +got):\n%s", diff)
			}
		})
	}
}
