// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// Desired is the canonical form of a ClerkUser's spec and the other inputs of a plan. A nil pointer means that the
// field is not managed. It shares no memory with its sources, and shows no value when printed.
type Desired struct {
	clerk.Unprintable

	mark     Mark
	applied  v1alpha1.Applied
	liftLock bool

	// plain holds the plain fields.
	plain    v1alpha1.ClerkUserSpec
	username *string

	emails, phones contactList

	metadata         []desiredMetadata
	metadataReplaced bool

	banned, locked *bool

	password *desiredPassword
	image    *desiredImage

	initial       v1alpha1.InitialValues
	initialInputs InitialInputs
}

// FromSpec returns the canonical form of a spec. The error is an *InvalidError and covers what the API server cannot
// check.
func FromSpec(spec *v1alpha1.ClerkUserSpec, in Inputs) (*Desired, error) {
	if invalid := checkIdentifiers(spec); invalid != nil {
		return nil, invalid
	}
	spec = spec.DeepCopy()
	d := &Desired{
		mark:     in.Mark,
		applied:  *in.Applied.DeepCopy(),
		liftLock: in.LiftLock,

		plain:    *spec,
		username: spec.Username,

		metadataReplaced: replaces(spec.MetadataPolicy),

		banned: spec.Banned,
		locked: spec.Locked,

		password: readPassword(spec.Password, in),
		image:    readImage(spec.ProfileImage, in),
	}
	if d.username != nil {
		*d.username = foldUsername(*d.username)
	}
	if spec.Initial != nil {
		d.initial, d.initialInputs = *spec.Initial, in.Initial
	}
	d.emails = declaredEmails(spec, d.applied)
	d.phones = declaredPhones(spec, d.applied)
	for _, list := range []contactList{d.emails, d.phones} {
		if invalid := list.check(); invalid != nil {
			return nil, invalid
		}
	}
	if err := d.readMetadata(spec, in.PrivateMetadata); err != nil {
		return nil, err
	}
	return d, nil
}

// replaces reports whether an optional policy is Replace.
func replaces(policy *v1alpha1.MergePolicy) bool {
	return policy != nil && *policy == v1alpha1.PolicyReplace
}

// readMetadata sets the three metadata fields. Its error is an *InvalidError.
func (d *Desired) readMetadata(spec *v1alpha1.ClerkUserSpec, values []clerk.Secret) error {
	for _, source := range metadataSources(spec, values) {
		declared, invalid := readDesired(source, d.mark)
		if invalid != nil {
			return invalid
		}
		declared.ours = pointersInto(declared.field, d.applied.Metadata)
		d.metadata = append(d.metadata, declared)
	}
	return nil
}

// metadataOf returns the user's metadata for a field of the spec.
func metadataOf(u *clerk.User, field string) clerk.Metadata {
	switch field {
	case FieldPublicMetadata:
		return u.PublicMetadata
	case FieldPrivateMetadata:
		return u.PrivateMetadata
	default:
		return u.UnsafeMetadata
	}
}
