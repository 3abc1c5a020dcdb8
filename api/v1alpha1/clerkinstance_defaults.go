// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import "time"

// Defaults of a ClerkInstance. These are not schema defaults, so that a GitOps tool sees no drift.
const (
	// DefaultAPIURL is Clerk's Backend API.
	DefaultAPIURL = "https://api.clerk.com/v1"
	// DefaultSecretKey is the entry of the Secret that holds the secret key.
	DefaultSecretKey = "secret-key"
	// DefaultDriftInterval is the time between two incremental syncs.
	DefaultDriftInterval = time.Minute
	// DefaultFullInterval is the time between two full syncs.
	DefaultFullInterval = time.Hour
	// DefaultBrakeMaxCount and DefaultBrakeWindow limit deletions in a production instance.
	DefaultBrakeMaxCount = 10
	// DefaultBrakeWindow is the length of the deletion brake's window.
	DefaultBrakeWindow = 10 * time.Minute
	// DefaultDeletionDelay is deletionDelay in a production instance.
	DefaultDeletionDelay = 30 * time.Second
)

// EntryKey returns the entry of the Secret that the reference means.
func (r SecretKeyReference) EntryKey() string {
	if r.Key == nil {
		return DefaultSecretKey
	}
	return *r.Key
}

// EffectiveAPIURL returns apiURL or its default.
func (s *ClerkInstanceSpec) EffectiveAPIURL() string {
	if s.APIURL == nil {
		return DefaultAPIURL
	}
	return *s.APIURL
}

// DriftInterval returns drift.interval or its default.
func (s *ClerkInstanceSpec) DriftInterval() time.Duration {
	if s.Drift == nil || s.Drift.Interval == nil {
		return DefaultDriftInterval
	}
	return s.Drift.Interval.Duration
}

// FullInterval returns drift.fullInterval or its default.
func (s *ClerkInstanceSpec) FullInterval() time.Duration {
	if s.Drift == nil || s.Drift.FullInterval == nil {
		return DefaultFullInterval
	}
	return s.Drift.FullInterval.Duration
}

// Adoption returns policy.adoption or its default.
func (s *ClerkInstanceSpec) Adoption() AdoptionScope {
	if s.Policy == nil || s.Policy.Adoption == nil {
		return AdoptionSameNamespace
	}
	return *s.Policy.Adoption
}

// MayDelete reports whether policy.deletion lets users be deleted or banned on deletion.
func (s *ClerkInstanceSpec) MayDelete() bool {
	return s.Policy == nil || s.Policy.Deletion == nil || *s.Policy.Deletion != DeletionDeny
}

// Namespaces returns allowedNamespaces.from or its default.
func (s *ClerkInstanceSpec) Namespaces() NamespacesFrom {
	if s.AllowedNamespaces == nil || s.AllowedNamespaces.From == nil {
		return NamespacesFromSame
	}
	return *s.AllowedNamespaces.From
}

// Brake returns the limit of deletions in a window of time for an instance of this environment; 0 is no limit.
func (s *ClerkInstanceSpec) Brake(env Environment) (maxCount int32, window time.Duration) {
	maxCount, window = DefaultBrakeMaxCount, DefaultBrakeWindow
	if env != EnvironmentProduction {
		maxCount = 0
	}
	if b := s.DeletionBrake; b != nil {
		if b.MaxCount != nil {
			maxCount = *b.MaxCount
		} else {
			maxCount = DefaultBrakeMaxCount
		}
		if b.Window != nil {
			window = b.Window.Duration
		}
	}
	return maxCount, window
}

// RemovalDelay returns deletionDelay or its default for an instance of this environment; 0 is none.
func (s *ClerkInstanceSpec) RemovalDelay(env Environment) time.Duration {
	switch {
	case s.DeletionDelay != nil:
		return s.DeletionDelay.Duration
	case env == EnvironmentProduction:
		return DefaultDeletionDelay
	default:
		return 0
	}
}
