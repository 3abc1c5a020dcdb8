// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkinstance

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/connection"
	"github.com/clerk-operator/clerk-operator/internal/controller/source"
	"github.com/clerk-operator/clerk-operator/internal/ratelimit"
)

// connect returns the connection of an instance. Clerk is asked only for a key, address or pin that was not checked
// before. keyMissing says that the Secret is gone and the key read before serves on.
func (r *Reconciler) connect(
	ctx context.Context, name types.NamespacedName, instance *v1alpha1.ClerkInstance,
) (c *connection.Connection, keyMissing bool, err error) {
	key, err := r.key(ctx, instance)
	if isSecretNotFound(err) {
		if c := r.checked.of(name, endpoint(instance), pin(instance)); c != nil {
			return c, true, nil
		}
	}
	if err != nil {
		return nil, false, err
	}
	apiURL := instance.Spec.EffectiveAPIURL()
	if !r.Hosts.Allow(apiURL) {
		return nil, false, &problem{
			reason:  v1alpha1.ReasonAPIHostNotAllowed,
			message: "the operator may not send keys to the host in spec.apiURL; use an allowed one, or start the operator with --allowed-api-hosts",
			stalled: true,
		}
	}
	request := checkedKey{endpoint: endpoint(instance), key: key, pin: pin(instance)}
	c, err = r.checked.or(name, request, func() (*connection.Connection, error) {
		return r.check(ctx, name, instance, key)
	})
	if err != nil {
		return nil, false, err
	}
	r.Pool.Join(name, c.InstanceID, terms(instance, key))
	return c, false, nil
}

// check asks Clerk which instance a key belongs to and compares it with the pin. As long as that is not known, the key has
// a rate limiter of its own.
func (r *Reconciler) check(
	ctx context.Context, name types.NamespacedName, instance *v1alpha1.ClerkInstance, key string,
) (*connection.Connection, error) {
	provisional := r.checked.limiter(name, key, func() *clerk.RateLimiter {
		return clerk.NewRateLimiter(clerk.RateLimiterConfig{Now: r.Now, RequestsPer10s: budget(instance, key)})
	})
	client, err := r.client(instance, key, provisional)
	if err != nil {
		return nil, err
	}
	id, err := instanceID(ctx, client, instance, key)
	if err != nil {
		return nil, err
	}
	limiter, shared := r.Pool.Join(name, id, terms(instance, key))
	client, err = r.client(instance, key, limiter)
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
		Environment: environment(key),
		Client:      client,
		Mirror:      shared,
	}, nil
}

func (r *Reconciler) client(instance *v1alpha1.ClerkInstance, key string, limiter *clerk.RateLimiter) (*clerk.Client, error) {
	client, err := clerk.New(clerk.Config{
		APIURL:      instance.Spec.EffectiveAPIURL(),
		Key:         clerk.NewSecret(key),
		RateLimiter: limiter,
		UserAgent:   r.UserAgent,
		Now:         r.Now,
		MayWrite:    r.MayWrite,
	})
	if err != nil {
		return nil, fmt.Errorf("opening the connection to Clerk: %w", err)
	}
	return client.For(ratelimit.Caller{ID: string(instance.UID), Level: ratelimit.Interactive}), nil
}

// instanceID returns the id of the instance that the client's key belongs to, or the problem that it is not the expected
// one. For a key that may not ask (403) a digest of it stands in, which pins nothing; where an id is on record, it cannot
// be trusted to be of the same instance.
func instanceID(ctx context.Context, client *clerk.Client, instance *v1alpha1.ClerkInstance, key string) (string, error) {
	want := pin(instance)
	seen, err := client.Instance(ctx)
	if rejected, ok := clerk.Rejected(err); ok && rejected.Status == statusForbidden {
		if want != "" {
			return "", &problem{
				reason: v1alpha1.ReasonInstanceChanged,
				message: fmt.Sprintf("the key may not ask Clerk which instance it belongs to, so it cannot be told whether that is %s, "+
					"and nothing is written; use a key that may ask", want),
				stalled: true,
			}
		}
		return unpinnedPrefix + keyDigest(key), nil
	}
	if err != nil {
		return "", fmt.Errorf("asking Clerk which instance the key belongs to: %w", err)
	}
	if want != "" && want != seen.ID {
		return "", &problem{
			reason: v1alpha1.ReasonInstanceChanged,
			message: fmt.Sprintf("the key belongs to instance %s, but this object stands for %s, so nothing is written; "+
				"put back a key of %s, or set spec.instanceID to %s if the change is meant", seen.ID, want, want, seen.ID),
			stalled: true,
		}
	}
	return seen.ID, nil
}

const (
	statusForbidden = 403
	unpinnedPrefix  = "unpinned-"
	digestLen       = 16
)

// keyDigest names a key without telling it: secret keys hold far more chance than a digest could be searched for.
func keyDigest(key string) string {
	sum := sha256.Sum256([]byte("clerk-operator instance\x00" + key))
	return hex.EncodeToString(sum[:])[:digestLen]
}

// key reads the secret key and ensures the finalizer of the Secret that holds it.
func (r *Reconciler) key(ctx context.Context, instance *v1alpha1.ClerkInstance) (string, error) {
	ref := instance.Spec.SecretKeyRef
	name := types.NamespacedName{Namespace: instance.Namespace, Name: ref.Name}
	secret := &corev1.Secret{}
	err := r.Live.Get(ctx, name, secret)
	if apierrors.IsNotFound(err) {
		return "", secretNotFound(fmt.Sprintf("Secret %s does not exist; create it with the secret key in entry %s", ref.Name, ref.EntryKey()))
	}
	if err != nil {
		return "", fmt.Errorf("reading Secret %s: %w", ref.Name, err)
	}
	if err := r.ensureSecretFinalizer(ctx, instance, secret); err != nil {
		return "", err
	}
	key := source.Trimmed(string(secret.Data[ref.EntryKey()]))
	if key == "" {
		return "", secretNotFound(fmt.Sprintf("Secret %s has no entry %s; put the secret key there", ref.Name, ref.EntryKey()))
	}
	if environment(key) == "" || strings.ContainsFunc(key, func(c rune) bool { return c <= ' ' || c > '~' }) {
		return "", &problem{
			reason:  v1alpha1.ReasonInvalidKey,
			message: fmt.Sprintf("entry %s of Secret %s is not a Clerk secret key; it begins with sk_test_ or sk_live_", ref.EntryKey(), ref.Name),
			stalled: true,
		}
	}
	return key, nil
}

// environment tells the kind of instance from a key; "" for what is no key.
func environment(key string) v1alpha1.Environment {
	switch {
	case strings.HasPrefix(key, "sk_live_"):
		return v1alpha1.EnvironmentProduction
	case strings.HasPrefix(key, "sk_test_"):
		return v1alpha1.EnvironmentDevelopment
	default:
		return ""
	}
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

// pin is the id that the key must belong to; "" before one was seen.
func pin(instance *v1alpha1.ClerkInstance) string {
	if instance.Spec.InstanceID != nil {
		return *instance.Spec.InstanceID
	}
	if strings.HasPrefix(instance.Status.InstanceID, unpinnedPrefix) {
		return ""
	}
	return instance.Status.InstanceID
}

// endpoint is what, besides the key itself, a connection was opened for. An object that was created again begins anew.
func endpoint(instance *v1alpha1.ClerkInstance) string {
	ref := instance.Spec.SecretKeyRef
	return string(instance.UID) + " " + instance.Spec.EffectiveAPIURL() + " " + ref.Name + "/" + ref.EntryKey()
}
