// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/test/rights"
)

// accounts are the ServiceAccounts that the operators of stories run as, by API server and namespace. Most stories share one.
var accounts = struct {
	mu      sync.Mutex
	shipped rights.Account
	granted map[string]bool
}{granted: map[string]bool{}}

// shippedAccount is the ServiceAccount of config/default with its rights.
func shippedAccount(t *testing.T) rights.Account {
	t.Helper()
	accounts.mu.Lock()
	defer accounts.mu.Unlock()
	if accounts.shipped.Name == "" {
		accounts.shipped = rights.Shipped(t).In("stories")
	}
	return accounts.shipped
}

// grant creates an account on an API server, unless another story has.
func grant(t *testing.T, admin *rest.Config, a rights.Account) {
	t.Helper()
	accounts.mu.Lock()
	defer accounts.mu.Unlock()
	if key := admin.Host + " " + a.Namespace; !accounts.granted[key] {
		a.Grant(t, admin)
		accounts.granted[key] = true
	}
}

// runAs has operators that start from now on run as an account. The story fails if the API server refuses one of their requests
// because of its rights.
func (env *environment) runAs(a rights.Account) {
	env.t.Helper()
	grant(env.t, env.admin, a)
	env.requests = &requests{}
	env.config = a.Config(env.admin)
	env.config.Wrap(env.requests.wrap)
	env.t.Cleanup(func() { env.requests.expectAllAllowed(env.t) })
}

// watchingSecrets has the operator watch Secrets and ConfigMaps, with the rights that --watch-secrets needs.
func (env *environment) watchingSecrets() {
	env.t.Helper()
	env.runAs(shippedAccount(env.t).In("stories-watch-secrets").With("watch-secrets", rights.WatchSecretsRule()))
}

// requests records what the operator asks the API server for.
type requests struct {
	mu   sync.Mutex
	seen []string
	// refused are the answers to requests that the operator has no right to make; mayBe is true if the story expects them.
	refused []string
	mayBe   bool
}

func (r *requests) wrap(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(request *http.Request) (*http.Response, error) {
		response, err := next.RoundTrip(request)
		if err != nil {
			return response, err
		}
		var refusal string
		if response.StatusCode == http.StatusForbidden {
			if refusal, err = refusalIn(response); err != nil {
				return nil, err
			}
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.seen = append(r.seen, request.Method+" "+request.URL.Path)
		if refusal != "" {
			r.refused = append(r.refused, refusal)
		}
		return response, nil
	})
}

// refusalIn returns an answer that says that a right is missing; "" is another answer. A namespace that is being deleted and an
// admission policy also forbid.
func refusalIn(response *http.Response) (string, error) {
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return "", err
	}
	_ = response.Body.Close()
	response.Body = io.NopCloser(bytes.NewReader(body))
	if !strings.Contains(string(body), " cannot ") {
		return "", nil
	}
	return unquoted(string(body)), nil
}

// unquoted returns a text of JSON as people read it.
func unquoted(text string) string { return strings.ReplaceAll(text, `\"`, `"`) }

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(request *http.Request) (*http.Response, error) { return f(request) }

// mayBeRefused tells the story that the operator lacks rights.
func (r *requests) mayBeRefused() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.mayBe = true
}

func (r *requests) expectAllAllowed(t *testing.T) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.refused) > 0 && !r.mayBe {
		t.Errorf("the operator's rights do not suffice: %s", strings.Join(r.refused, "\n"))
	}
}

// expectNoSecretLists checks that the operator neither listed nor watched Secrets.
func (r *requests) expectNoSecretLists(t *testing.T) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.seen) == 0 {
		t.Error("no request was seen")
	}
	for _, line := range r.seen {
		if strings.HasPrefix(line, "GET ") && strings.HasSuffix(line, "/secrets") {
			t.Errorf("Secrets were listed or watched: %s", line)
		}
	}
}

// TestSecretsAreNeverListed uses Secrets in many ways. What holds for all stories holds for this one: the shipped rights suffice.
func TestSecretsAreNeverListed(t *testing.T) {
	env := newEnvironment(t, func(i *v1alpha1.ClerkInstance) {
		i.Spec.AllowedNamespaces = &v1alpha1.AllowedNamespaces{
			From:     ptr.To(v1alpha1.NamespacesFromSelector),
			Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"kubernetes.io/metadata.name": "elsewhere"}},
		}
		i.Spec.DeletionBrake = &v1alpha1.DeletionBrake{MaxCount: ptr.To[int32](10)}
	})
	guest := env.inOtherNamespace()
	env.start()

	env.create(env.user("ann", full))
	env.create(env.user("bob", func(s *spec) { s.UserID = ptr.To(env.clerk.Seed(verified("bob")).ID) }))
	guest.create(guest.user("eve", guest.refersTo(env)))
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.expectReason("bob", v1alpha1.ReasonInSync)
	guest.expectReason("eve", v1alpha1.ReasonNotAllowed)
	env.edit("ann", addEmail)
	env.expectReason("ann", v1alpha1.ReasonInSync)
	env.delete(env.read("ann"))
	env.expectGone("ann")
	env.expectEvent("ann", v1alpha1.EventDeleted)
	env.delete(&corev1.Secret{ObjectMeta: env.secret("").ObjectMeta})
	env.eventually("the Secret to be let go", func() error {
		secrets := &corev1.SecretList{}
		env.listAll(secrets)
		if len(secrets.Items) > 0 {
			return errNotYet
		}
		return nil
	})
	env.requests.expectNoSecretLists(t)
}
