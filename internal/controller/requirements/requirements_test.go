// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package requirements

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// fakeServer answers what a Checker asks.
type fakeServer struct {
	mu sync.Mutex
	// served are the resources of our group; nil means that the group is unknown.
	served []string
	// document is the status and the body of the OpenAPI document.
	documentStatus int
	document       string
	// denied are rights, each as "verb resource namespace". reviewStatus is the status of reviews; 0 is success.
	denied       []string
	reviewStatus int
	// granted are denied rights that are granted for one name, each as "verb resource namespace name".
	granted []string
	// evaluationError is in the reviews of denied rights.
	evaluationError string
	reviews         int
	// gone are namespaces that do not exist, and going are namespaces that are being deleted.
	gone, going []string
}

// newFakeServer returns a server to which nothing is missing, but the schemas say nothing about fields.
func newFakeServer(t *testing.T) (*fakeServer, *rest.Config) {
	t.Helper()
	s := &fakeServer{documentStatus: http.StatusOK, document: openDocument()}
	for _, d := range definitions() {
		s.served = append(s.served, d.resource, d.resource+"/status")
	}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	return s, &rest.Config{Host: server.URL, QPS: -1, ContentConfig: rest.ContentConfig{ContentType: "application/json"}}
}

// openDocument has our kinds with any fields.
func openDocument() string {
	var schemas []string
	for _, d := range definitions() {
		schemas = append(schemas, fmt.Sprintf(`%q:{"x-kubernetes-preserve-unknown-fields":true,"x-kubernetes-group-version-kind":[{"kind":%q}]}`, d.kind, d.kind))
	}
	return `{"components":{"schemas":{` + strings.Join(schemas, ",") + `}}}`
}

func (s *fakeServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	switch r.URL.Path {
	case "/apis/" + v1alpha1.GroupVersion.String():
		if s.served == nil {
			refuse(w, http.StatusNotFound)
			return
		}
		list := metav1.APIResourceList{GroupVersion: v1alpha1.GroupVersion.String()}
		for _, name := range s.served {
			list.APIResources = append(list.APIResources, metav1.APIResource{Name: name})
		}
		_ = json.NewEncoder(w).Encode(list)
	case "/openapi/v3/apis/" + v1alpha1.GroupVersion.String():
		w.WriteHeader(s.documentStatus)
		_, _ = io.WriteString(w, s.document)
	case "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews":
		s.review(w, r)
	default:
		s.getNamespace(w, strings.TrimPrefix(r.URL.Path, "/api/v1/namespaces/"))
	}
}

func (s *fakeServer) getNamespace(w http.ResponseWriter, name string) {
	if slices.Contains(s.gone, name) {
		refuse(w, http.StatusNotFound)
		return
	}
	namespace := corev1.Namespace{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"}, ObjectMeta: metav1.ObjectMeta{Name: name}}
	if slices.Contains(s.going, name) {
		namespace.DeletionTimestamp = ptr.To(metav1.Unix(1, 0))
	}
	_ = json.NewEncoder(w).Encode(namespace)
}

func (s *fakeServer) review(w http.ResponseWriter, r *http.Request) {
	s.reviews++
	if s.reviewStatus != 0 {
		refuse(w, s.reviewStatus)
		return
	}
	review := &authorizationv1.SelfSubjectAccessReview{}
	if err := json.NewDecoder(r.Body).Decode(review); err != nil {
		refuse(w, http.StatusBadRequest)
		return
	}
	a := review.Spec.ResourceAttributes
	resource := a.Resource
	if a.Group != "" {
		resource += "." + a.Group
	}
	if a.Subresource != "" {
		resource += "/" + a.Subresource
	}
	right := strings.Join(slices.DeleteFunc([]string{a.Verb, resource, a.Namespace}, func(s string) bool { return s == "" }), " ")
	review.Status.Allowed = !slices.Contains(s.denied, right) || slices.Contains(s.granted, strings.TrimSpace(right+" "+a.Name))
	if !review.Status.Allowed {
		review.Status.EvaluationError = s.evaluationError
	}
	review.APIVersion, review.Kind = "authorization.k8s.io/v1", "SelfSubjectAccessReview"
	w.WriteHeader(http.StatusCreated)
	_ = json.NewEncoder(w).Encode(review)
}

func refuse(w http.ResponseWriter, status int) {
	reasons := map[int]metav1.StatusReason{http.StatusNotFound: metav1.StatusReasonNotFound, http.StatusForbidden: metav1.StatusReasonForbidden}
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(metav1.Status{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Status"}, Status: metav1.StatusFailure, Code: int32(status), Reason: reasons[status],
	})
}

// everything is an operator that does all that it can do.
func everything(namespaces ...string) Config {
	return Config{OperatorNamespace: "operators", WatchNamespaces: namespaces, WatchSecrets: true, LeaderElection: true, Metrics: true}
}

func check(t *testing.T, api *rest.Config, c Config, logger logr.Logger) error {
	t.Helper()
	checker, err := NewChecker(api, c, logger)
	if err != nil {
		t.Fatal(err)
	}
	return checker.Wait(t.Context(), 0)
}

func TestWhatIsMissingIsNamed(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		config Config
		server func(s *fakeServer)
		want   []string
	}{
		"Nothing":             {everything(), func(*fakeServer) {}, nil},
		"NothingInNamespaces": {everything("a", "b"), func(*fakeServer) {}, nil},
		"NoGroup":             {everything(), func(s *fakeServer) { s.served = nil }, []string{"v1alpha1", "clerkusers.clerk-operator.io", "clerkinstances.clerk-operator.io", "config/crd"}},
		"OneDefinition":       {everything(), func(s *fakeServer) { s.served = slices.DeleteFunc(s.served, isOf("clerkuseractions")) }, []string{": clerkuseractions.clerk-operator.io; apply"}},
		"NoStatus":            {everything(), func(s *fakeServer) { s.served = slices.DeleteFunc(s.served, isOf("clerkusers/status")) }, []string{": subresource status of clerkusers.clerk-operator.io; apply"}},
		"OlderDefinition": {everything(), func(s *fakeServer) {
			s.document = strings.Replace(s.document, "preserve-unknown-fields", "int-or-string", 1)
		}, []string{"older than the operator; they lack ClerkInstance kind", "ClerkInstance spec", "config/crd"}},
		"NoOpenAPI":         {everything(), func(s *fakeServer) { s.documentStatus = http.StatusNotFound }, nil},
		"UnreadableOpenAPI": {everything(), func(s *fakeServer) { s.document = "<html>" }, nil},
		"UnknownOpenAPI":    {everything(), func(s *fakeServer) { s.document = "{}" }, nil},
		"MayNotReview":      {everything(), func(s *fakeServer) { s.reviewStatus = http.StatusForbidden }, nil},
		"ReviewFails":       {everything(), func(s *fakeServer) { s.reviewStatus = http.StatusInternalServerError }, []string{"reviewing the operator's rights"}},
		"OneRight":          {everything(), func(s *fakeServer) { s.denied = []string{"list clerkusers.clerk-operator.io"} }, []string{"the operator lacks rights: list clerkusers.clerk-operator.io in all namespaces; apply the roles"}},
		"RightOnStatus":     {everything(), func(s *fakeServer) { s.denied = []string{"patch clerkusers.clerk-operator.io/status"} }, []string{"patch clerkusers.clerk-operator.io/status in all"}},
		"GrantedByRole":     {everything("a"), func(s *fakeServer) { s.denied = []string{"get clerkusers.clerk-operator.io"} }, nil},
		"InOneNamespace": {everything("a", "b"), func(s *fakeServer) {
			s.denied = []string{"get clerkusers.clerk-operator.io", "get clerkusers.clerk-operator.io b"}
		}, []string{"rights: get clerkusers.clerk-operator.io in namespace b; apply"}},
		"InNamespacesThatAreGone": {everything("a", "b", "c"), func(s *fakeServer) {
			s.denied, s.gone, s.going = inEach("get clerkusers.clerk-operator.io", "a", "b", "c"), []string{"a"}, []string{"b"}
		}, []string{"rights: get clerkusers.clerk-operator.io in namespace c; apply"}},
		"OnlyInNamespacesThatAreGone": {everything("a"), func(s *fakeServer) { s.denied, s.gone = inEach("get clerkusers.clerk-operator.io", "a"), []string{"a"} }, nil},
		"InTheOperatorsNamespace": {everything("operators"), func(s *fakeServer) {
			s.denied, s.going = inEach("get secrets", "operators"), []string{"operators"}
		}, []string{"get secrets in namespace operators"}},
		"InSeveralNamespaces": {everything("a", "b"), func(s *fakeServer) {
			s.denied = []string{"get clerkusers.clerk-operator.io", "get clerkusers.clerk-operator.io a", "get clerkusers.clerk-operator.io b"}
		}, []string{"rights: get clerkusers.clerk-operator.io in namespaces a and b; apply"}},
		"InManyNamespaces": {everything("a", "b", "c", "d", "e", "f"), func(s *fakeServer) {
			s.denied = inEach("get clerkusers.clerk-operator.io", "a", "b", "c", "d", "e", "f")
		}, []string{"get clerkusers.clerk-operator.io in namespaces a, b, c, d, e and 1 more;"}},
		"SeveralVerbs": {everything(), func(s *fakeServer) {
			s.denied = []string{"get clerkusers.clerk-operator.io", "list clerkusers.clerk-operator.io", "watch clerkusers.clerk-operator.io"}
		}, []string{"get, list and watch clerkusers.clerk-operator.io in all namespaces"}},
		"Lease": {everything(), func(s *fakeServer) {
			s.denied = []string{"update leases.coordination.k8s.io", "update leases.coordination.k8s.io operators"}
		}, []string{"update leases.coordination.k8s.io in namespace operators", "--operator-namespace", "--leader-elect=false"}},
		"SecretsAreNotWatched": {everything(), func(s *fakeServer) { s.denied = []string{"watch secrets"} }, []string{"watch secrets in all namespaces", "--watch-secrets"}},
		"WithoutWatchSecrets": {Config{OperatorNamespace: "o"}, func(s *fakeServer) {
			s.denied = []string{"watch secrets", "list configmaps", "get leases.coordination.k8s.io", "create tokenreviews.authentication.k8s.io"}
		}, nil},
		"RightsAndDefinitions": {everything(), func(s *fakeServer) { s.served, s.denied = nil, []string{"get clerkusers.clerk-operator.io"} }, []string{"clerkusers.clerk-operator.io", "get clerkusers.clerk-operator.io"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, api := newFakeServer(t)
			tc.server(s)
			err := check(t, api, tc.config, logr.Discard())
			if (err == nil) != (tc.want == nil) {
				t.Fatalf("the error is %v, want %q in it", err, tc.want)
			}
			for _, want := range tc.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error is %v, want %q in it", err, want)
				}
			}
		})
	}
}

func isOf(resource string) func(string) bool {
	return func(name string) bool { return strings.HasPrefix(name, resource) }
}

func inEach(right string, namespaces ...string) []string {
	denied := []string{right}
	for _, namespace := range namespaces {
		denied = append(denied, right+" "+namespace)
	}
	return denied
}

// TestChecksThatAreSkippedAreLogged reads the log of an operator that may not ask.
func TestChecksThatAreSkippedAreLogged(t *testing.T) {
	t.Parallel()
	s, api := newFakeServer(t)
	s.documentStatus, s.reviewStatus = http.StatusForbidden, http.StatusForbidden
	var lines []string
	logger := funcr.New(func(_, args string) { lines = append(lines, args) }, funcr.Options{})
	if err := check(t, api, everything(), logger); err != nil {
		t.Error(err)
	}
	if text := strings.Join(lines, "\n"); !strings.Contains(text, "may not review its own rights") || !strings.Contains(text, "cannot compare the CustomResourceDefinitions") {
		t.Errorf("the log says %q", lines)
	}
}

// TestRightsThatSomethingWorksWithoutAreLogged has rights missing that only some objects need.
func TestRightsThatSomethingWorksWithoutAreLogged(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		config  Config
		denied  []string
		granted []string
		want    string
	}{
		// A Role that names the Secrets of ClerkInstances and the operator's own.
		"SecretsByName": {
			Config{OperatorNamespace: "o"},
			[]string{"get secrets", "get secrets o"},
			[]string{"get secrets o clerk-operator-binding-key"},
			"rights: get secrets in all namespaces; apply the roles and bindings of this version of the operator (config/rbac, or",
		},
		"LeaseByName": {
			Config{OperatorNamespace: "o", LeaderElection: true},
			append(append(inEach("get leases.coordination.k8s.io", "o"), inEach("update leases.coordination.k8s.io", "o")...), inEach("create leases.coordination.k8s.io", "o")...),
			[]string{"get leases.coordination.k8s.io o clerk-operator", "update leases.coordination.k8s.io o clerk-operator"},
			"create leases.coordination.k8s.io in namespace o;",
		},
		"NoActionsThatWriteSecrets": {everything(), []string{"create secrets", "patch secrets"}, nil, "create and patch secrets in all namespaces;"},
		"NoEvents":                  {everything(), []string{"create events.events.k8s.io", "patch events.events.k8s.io"}, nil, "events.events.k8s.io in all"},
		"NoProfileImages":           {everything(), []string{"get configmaps"}, nil, "get configmaps in all"},
		"NoNamespaces":              {everything(), []string{"get namespaces"}, nil, "get namespaces in all"},
		"OfANamespace":              {everything("a", "b"), inEach("get secrets", "b"), nil, "get secrets in namespace b; apply the roles and bindings of this version of the operator (config/namespaced/watched, or"},
		"NoMetrics": {
			everything(), []string{"create tokenreviews.authentication.k8s.io"}, nil,
			"(config/metrics, or the chart); --metrics-bind-address=0 needs no rights for metrics",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, api := newFakeServer(t)
			s.denied, s.granted = tc.denied, tc.granted
			var lines []string
			logger := funcr.New(func(_, args string) { lines = append(lines, args) }, funcr.Options{})
			if err := check(t, api, tc.config, logger); err != nil {
				t.Error(err)
			}
			if len(lines) != 1 || !strings.Contains(lines[0], tc.want) || !strings.Contains(lines[0], "what needs them fails") {
				t.Errorf("the log says %q, want %q in one line", lines, tc.want)
			}
		})
	}
}

// TestSourceOfARight has the message name where a right is granted.
func TestSourceOfARight(t *testing.T) {
	t.Parallel()
	own := Right{Verb: "get", Resource: "clerkusers.clerk-operator.io"}
	for _, tc := range []struct {
		namespaces []string
		right      Right
		want       string
	}{
		{nil, own, "config/rbac"},
		{nil, Right{Verb: "get", Resource: "secrets"}, "config/rbac"},
		{nil, Right{Verb: "get", Resource: leases, Namespace: "o"}, "config/rbac"},
		{nil, Right{Verb: "create", Resource: "subjectaccessreviews.authorization.k8s.io"}, "config/metrics"},
		{[]string{"a"}, own, "config/namespaced"},
		{[]string{"a"}, Right{Verb: "get", Resource: "clerkusers.clerk-operator.io", Namespace: "a"}, "config/namespaced"},
		{[]string{"a"}, Right{Verb: "get", Resource: "namespaces"}, "config/namespaced"},
		{[]string{"a"}, Right{Verb: "get", Resource: "secrets", Namespace: "o", Name: "clerk-operator-binding-key"}, "config/namespaced"},
		{[]string{"a"}, Right{Verb: "create", Resource: "secrets", Namespace: "o"}, "config/namespaced"},
		{[]string{"a"}, Right{Verb: "get", Resource: leases, Namespace: "o"}, "config/rbac"},
		{[]string{"a"}, Right{Verb: "create", Resource: "tokenreviews.authentication.k8s.io"}, "config/metrics"},
		{[]string{"a"}, Right{Verb: "list", Resource: "secrets", Namespace: "a"}, "config/namespaced/watched"},
		{[]string{"a"}, Right{Verb: "create", Resource: "events.events.k8s.io", Namespace: "a"}, "config/namespaced/watched"},
	} {
		if got := (Config{OperatorNamespace: "o", WatchNamespaces: tc.namespaces}).source(tc.right); got != tc.want {
			t.Errorf("%+v is granted in %s, want %s", tc.right, got, tc.want)
		}
	}
}

// TestEvaluationErrorIsNamed has the API server unable to evaluate a rule.
func TestEvaluationErrorIsNamed(t *testing.T) {
	t.Parallel()
	s, api := newFakeServer(t)
	s.denied, s.evaluationError = []string{"get clerkusers.clerk-operator.io"}, `clusterrole "gone" not found`
	if err := check(t, api, everything(), logr.Discard()); err == nil || !strings.Contains(err.Error(), s.evaluationError) {
		t.Errorf("the error is %v, want %q in it", err, s.evaluationError)
	}
}

// TestClusterRolesAreReviewedOnce has many namespaces cost no more reviews than one if a ClusterRole grants the rights.
func TestClusterRolesAreReviewedOnce(t *testing.T) {
	t.Parallel()
	count := func(namespaces ...string) int {
		s, api := newFakeServer(t)
		if err := check(t, api, everything(namespaces...), logr.Discard()); err != nil {
			t.Fatal(err)
		}
		return s.reviews
	}
	if one, three := count("a"), count("a", "b", "c"); one != three || one > 40 {
		t.Errorf("one namespace costs %d reviews, three cost %d", one, three)
	}
}

func TestWaitsForWhatAppears(t *testing.T) {
	t.Parallel()
	s, api := newFakeServer(t)
	served := s.served
	s.served, s.documentStatus = nil, http.StatusNotFound
	waiting := make(chan struct{})
	var once sync.Once
	checker, err := NewChecker(api, everything(), funcr.New(func(_, _ string) { once.Do(func() { close(waiting) }) }, funcr.Options{}))
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		<-waiting
		s.mu.Lock()
		defer s.mu.Unlock()
		s.served, s.documentStatus = served, http.StatusOK
	}()
	began := time.Now()
	if err := checker.Wait(t.Context(), time.Minute); err != nil || time.Since(began) > 30*time.Second {
		t.Errorf("after %s: %v", time.Since(began), err)
	}
}

func TestErrorsAreTold(t *testing.T) {
	t.Parallel()
	s, api := newFakeServer(t)
	s.served, s.denied = nil, []string{"get clerkusers.clerk-operator.io"}
	err := check(t, api, everything(), logr.Discard())
	if rights, ok := errors.AsType[*MissingRightsError](err); !ok || !slices.Equal(rights.Rights, []Right{{Verb: "get", Resource: "clerkusers.clerk-operator.io"}}) {
		t.Errorf("the error is %#v", err)
	}
	if missing, ok := errors.AsType[*MissingDefinitionsError](err); !ok || len(missing.Missing) != len(definitions()) {
		t.Errorf("the error is %#v", err)
	}
}
