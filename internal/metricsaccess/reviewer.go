// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package metricsaccess

import (
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	authenticationclient "k8s.io/client-go/kubernetes/typed/authentication/v1"
	authorizationclient "k8s.io/client-go/kubernetes/typed/authorization/v1"
	"k8s.io/client-go/rest"
)

const (
	// reviewTimeout is how long both reviews of a request may take together.
	reviewTimeout = 10 * time.Second
	// allowedFor is how long an allowed request may be repeated without reviews. Refusals are not remembered.
	allowedFor = time.Minute
)

// reviewer asks the API server who sends a request and whether that user may send it. It is safe for concurrent use.
type reviewer struct {
	tokens   authenticationclient.TokenReviewInterface
	accesses authorizationclient.SubjectAccessReviewInterface
	now      func() time.Time

	mu sync.Mutex
	// allowed has the time until which each request is allowed.
	allowed map[request]time.Time
}

// request is what a decision depends on. The token is hashed, so that no copy of it stays in memory.
type request struct {
	token      [sha256.Size]byte
	verb, path string
}

func newReviewer(config *rest.Config, httpClient *http.Client, now func() time.Time) (*reviewer, error) {
	authentication, err := authenticationclient.NewForConfigAndClient(config, httpClient)
	if err != nil {
		return nil, fmt.Errorf("building the client for token reviews: %w", err)
	}
	authorization, err := authorizationclient.NewForConfigAndClient(config, httpClient)
	if err != nil {
		return nil, fmt.Errorf("building the client for access reviews: %w", err)
	}
	return &reviewer{
		tokens: authentication.TokenReviews(), accesses: authorization.SubjectAccessReviews(),
		now: now, allowed: map[request]time.Time{},
	}, nil
}

// review returns the status to answer a request with; only 200 lets it pass. The error says why the API server could not be
// asked.
func (r *reviewer) review(received *http.Request) (status int, err error) {
	token := bearerToken(received)
	if token == "" {
		return http.StatusUnauthorized, nil
	}
	asked := request{token: sha256.Sum256([]byte(token)), verb: strings.ToLower(received.Method), path: received.URL.Path}
	if r.wasAllowed(asked) {
		return http.StatusOK, nil
	}
	ctx, cancel := context.WithTimeout(received.Context(), reviewTimeout)
	defer cancel()
	user, err := r.authenticate(ctx, token)
	switch {
	case err != nil:
		return http.StatusInternalServerError, err
	case user == nil:
		return http.StatusUnauthorized, nil
	}
	switch allowed, err := r.authorize(ctx, user, asked); {
	case err != nil:
		return http.StatusInternalServerError, err
	case !allowed:
		return http.StatusForbidden, nil
	}
	r.allow(asked)
	return http.StatusOK, nil
}

// authenticate returns the user that a token belongs to; nil if the API server does not accept the token.
func (r *reviewer) authenticate(ctx context.Context, token string) (*authenticationv1.UserInfo, error) {
	review := &authenticationv1.TokenReview{Spec: authenticationv1.TokenReviewSpec{Token: token}}
	answer, err := r.tokens.Create(ctx, review, metav1.CreateOptions{})
	if err != nil {
		return nil, fmt.Errorf("creating a TokenReview: %w", err)
	}
	if !answer.Status.Authenticated {
		return nil, nil
	}
	return &answer.Status.User, nil
}

// authorize reports whether a user may send a request.
func (r *reviewer) authorize(ctx context.Context, user *authenticationv1.UserInfo, asked request) (bool, error) {
	extra := map[string]authorizationv1.ExtraValue{}
	for key, values := range user.Extra {
		extra[key] = authorizationv1.ExtraValue(values)
	}
	review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
		NonResourceAttributes: &authorizationv1.NonResourceAttributes{Verb: asked.verb, Path: asked.path},
		User:                  user.Username,
		UID:                   user.UID,
		Groups:                user.Groups,
		Extra:                 extra,
	}}
	answer, err := r.accesses.Create(ctx, review, metav1.CreateOptions{})
	if err != nil {
		return false, fmt.Errorf("creating a SubjectAccessReview: %w", err)
	}
	return answer.Status.Allowed && !answer.Status.Denied, nil
}

func (r *reviewer) wasAllowed(asked request) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	until, found := r.allowed[asked]
	return found && r.now().Before(until)
}

// allow remembers a request that is allowed, and drops those that no longer are.
func (r *reviewer) allow(asked request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	maps.DeleteFunc(r.allowed, func(_ request, until time.Time) bool { return !now.Before(until) })
	r.allowed[asked] = now.Add(allowedFor)
}
