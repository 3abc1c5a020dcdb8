// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkaccess

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/clerkinstance"
	"github.com/clerk-operator/clerk-operator/internal/plugin/cli"
	"github.com/clerk-operator/clerk-operator/internal/ratelimit"
	"github.com/clerk-operator/clerk-operator/internal/version"
)

// Access is the way to the users of one Clerk instance, for reading.
type Access struct {
	// InstanceID is the id of the Clerk instance that the key belongs to. If the key may not ask for it, it is a digest of the
	// key, as in status.instanceID.
	InstanceID string
	// Environment is the environment of that instance.
	Environment v1alpha1.Environment
	// Reader reads its users.
	Reader Reader
}

const (
	// sharePercent is the default part of Clerk's limit. The customer's application and the operator share the rest.
	sharePercent = 10
	// timeout of one call. A page of 500 users has up to 12 MB, and people do not sit in a data centre.
	timeout = 30 * time.Second
)

// errNeverWrites is the error of each call that would change something. No such call is reachable through a Reader.
var errNeverWrites = errors.New("kubectl clerk never writes to Clerk")

// OwnKeyError says why the key in the Secret of a ClerkInstance cannot be used. The operator cannot use it either.
type OwnKeyError struct{ err error }

// Error says why.
func (e *OwnKeyError) Error() string { return e.err.Error() }

// Unwrap returns the reason.
func (e *OwnKeyError) Unwrap() error { return e.err }

// Open finds a key of the Clerk instance of a ClerkInstance, and checks that it belongs to that Clerk instance, with one call.
func (f *Flags) Open(ctx context.Context, e *cli.Environment, instance *v1alpha1.ClerkInstance) (*Access, error) {
	cluster, err := e.Reader()
	if err != nil {
		return nil, err
	}
	return f.OpenFrom(ctx, e, cluster, instance)
}

// OpenFrom is Open with the Secrets of another reader, for instance those of manifests that are not applied yet.
func (f *Flags) OpenFrom(ctx context.Context, e *cli.Environment, cluster client.Reader, instance *v1alpha1.ClerkInstance) (*Access, error) {
	return opener{flags: *f, cluster: cluster, getenv: e.Getenv, now: e.Now}.open(ctx, instance)
}

// opener opens the access to Clerk.
type opener struct {
	flags     Flags
	cluster   client.Reader
	getenv    func(name string) string
	now       func() time.Time
	transport http.RoundTripper
}

func (o opener) open(ctx context.Context, instance *v1alpha1.ClerkInstance) (*Access, error) {
	if err := o.checkHost(instance); err != nil {
		return nil, err
	}
	key, err := o.findKey(ctx, instance)
	if err != nil {
		return nil, err
	}
	if err := key.checkEnvironment(instance); err != nil {
		return nil, err
	}
	calls, err := o.client(instance, key)
	if err != nil {
		return nil, err
	}
	r := reader{client: calls, now: o.now, key: key.from}
	id, err := clerkinstance.IdentifyKey(ctx, r, key.text.Reveal())
	if err != nil {
		return nil, key.refused(err, clerk.Unauthorized(err))
	}
	if err := key.checkInstance(instance, id); err != nil {
		return nil, key.refused(err, true)
	}
	return &Access{InstanceID: id, Environment: clerkinstance.EnvironmentOf(key.text.Reveal()), Reader: readOnly{r}}, nil
}

// checkHost refuses an apiURL that the flags do not allow.
func (o opener) checkHost(instance *v1alpha1.ClerkInstance) error {
	hosts, err := clerkinstance.ParseAllowedHosts(o.flags.AllowedAPIHosts)
	if err != nil {
		return fmt.Errorf("--allowed-api-hosts: %w", err)
	}
	if url := instance.Spec.EffectiveAPIURL(); !hosts.Allow(url) {
		return fmt.Errorf("%s has spec.apiURL %s, and the secret key may be sent to %s only; if you trust that host with the key, "+
			"add it to --allowed-api-hosts", nameOf(instance), cli.Line(url), strings.Join(o.flags.AllowedAPIHosts, ", "))
	}
	return nil
}

func (o opener) client(instance *v1alpha1.ClerkInstance, key *secretKey) (*clerk.Client, error) {
	var given *int32
	switch n := o.flags.RequestsPer10s; {
	case n < 0:
		return nil, fmt.Errorf("--requests-per-10s is %d; want a number from 1 on, or 0 for the default", n)
	case n > 0:
		given = &n
	}
	calls, err := clerk.New(clerk.Config{
		APIURL: instance.Spec.EffectiveAPIURL(),
		Key:    key.text,
		RateLimiter: clerk.NewRateLimiter(clerk.RateLimiterConfig{
			RequestsPer10s: clerk.Budget(key.text.Reveal(), new(int32(sharePercent)), given), Now: o.now,
		}),
		Transport: o.transport,
		UserAgent: "kubectl-clerk/" + version.Get().Version,
		Now:       o.now,
		Timeout:   timeout,
		MayWrite:  func() error { return errNeverWrites },
	})
	if err != nil {
		return nil, fmt.Errorf("opening the connection to Clerk: %w", err)
	}
	// Nobody else has calls in this limiter.
	return calls.For(ratelimit.Caller{ID: "kubectl-clerk", Level: ratelimit.Interactive}), nil
}

// nameOf names a ClerkInstance in messages.
func nameOf(instance *v1alpha1.ClerkInstance) string {
	return "ClerkInstance " + instance.Namespace + "/" + instance.Name
}
