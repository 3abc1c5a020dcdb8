// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkinstance

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

const (
	statusForbidden = 403
	unpinnedPrefix  = "unpinned-"
	digestLen       = 16
)

// instanceID returns the id of the instance that the client's key belongs to, or the problem that it is not the expected
// one. Where an id is on record, a key that may not ask cannot be trusted to be of the same instance.
func instanceID(ctx context.Context, client *clerk.Client, instance *v1alpha1.ClerkInstance, key string) (string, error) {
	want := pin(instance)
	seen, err := IdentifyKey(ctx, client, key)
	switch {
	case err != nil:
		return "", err
	case want == "" || want == seen:
		return seen, nil
	case Unpinned(seen):
		return "", instanceUnknown(want)
	default:
		return "", instanceChanged(want, seen)
	}
}

// InstanceReader tells which instance its key belongs to.
type InstanceReader interface {
	Instance(ctx context.Context) (clerk.Instance, error)
}

// IdentifyKey returns the id of the instance that the client's key belongs to. For a key that may not ask (403) a digest of it
// stands in, as it does in status.instanceID.
func IdentifyKey(ctx context.Context, client InstanceReader, key string) (string, error) {
	seen, err := client.Instance(ctx)
	if rejected, ok := clerk.Rejected(err); ok && rejected.Status == statusForbidden {
		return unpinnedPrefix + keyDigest(key), nil
	}
	if err != nil {
		return "", fmt.Errorf("asking Clerk which instance the key belongs to: %w", err)
	}
	return seen.ID, nil
}

// keyDigest names a key without telling it: secret keys hold far more chance than a digest could be searched for.
func keyDigest(key string) string {
	sum := sha256.Sum256([]byte("clerk-operator instance\x00" + key))
	return hex.EncodeToString(sum[:])[:digestLen]
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

// Unpinned reports whether status.instanceID is a digest of a key that may not ask Clerk for its instance.
func Unpinned(id string) bool { return strings.HasPrefix(id, unpinnedPrefix) }

// PinProblem says why a key of the Clerk instance with this id cannot be used for a ClerkInstance; "" if it can.
func PinProblem(instance *v1alpha1.ClerkInstance, id string) string {
	want := pin(instance)
	if want == "" || want == id {
		return ""
	}
	if Unpinned(id) {
		return instanceUnknown(want).Error()
	}
	return instanceChanged(want, id).Error()
}
