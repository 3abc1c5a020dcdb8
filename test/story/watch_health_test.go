// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package story

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/controller/watches"
	"github.com/clerk-operator/clerk-operator/test/rights"
)

// streams are the watches that the operator has open at the API server.
type streams struct {
	mu   sync.Mutex
	open []io.Closer
}

func (s *streams) wrap(next http.RoundTripper) http.RoundTripper {
	return roundTripper(func(request *http.Request) (*http.Response, error) {
		response, err := next.RoundTrip(request)
		if err == nil && request.URL.Query().Get("watch") != "" {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.open = append(s.open, response.Body)
		}
		return response, err
	})
}

// end ends them, as the API server does from time to time.
func (s *streams) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, stream := range s.open {
		stream.Close()
	}
	s.open = nil
}

// TestRightsThatAreTakenAwayAreReported takes the right to list and watch ClerkUsers away and gives it back.
func TestRightsThatAreTakenAwayAreReported(t *testing.T) {
	env := newEnvironment(t)
	state, err := watches.New(watches.Config{
		Scheme: env.client.Scheme(), Kinds: []string{"ClerkUser"}, Registry: prometheus.NewRegistry(), Logger: env.logger,
		Tolerance: time.Second, Now: time.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	env.withOptions = func(o *ctrl.Options) { state.Observe(&o.Cache) }
	account := shippedAccount(t).In("watcher-" + env.namespace)
	env.runAs(account)
	env.requests.mayBeRefused()
	open := &streams{}
	env.config.Wrap(open.wrap)
	env.start()
	env.create(env.user("before"))
	env.expectReason("before", v1alpha1.ReasonInSync)
	env.expectNoWrites()
	if err := state.Check(); err != nil {
		t.Fatal(err)
	}

	withoutUsers := account
	for _, right := range account.Rights() {
		if right.Resource == "clerkusers" && right.Verb != "patch" {
			withoutUsers = withoutUsers.Without(right)
		}
	}
	env.setRules(withoutUsers)
	operator, err := client.New(env.config, client.Options{Scheme: env.client.Scheme()})
	if err != nil {
		t.Fatal(err)
	}
	env.eventually("the right to be gone", func() error {
		if err := operator.List(t.Context(), &v1alpha1.ClerkUserList{}); !apierrors.IsForbidden(err) {
			return fmt.Errorf("listing ClerkUsers: %w", err)
		}
		return nil
	})
	open.end()
	env.eventually("the failure to be seen", func() error {
		if err := state.Check(); err == nil || !strings.Contains(err.Error(), "ClerkUser") || strings.Contains(err.Error(), "ClerkInstance") {
			return fmt.Errorf("Check() = %w", err)
		}
		return nil
	})
	env.eventually("a log line", func() error {
		if n := strings.Count(env.infos.String(), "objects cannot be listed or watched"); n < 1 {
			return errNotYet
		}
		return nil
	})
	env.create(env.user("meanwhile"))
	env.setRules(account)
	env.eventually("the recovery to be seen", state.Check)
	env.expectReason("meanwhile", v1alpha1.ReasonInSync)
	if lines := strings.Count(env.infos.String(), "objects cannot be listed or watched"); lines != 1 {
		t.Errorf("%d log lines report a failure of list and watch:\n%s", lines, env.infos.String())
	}
	env.expectNoWrites()
}

// setRules gives the roles of an account that exists their rules.
func (env *environment) setRules(a rights.Account) {
	env.t.Helper()
	for _, role := range a.Objects() {
		if err := env.client.Update(env.t.Context(), role); err != nil {
			env.t.Fatal(err)
		}
	}
}
