// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	clerksdk "github.com/clerk/clerk-sdk-go/v2"

	"github.com/clerk-operator/clerk-operator/internal/ratelimit"
)

func newTLSStub(t *testing.T) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(answering(http.StatusOK, userBody))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

func TestNew(t *testing.T) {
	t.Parallel()
	good := map[string]string{
		"":                             "https://api.clerk.com/v1",
		"https://api.clerk.com/v1/":    "https://api.clerk.com/v1",
		"http://127.0.0.1:8080/v1":     "http://127.0.0.1:8080/v1",
		"https://clerk.example/a/b/v1": "https://clerk.example/a/b/v1",
	}
	for text, want := range good {
		c, err := New(Config{APIURL: text, Key: NewSecret(testKey)})
		if err != nil || c.backend.base != want {
			t.Errorf("New(%q) = %v, %v, want base %q", text, c, err, want)
		}
	}
	bad := []Config{
		{APIURL: "api.clerk.com/v1", Key: NewSecret(testKey)},
		{APIURL: "ftp://api.clerk.com", Key: NewSecret(testKey)},
		{APIURL: "https:///v1", Key: NewSecret(testKey)},
		{APIURL: "https://me:" + testKey + "@api.clerk.com/v1", Key: NewSecret(testKey)},
		{APIURL: "https://api.clerk.com/v1?key=" + testKey, Key: NewSecret(testKey)},
		{APIURL: "https://api.clerk.com/v1#x", Key: NewSecret(testKey)},
		{APIURL: "https://api.clerk.com\x00/" + testKey, Key: NewSecret(testKey)},
		{Key: NewSecret("")},
		{Key: NewSecret(testKey + "\n")},
		{Key: NewSecret(testKey + "\r\nX-Evil: 1")},
		{Key: NewSecret("sk test")},
		{Key: NewSecret("schlüssel" + testKey)},
	}
	for _, config := range bad {
		_, err := New(config)
		if err == nil {
			t.Errorf("New(%q, %q) is accepted", config.APIURL, config.Key)
		} else if strings.Contains(err.Error(), testKey) {
			t.Errorf("the error holds the key: %v", err)
		}
	}
}

func TestNothingPrintsTheKey(t *testing.T) {
	t.Parallel()
	config := Config{APIURL: "https://api.clerk.com/v1", Key: NewSecret(testKey)}
	c, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		for _, value := range []any{config, &config, c, *c, c.For(ratelimit.Caller{ID: "a"}), c.backend, *c.backend} {
			if text := fmt.Sprintf(verb, value); strings.Contains(text, testKey) {
				t.Errorf("%s of %T prints the key", verb, value)
			}
		}
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	thief := newStub(t, answering(http.StatusOK, userBody))
	for _, status := range []int{301, 302, 303, 307, 308} {
		clerk := newStub(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, thief.URL+"/v1/users", status)
		})
		c := newTestClient(t, clerk.URL)
		if _, err := c.User(t.Context(), testUserID); err == nil || predicatesOf(err) != (predicates{}) {
			t.Errorf("reading, %d: got %v, want an error that passes", status, err)
		}
		if _, err := c.CreateUser(t.Context(), CreateUserParams{}); !AnswerLost(err) {
			t.Errorf("writing, %d: got %v, want a lost answer", status, err)
		}
	}
	if n := len(thief.received()); n > 0 {
		t.Errorf("%d requests, with the key, went where the redirect said", n)
	}
}

// Successful answers with unexpected content.
func TestUnusableAnswers(t *testing.T) {
	t.Parallel()
	other := strings.Replace(userBody, testUserID, "user_other", 1)
	tests := map[string]struct {
		answer http.HandlerFunc
		// fine are the calls for which this is a valid answer.
		fine string
	}{
		"Empty":            {answer: answering(200, "")},
		"NoContent":        {answer: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }},
		"Null":             {answer: answering(200, "null")},
		"HTML":             {answer: answering(200, "<html>maintenance</html>")},
		"EmptyObject":      {answer: answering(200, "{}")},
		"Text":             {answer: answering(200, `"ok"`)},
		"NullInAList":      {answer: answering(200, `[null]`)},
		"OtherUser":        {answer: answering(200, other), fine: "CreateUser"},
		"OtherDeletion":    {answer: answering(200, `{"id":"user_other","deleted":true}`), fine: "CreateUser"},
		"NotDeleted":       {answer: answering(200, `{"id":"`+testUserID+`","deleted":false}`), fine: "User BanUser CreateUser"},
		"NegativeCount":    {answer: answering(200, `{"total_count":-1}`)},
		"ListWithABadUser": {answer: answering(200, `[{"id":"user_1"},{"id":""}]`)},
		"EmptyList":        {answer: answering(200, "[]"), fine: "UsersBy"},
		"Deep":             {answer: answering(200, strings.Repeat(`{"a":`, 20_000))},
		"TooLarge":         {answer: answering(200, strings.Repeat(" ", answerBase+answerPerItem+1)+userBody)},
		"TooLargeAtItsEnd": {answer: answering(200, userBody+strings.Repeat(" ", answerBase+answerPerItem))},
		"OtherIdentifier":  {answer: answering(200, `{"id":"idn_other","deleted":true}`)},
		"GzipBomb":         {answer: gzipBomb},
		"NotGzip": {answer: func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = io.WriteString(w, userBody)
		}},
		"Endless": {answer: func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				if _, err := w.Write(make([]byte, 1<<20)); err != nil {
					return
				}
			}
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clerk := newStub(t, test.answer)
			c := newTestClient(t, clerk.URL)
			reads := map[string]func() error{
				"User":       func() error { _, err := c.User(t.Context(), testUserID); return err },
				"UsersBy":    func() error { _, err := c.UsersBy(t.Context(), KindUsername, "x"); return err },
				"CountUsers": func() error { _, err := c.CountUsers(t.Context()); return err },
				"Instance":   func() error { _, err := c.Instance(t.Context()); return err },
			}
			writes := map[string]func() error{
				"BanUser":    func() error { _, err := c.BanUser(t.Context(), testUserID); return err },
				"CreateUser": func() error { _, err := c.CreateUser(t.Context(), CreateUserParams{}); return err },
				"DeleteUser": func() error { return c.DeleteUser(t.Context(), testUserID) },
				"UpdateEmailAddress": func() error {
					_, err := c.UpdateEmailAddress(t.Context(), testIdnID, UpdateEmailAddressParams{})
					return err
				},
				"UpdatePhoneNumber": func() error {
					_, err := c.UpdatePhoneNumber(t.Context(), testIdnID, UpdatePhoneNumberParams{})
					return err
				},
			}
			for call, calling := range reads {
				if err := calling(); err == nil != slices.Contains(strings.Fields(test.fine), call) || predicatesOf(err) != (predicates{}) {
					t.Errorf("%s: got %v", call, err)
				}
			}
			for call, calling := range writes {
				if err := calling(); err == nil != slices.Contains(strings.Fields(test.fine), call) || AnswerLost(err) != (err != nil) {
					t.Errorf("%s: got %v, want a lost answer", call, err)
				}
			}
		})
	}
}

// gzipBomb sends a gigabyte of blanks in a megabyte.
func gzipBomb(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Encoding", "gzip")
	z := gzip.NewWriter(w)
	blanks := []byte(strings.Repeat(" ", 1<<20))
	for range 1 << 10 {
		if _, err := z.Write(blanks); err != nil || r.Context().Err() != nil {
			return
		}
	}
	_ = z.Close()
}

func TestAnswersAreBounded(t *testing.T) {
	t.Parallel()
	if limit := (&request{}).answerLimit(); limit != 224<<10 {
		t.Errorf("the answer to a call for one user may have %d bytes, want 224 KiB", limit)
	}
	list := &request{query: url.Values{"limit": {"500"}}}
	if limit := list.answerLimit(); limit != 64<<10+500*160<<10 {
		t.Errorf("the answer to a call for 500 users may have %d bytes", limit)
	}
	for _, text := range []string{"100000000", "-1", "x"} {
		if limit := (&request{query: url.Values{"limit": {text}}}).answerLimit(); limit > list.answerLimit() || limit < answerBase {
			t.Errorf("limit=%s: the answer may have %d bytes", text, limit)
		}
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	a := answer{}
	if err := a.readBody(zeros{}, 1<<20); err != nil || !a.tooLarge || len(a.body) != 1<<20 {
		t.Errorf("read %d bytes, %v", len(a.body), err)
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 64<<20 {
		t.Errorf("reading an endless answer took %d MiB", used>>20)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

func TestAnErrorAnswerThatIsCutKeepsItsStatus(t *testing.T) {
	t.Parallel()
	clerk := newStub(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = io.WriteString(w, `{"errors":[`)
	})
	_, err := newTestClient(t, clerk.URL).BanUser(t.Context(), testUserID)
	if _, ok := Waiting(err); !ok || AnswerLost(err) {
		t.Errorf("got %v, want to be told to wait", err)
	}
}

func TestACallTakesAtMostItsTimeout(t *testing.T) {
	t.Parallel()
	dripping := newStub(t, func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			_, _ = io.WriteString(w, " ")
			_ = http.NewResponseController(w).Flush()
			time.Sleep(5 * time.Millisecond)
		}
	})
	c := newTestClient(t, dripping.URL, func(c *Config) { c.Timeout = 100 * time.Millisecond })
	start := time.Now()
	if _, err := c.BanUser(t.Context(), testUserID); !AnswerLost(err) {
		t.Errorf("got %v, want a lost answer", err)
	}
	if took := time.Since(start); took > 3*time.Second {
		t.Errorf("took %v", took)
	}
}

func TestACallHasADeadline(t *testing.T) {
	t.Parallel()
	for given, want := range map[time.Duration]time.Duration{0: 10 * time.Second, time.Second: time.Second} {
		synctest.Test(t, func(t *testing.T) {
			var left time.Duration
			transport := roundTrip(func(req *http.Request) {
				deadline, _ := req.Context().Deadline()
				left = time.Until(deadline)
			})
			c, err := New(Config{Key: NewSecret(testKey), Timeout: given, Transport: transport})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.User(t.Context(), testUserID); err == nil || left != want {
				t.Errorf("a call may take %v, want %v", left, want)
			}
		})
	}
}

// roundTrip is a transport that inspects requests and answers none.
type roundTrip func(*http.Request)

func (r roundTrip) RoundTrip(req *http.Request) (*http.Response, error) {
	r(req)
	return nil, errors.New("no")
}

// trusting returns a transport that trusts the server's certificate.
func trusting(t *testing.T, s *httptest.Server) *http.Transport {
	t.Helper()
	transport := NewTransport()
	transport.TLSClientConfig.RootCAs = x509.NewCertPool()
	transport.TLSClientConfig.RootCAs.AddCert(s.Certificate())
	return transport
}

func TestTransport(t *testing.T) {
	t.Parallel()
	t.Run("TalksToNothingOlderThanTLS12", func(t *testing.T) {
		t.Parallel()
		old := httptest.NewUnstartedServer(answering(http.StatusOK, userBody))
		old.Config.ErrorLog = log.New(io.Discard, "", 0)
		old.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
		old.StartTLS()
		t.Cleanup(old.Close)
		trusting := trusting(t, old)
		_, err := newTestClient(t, old.URL, func(c *Config) { c.Transport = trusting }).User(t.Context(), testUserID)
		if err == nil {
			t.Error("spoke TLS 1.1")
		}
	})
	t.Run("TalksToOneWhoseCertificateIsTrusted", func(t *testing.T) {
		t.Parallel()
		clerk := newTLSStub(t)
		trusting := trusting(t, clerk)
		if _, err := newTestClient(t, clerk.URL, func(c *Config) { c.Transport = trusting }).User(t.Context(), testUserID); err != nil {
			t.Errorf("got %v", err)
		}
	})
	t.Run("ReusesItsConnections", func(t *testing.T) {
		t.Parallel()
		var mu sync.Mutex
		opened := 0
		clerk := httptest.NewUnstartedServer(answering(http.StatusOK, userBody))
		clerk.Config.ConnContext = func(ctx context.Context, _ net.Conn) context.Context {
			mu.Lock()
			defer mu.Unlock()
			opened++
			return ctx
		}
		clerk.Start()
		t.Cleanup(clerk.Close)
		limiter := NewRateLimiter(RateLimiterConfig{RequestsPer10s: 100_000})
		c := newTestClient(t, clerk.URL, func(c *Config) { c.RateLimiter = limiter })
		for range 50 {
			if _, err := c.User(t.Context(), testUserID); err != nil {
				t.Fatal(err)
			}
		}
		mu.Lock()
		defer mu.Unlock()
		if opened != 1 {
			t.Errorf("50 calls opened %d connections", opened)
		}
	})
}

// The environment is read once per process, so this one runs itself again with a proxy in it.
func TestOnlyEncryptedCallsGoThroughAProxy(t *testing.T) {
	const proxy = "http://proxy.example:3128"
	if os.Getenv("HTTPS_PROXY") != proxy {
		again := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
		again.Env = append(os.Environ(), "HTTP_PROXY="+proxy, "HTTPS_PROXY="+proxy, "NO_PROXY=", "no_proxy=")
		if out, err := again.CombinedOutput(); err != nil {
			t.Errorf("with a proxy: %v\n%s", err, out)
		}
		return
	}
	for address, want := range map[string]string{"http://clerk.example/v1": "", "https://clerk.example/v1": proxy} {
		got, err := NewTransport().Proxy(httptest.NewRequest(http.MethodGet, address, nil))
		if err != nil || got != nil && got.String() != want || got == nil && want != "" {
			t.Errorf("%s goes through %v, %v, want %q", address, got, err, want)
		}
	}
}

// multipartParams are parameters that are sent as a form with a file.
type multipartParams struct {
	clerksdk.APIParams
	err error
}

func (p *multipartParams) ToMultipart() ([]byte, string, error) {
	return []byte("parts"), "multipart/form-data; boundary=x", p.err
}

// unencodable are parameters without a JSON form.
type unencodable struct {
	clerksdk.APIParams
	F func()
}

func TestBackendSendsWhatTheSDKAsksFor(t *testing.T) {
	t.Parallel()
	clerk := newStub(t, answering(http.StatusOK, userBody))
	b := newTestClient(t, clerk.URL).backend
	call := func(method, path string, params clerksdk.Params) (*clerksdk.User, error) {
		req := clerksdk.NewAPIRequest(method, path)
		req.SetParams(params)
		user := &clerksdk.User{}
		return user, b.call(t.Context(), OperationUser, req, user)
	}
	user, err := call(http.MethodPost, "/users/user_1/profile_image", &multipartParams{})
	if err != nil {
		t.Fatal(err)
	}
	if user.ID != testUserID || user.Response.StatusCode != http.StatusOK || user.Response.Header == nil {
		t.Errorf("answer %v with response %v", user.ID, user.Response)
	}
	sent := clerk.only(t)
	if sent.body != "parts" || sent.header.Get("Content-Type") != "multipart/form-data; boundary=x" {
		t.Errorf("sent %q as %q", sent.body, sent.header.Get("Content-Type"))
	}
	broken := errors.New("broken")
	if _, err := call(http.MethodPost, "/users", &multipartParams{err: broken}); !errors.Is(err, broken) || AnswerLost(err) {
		t.Errorf("got %v, want %v", err, broken)
	}
	if _, err := call(http.MethodPost, "/users", &unencodable{}); err == nil || AnswerLost(err) {
		t.Errorf("got %v, want an error", err)
	}
	for _, path := range []string{"", "users", "/users/", "//users", "/users/../instance", "/users?x", "/users/%2e", "/users/a b", "/users\n"} {
		if _, err := call(http.MethodGet, path, nil); err == nil {
			t.Errorf("the path %q is accepted", path)
		}
	}
	if _, err := call("BAD METHOD", "/users", nil); err == nil || AnswerLost(err) {
		t.Errorf("got %v, want an error", err)
	}
	if n := len(clerk.received()); n != 1 {
		t.Errorf("Clerk got %d requests, want the first only", n)
	}
}

func TestCallersHaveTokensOfTheirOwn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		limiter := NewRateLimiter(RateLimiterConfig{RequestsPer10s: 10})
		c, err := New(Config{Key: NewSecret(testKey), RateLimiter: limiter, Transport: failing{}})
		if err != nil {
			t.Fatal(err)
		}
		a, b := c.For(ratelimit.Caller{ID: "a", Level: ratelimit.Interactive}), c.For(ratelimit.Caller{ID: "b"})
		until := func(c *Client) time.Time {
			_, err := c.User(t.Context(), testUserID)
			at, _ := Waiting(err)
			return at
		}
		exhaust(t, limiter)
		first, second := until(a), until(b)
		if !second.After(first) {
			t.Errorf("b is told %v, a %v", second, first)
		}
		if again := until(a); !again.Equal(first) {
			t.Errorf("a is told %v, before %v", again, first)
		}
	})
}

func TestAnswersTeachTheRateLimiter(t *testing.T) {
	t.Parallel()
	status, header := http.StatusOK, http.Header{}
	clerk := newStub(t, func(w http.ResponseWriter, _ *http.Request) {
		maps.Copy(w.Header(), header)
		answering(status, userBody)(w, nil)
	})
	refused, opened := 0, 0
	limiter := NewRateLimiter(RateLimiterConfig{
		RequestsPer10s: 1000, OnKeyRefused: func() { refused++ }, OnRecovered: func() { opened++ },
	})
	c := newTestClient(t, clerk.URL, func(c *Config) { c.RateLimiter = limiter })
	status, header = http.StatusTooManyRequests, http.Header{"Retry-After": {"60"}}
	if _, err := c.MergeMetadata(t.Context(), testUserID, MetadataParams{}); err == nil {
		t.Fatal("got no error")
	}
	_, err := c.UpdateUser(t.Context(), testUserID, UpdateUserParams{})
	if at, ok := Waiting(err); !ok || time.Until(at) < 50*time.Second || len(clerk.received()) != 1 {
		t.Errorf("calls on a user are not limited: %v", err)
	}
	status, header = http.StatusUnauthorized, nil
	if _, err = c.User(t.Context(), testUserID); !Unauthorized(err) {
		t.Errorf("another call on the user: got %v, want the answer that the key is refused", err)
	}
	if _, err = c.User(t.Context(), testUserID); !Unauthorized(err) || len(clerk.received()) != 2 {
		t.Errorf("the key is not refused: %v", err)
	}
	status = http.StatusOK
	if err := c.ProbeKey(t.Context()); Unauthorized(err) || len(clerk.received()) != 3 {
		t.Fatalf("a key that works again is refused: %v", err)
	}
	if err := c.ProbeKey(t.Context()); err != nil || len(clerk.received()) != 3 {
		t.Fatalf("a key that is not refused was asked about: %v", err)
	}
	status = http.StatusTooManyRequests
	if _, err = c.User(t.Context(), testUserID); err == nil {
		t.Fatal("got no error")
	}
	_, err = c.CountUsers(t.Context())
	if at, ok := Waiting(err); !ok || time.Until(at) > 10*time.Second || len(clerk.received()) != 4 {
		t.Errorf("calls are not limited: %v", err)
	}
	if refused != 1 || opened != 1 {
		t.Errorf("told of %d refusals and %d recoveries, want one each", refused, opened)
	}
}
