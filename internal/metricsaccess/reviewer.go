// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package metricsaccess

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
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
	// reviewsAtOnce is the maximum number of requests that are reviewed at the same time. Anybody who reaches the address can
	// cause reviews, and each is a call to the API server.
	reviewsAtOnce = 4
)

// errBusy is the error of a request that was not reviewed.
var errBusy = errors.New("the maximum number of requests is being reviewed")

// reviewer asks the API server who sends a request and whether that user may send it. It is safe for concurrent use.
type reviewer struct {
	tokens   authenticationclient.TokenReviewInterface
	accesses authorizationclient.SubjectAccessReviewInterface
	now      func() time.Time
	known    *decisions
	// seats has an element for each request that is being reviewed.
	seats chan struct{}
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
		now: now, known: newDecisions(now), seats: make(chan struct{}, reviewsAtOnce),
	}, nil
}

// review returns the status to answer a request with; only 200 lets it pass. The error says why there is no decision.
func (r *reviewer) review(received *http.Request) (status int, err error) {
	asked := request{token: bearerToken(received), verb: strings.ToLower(received.Method), path: received.URL.Path}
	if asked.token == "" {
		return http.StatusUnauthorized, nil
	}
	if status := r.known.find(asked); status != 0 {
		return status, nil
	}
	select {
	case r.seats <- struct{}{}:
		defer func() { <-r.seats }()
	default:
		return http.StatusServiceUnavailable, errBusy
	}
	ctx, cancel := context.WithTimeout(received.Context(), reviewTimeout)
	defer cancel()
	if status, err = r.decide(ctx, asked); err == nil {
		r.known.remember(asked, status)
	}
	return status, err
}

// decide has the API server review a request.
func (r *reviewer) decide(ctx context.Context, asked request) (status int, err error) {
	user, err := r.authenticate(ctx, asked.token)
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
