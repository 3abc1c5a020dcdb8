// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// Observes reports whether the mode is Observe.
func (s *ClerkUserSpec) Observes() bool { return s.Mode != nil && *s.Mode == ModeObserve }

// Suspended reports whether the spec asks to stop all work.
func (s *ClerkUserSpec) Suspended() bool { return s.Suspend != nil && *s.Suspend }

// Adopts reports whether a user with one of the declared identifiers may be adopted.
func (s *ClerkUserSpec) Adopts() bool {
	return s.AdoptionPolicy != nil && *s.AdoptionPolicy == AdoptIfUnmanaged
}

// Uploads reports whether the spec declares an image, and not none: true.
func (i *ProfileImage) Uploads() bool {
	return i != nil && (i.ConfigMapKeyRef != nil || i.SecretKeyRef != nil)
}

// OnDelete returns deletionPolicy or its default for a user of this origin: Retain for one that was
// adopted, else Delete.
func (s *ClerkUserSpec) OnDelete(origin Origin) DeletionPolicy {
	switch {
	case s.DeletionPolicy != nil:
		return *s.DeletionPolicy
	case origin == OriginAdopted:
		return DeletionRetain
	default:
		return DeletionDelete
	}
}
