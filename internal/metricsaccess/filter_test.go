// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package metricsaccess

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-logr/logr/funcr"
	"github.com/google/go-cmp/cmp"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
)

// cluster answers reviews as an API server does. Its only tokens are "reader" and "visitor", and the reader may get /metrics.
type cluster struct {
	tokens, accesses atomic.Int64
	// fails is true while every review fails.
	fails atomic.Bool
	// granted is true while the visitor may do what the reader may.
	granted atomic.Bool
	asked   atomic.Pointer[authorizationv1.SubjectAccessReviewSpec]
	// blocked, if any, stops each review of a token until it is closed. arrived then has an element for each.
	blocked, arrived chan struct{}
}

func (c *cluster) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	if c.fails.Load() {
		http.Error(w, "{}", http.StatusInternalServerError)
		return
	}
	body, _ := io.ReadAll(r.Body)
	switch {
	case r.Method == http.MethodPost && r.URL.Path == "/apis/authentication.k8s.io/v1/tokenreviews":
		c.tokens.Add(1)
		if c.blocked != nil {
			c.arrived <- struct{}{}
			<-c.blocked
		}
		review := decode[*authenticationv1.TokenReview](body)
		review.Kind, review.APIVersion = "TokenReview", "authentication.k8s.io/v1"
		review.Status.Authenticated = review.Spec.Token == "reader" || review.Spec.Token == "visitor"
		review.Status.User = authenticationv1.UserInfo{
			Username: review.Spec.Token, UID: "7", Groups: []string{"people"}, Extra: map[string]authenticationv1.ExtraValue{"pod": {"a"}},
		}
		if !review.Status.Authenticated {
			review.Status.User, review.Status.Error = authenticationv1.UserInfo{}, "invalid bearer token"
		}
		_ = json.NewEncoder(w).Encode(review)
	case r.Method == http.MethodPost && r.URL.Path == "/apis/authorization.k8s.io/v1/subjectaccessreviews":
		c.accesses.Add(1)
		review := decode[*authorizationv1.SubjectAccessReview](body)
		c.asked.Store(review.Spec.DeepCopy())
		review.TypeMeta = metav1.TypeMeta{Kind: "SubjectAccessReview", APIVersion: "authorization.k8s.io/v1"}
		at := review.Spec.NonResourceAttributes
		review.Status.Allowed = (review.Spec.User == "reader" || c.granted.Load()) && at.Verb == "get" && at.Path == "/metrics"
		_ = json.NewEncoder(w).Encode(review)
	default:
		http.NotFound(w, r)
	}
}

// decode returns an object that a client sent in whatever encoding.
func decode[T runtime.Object](body []byte) T {
	object, err := runtime.Decode(scheme.Codecs.UniversalDeserializer(), body)
	if err != nil {
		panic(err)
	}
	return object.(T)
}

// server is the filter in front of a handler, the cluster that it asks, its clock and its log.
type server struct {
	http.Handler
	cluster *cluster
	clock   time.Time
	log     strings.Builder
	// broken is true while metrics cannot be gathered.
	broken bool
}

func newServer(t *testing.T) *server {
	t.Helper()
	s := &server{cluster: &cluster{}, clock: time.Unix(0, 0)}
	api := httptest.NewServer(s.cluster)
	t.Cleanup(api.Close)
	reviewer, err := newReviewer(&rest.Config{Host: api.URL}, api.Client(), func() time.Time { return s.clock })
	if err != nil {
		t.Fatal(err)
	}
	log := funcr.New(func(_, args string) { s.log.WriteString(args) }, funcr.Options{})
	s.Handler = reviewer.filter(log, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if s.broken {
			http.Error(w, "An error has occurred: ann@example.com", http.StatusInternalServerError)
			return
		}
		_, _ = io.WriteString(w, "series")
	}))
	return s
}

// request returns the answer to a request with this header Authorization; without the header if it is empty.
func (s *server) request(method, path, authorization string) (status int, body string) {
	request := httptest.NewRequest(method, path, nil)
	if authorization != "" {
		request.Header.Set("Authorization", authorization)
	}
	answer := httptest.NewRecorder()
	s.ServeHTTP(answer, request)
	return answer.Code, answer.Body.String()
}

func TestOnlyAllowedUsersReadMetrics(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		method, path, authorization string
		want                        int
	}{
		"Allowed":             {"GET", "/metrics", "Bearer reader", 200},
		"SchemeInLowerCase":   {"GET", "/metrics", "bearer reader", 200},
		"SpacesAround":        {"GET", "/metrics", "  Bearer   reader ", 200},
		"WithoutRight":        {"GET", "/metrics", "Bearer visitor", 403},
		"RightForAnotherVerb": {"POST", "/metrics", "Bearer reader", 403},
		"RightForAnotherPath": {"GET", "/debug", "Bearer reader", 403},
		"UnknownToken":        {"GET", "/metrics", "Bearer stranger", 401},
		"NoToken":             {"GET", "/metrics", "", 401},
		"EmptyToken":          {"GET", "/metrics", "Bearer ", 401},
		"OnlyScheme":          {"GET", "/metrics", "Bearer", 401},
		"AnotherScheme":       {"GET", "/metrics", "Basic reader", 401},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t)
			status, body := s.request(tc.method, tc.path, tc.authorization)
			if status != tc.want || (body == "series") != (tc.want == 200) {
				t.Errorf("answer %d %q, want %d", status, body, tc.want)
			}
		})
	}
}

func TestReviewHasTheWholeUser(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.request("GET", "/metrics", "Bearer reader")
	want := &authorizationv1.SubjectAccessReviewSpec{
		NonResourceAttributes: &authorizationv1.NonResourceAttributes{Verb: "get", Path: "/metrics"},
		User:                  "reader", UID: "7", Groups: []string{"people"}, Extra: map[string]authorizationv1.ExtraValue{"pod": {"a"}},
	}
	if diff := cmp.Diff(want, s.cluster.asked.Load()); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
}

func TestFailedReviewLetsNobodyPass(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.cluster.fails.Store(true)
	if status, body := s.request("GET", "/metrics", "Bearer reader"); status != 500 || strings.Contains(body, "series") {
		t.Errorf("answer %d %q, want 500", status, body)
	}
	if log := s.log.String(); !strings.Contains(log, "TokenReview") || strings.Contains(log, "reader") {
		t.Errorf("log %q, want the failed review without the token", log)
	}
	s.cluster.fails.Store(false)
	if status, _ := s.request("GET", "/metrics", "Bearer reader"); status != 200 {
		t.Errorf("answer %d after the API server works again, want 200", status)
	}
}

// TestFailedGatherIsLogged has an error that quotes the value of a label.
func TestFailedGatherIsLogged(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	if s.request("GET", "/metrics", "Bearer reader"); s.log.Len() > 0 {
		t.Errorf("log %q after a good answer", s.log.String())
	}
	s.broken = true
	for range 3 {
		if status, body := s.request("GET", "/metrics", "Bearer reader"); status != 500 || !strings.Contains(body, "An error") {
			t.Errorf("answer %d %q, want the error", status, body)
		}
	}
	log := s.log.String()
	if strings.Count(log, "cannot serve metrics") != 1 || strings.Contains(log, "ann@") {
		t.Errorf("log %q, want one line without the values of labels", log)
	}
	s.clock = s.clock.Add(2 * time.Minute)
	s.request("GET", "/metrics", "Bearer reader")
	if got := s.log.String(); strings.Count(got, "cannot serve metrics") != 2 {
		t.Errorf("log %q, want another line after a while", got)
	}
}
