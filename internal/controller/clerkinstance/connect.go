// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkinstance

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	k8s "sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
	"github.com/clerk-operator/clerk-operator/internal/ratelimit"
)

// connect finds the connection of an instance. Clerk is asked only for a key, address or pin that was not checked before.
type connect struct {
	key       readKey
	checked   *checkedKeys
	pool      *connection.Pool
	hosts     AllowedHosts
	userAgent string
	now       func() time.Time
	mayWrite  func() error
	observe   connection.Observer
}

// run returns the connection. keyMissing says that the Secret cannot be had and the cached key is used instead.
func (s connect) run(
	ctx context.Context, instance *v1alpha1.ClerkInstance,
) (c *connection.Connection, keyMissing bool, err error) {
	name := k8s.ObjectKeyFromObject(instance)
	key, err := s.key.run(ctx, instance)
	if isSecretNotFound(err) || isLost(err, instance) {
		if c := s.checked.findAny(name, endpoint(instance), pin(instance)); c != nil {
			return c, true, nil
		}
	}
	if err != nil {
		return nil, false, err
	}
	if !s.hosts.Allow(instance.Spec.EffectiveAPIURL()) {
		return nil, false, hostNotAllowed()
	}
	request := checkedKey{endpoint: endpoint(instance), key: key, pin: pin(instance)}
	c, err = s.checked.getOrCheck(name, request, func() (*connection.Connection, error) {
		return s.check(ctx, name, instance, key)
	})
	if err != nil {
		return nil, false, err
	}
	s.pool.Join(name, c.InstanceID, terms(instance, key))
	return c, false, nil
}

// isLost reports whether the right to read the Secret went before the instance, as a Role does when its namespace is deleted.
func isLost(err error, instance *v1alpha1.ClerkInstance) bool {
	return apierrors.IsForbidden(err) && !instance.DeletionTimestamp.IsZero()
}

// check asks Clerk which instance a key belongs to and compares it with the pin. As long as that is not known, the key has
// a rate limiter of its own.
func (s connect) check(
	ctx context.Context, name types.NamespacedName, instance *v1alpha1.ClerkInstance, key string,
) (*connection.Connection, error) {
	provisional := s.checked.limiter(name, key, func() *clerk.RateLimiter {
		return clerk.NewRateLimiter(clerk.RateLimiterConfig{Now: s.now, RequestsPer10s: budget(instance, key)})
	})
	client, err := s.client(instance, key, provisional, "")
	if err != nil {
		return nil, err
	}
	id, err := instanceID(ctx, client, instance, key)
	if err != nil {
		return nil, err
	}
	limiter, shared := s.pool.Join(name, id, terms(instance, key))
	client, err = s.client(instance, key, limiter, id)
	if err != nil {
		return nil, err
	}
	if err := client.ProbeKey(ctx); clerk.Unauthorized(err) {
		return nil, refusedInUse(instance)
	} else if err != nil {
		return nil, fmt.Errorf("making a call with the key: %w", err)
	}
	return &connection.Connection{
		InstanceID:  id,
		Environment: EnvironmentOf(key),
		Client:      client,
		Mirror:      shared,
	}, nil
}

// client returns a client for the Clerk instance with this id; "" while that is not known.
func (s connect) client(
	instance *v1alpha1.ClerkInstance, key string, limiter *clerk.RateLimiter, id string,
) (*clerk.Client, error) {
	client, err := clerk.New(clerk.Config{
		APIURL:      instance.Spec.EffectiveAPIURL(),
		Key:         clerk.NewSecret(key),
		RateLimiter: limiter,
		UserAgent:   s.userAgent,
		Now:         s.now,
		MayWrite:    s.mayWrite,
		Observe:     s.observe.Of(id),
	})
	if err != nil {
		return nil, fmt.Errorf("opening the connection to Clerk: %w", err)
	}
	return client.For(ratelimit.Caller{ID: string(instance.UID), Level: ratelimit.Interactive}), nil
}

func budget(instance *v1alpha1.ClerkInstance, key string) int {
	limit := instance.Spec.RateLimit
	if limit == nil {
		limit = &v1alpha1.RateLimit{}
	}
	return clerk.Budget(key, limit.SharePercent, limit.RequestsPer10s)
}

func terms(instance *v1alpha1.ClerkInstance, key string) connection.Terms {
	return connection.Terms{
		RequestsPer10s: budget(instance, key),
		Interval:       instance.Spec.DriftInterval(),
		FullInterval:   instance.Spec.FullInterval(),
	}
}

// endpoint is what, besides the key itself, a connection was opened for. An object that was created again begins anew.
func endpoint(instance *v1alpha1.ClerkInstance) string {
	ref := instance.Spec.SecretKeyRef
	return string(instance.UID) + " " + instance.Spec.EffectiveAPIURL() + " " + ref.Name + "/" + ref.EntryKey()
}
