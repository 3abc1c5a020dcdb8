// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package connection

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/emulator"
	"github.com/clerk-operator/clerk-operator/internal/mirror"
)

const (
	firstID  = "ins_2First"
	secondID = "ins_2Second"
)

// Names in the order in which a shared instance knows them.
var (
	ann = types.NamespacedName{Namespace: "team-a", Name: "ann"}
	bob = types.NamespacedName{Namespace: "team-b", Name: "bob"}
	eve = types.NamespacedName{Namespace: "team-e", Name: "eve"}
)

// environment has an emulated Clerk and a pool, with the clock of a bubble of virtual time.
type environment struct {
	t      *testing.T
	server *emulator.Server
	// first has the keys key-1, key-2 and key-3, second has key-4.
	first, second *emulator.Instance
	pool          *Pool
}

func newEnvironment(t *testing.T) *environment {
	t.Helper()
	s := &environment{t: t, server: emulator.New(emulator.Config{Now: time.Now}), pool: NewPool(time.Now)}
	t.Cleanup(s.server.Close)
	boundless := emulator.Settings{InstanceRateLimit: -1, UserRateLimit: -1}
	s.first = s.server.AddInstance(emulator.InstanceConfig{ID: firstID, Keys: []string{secret("key-1"), secret("key-2"), secret("key-3")}, Settings: boundless})
	s.second = s.server.AddInstance(emulator.InstanceConfig{ID: secondID, Keys: []string{secret("key-4")}, Settings: boundless})
	return s
}

func secret(keyID string) string { return "sk_test_PoolPoolPool" + keyID }

// inProcess serves calls without a network, which a bubble of virtual time could not wait for.
type inProcess struct{ http.Handler }

func (p inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	recorder := httptest.NewRecorder()
	if r.Body == nil {
		r.Body = http.NoBody
	}
	p.ServeHTTP(recorder, r)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return recorder.Result(), nil
}

func (s *environment) client(keyID string, limiter *clerk.RateLimiter) *clerk.Client {
	s.t.Helper()
	client, err := clerk.New(clerk.Config{Key: clerk.NewSecret(secret(keyID)), RateLimiter: limiter, Transport: inProcess{s.server}, Now: time.Now})
	if err != nil {
		s.t.Fatal(err)
	}
	return client
}

// usual returns terms with a budget that is never used up.
func usual() Terms {
	return Terms{RequestsPer10s: 1000, Interval: time.Minute, FullInterval: time.Hour}
}

// join makes a ClerkInstance use a Clerk instance with a valid key.
func (s *environment) join(name types.NamespacedName, instanceID, keyID string, terms Terms) *clerk.Client {
	s.t.Helper()
	limiter, m := s.pool.Join(name, instanceID, terms)
	client := s.client(keyID, limiter)
	s.pool.Set(name, usableWith(instanceID, client, m))
	return client
}

func usableWith(instanceID string, client *clerk.Client, m *mirror.Mirror) State {
	return State{Connection: &Connection{
		InstanceID: instanceID, Environment: v1alpha1.EnvironmentDevelopment, Client: client, Mirror: m,
	}}
}

// mirror returns the mirror of an instance that some ClerkInstance uses.
func (s *environment) mirror(instanceID string) *mirror.Mirror {
	s.t.Helper()
	m, found := s.pool.Mirror(instanceID)
	if !found {
		s.t.Fatalf("there is no mirror of %s", instanceID)
	}
	return m
}

// start starts the pool and returns the function that stops it and waits for its end.
func (s *environment) start() (stop func()) {
	ctx, cancel := context.WithCancel(s.t.Context())
	ended := make(chan error)
	go func() { ended <- s.pool.Start(ctx) }()
	return func() {
		s.t.Helper()
		cancel()
		if err := <-ended; err != nil {
			s.t.Errorf("Start() = %v", err)
		}
	}
}

// keysUsed returns the keys of the calls to an instance since the last check.
func keysUsed(i *emulator.Instance) []string {
	var keys []string
	for _, e := range i.Journal() {
		if !slices.Contains(keys, e.KeyID) {
			keys = append(keys, e.KeyID)
		}
	}
	i.ResetJournal()
	slices.Sort(keys)
	return keys
}

// received empties a queue and returns its items, sorted.
func received(from *DedupQueue[types.NamespacedName]) []types.NamespacedName {
	return slices.SortedFunc(slices.Values(from.Take()), compareNames)
}
