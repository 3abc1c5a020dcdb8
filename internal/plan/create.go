// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"slices"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// create returns the call that creates the user.
func (d *Desired) create() Create {
	p := clerk.CreateUserParams{
		Username: orNil(orEmpty(d.username)),

		EmailAddresses: d.emails.forCreation(),
		PhoneNumbers:   d.phones.forCreation(),
		Web3Wallets:    slices.Clone(d.initial.Web3Wallets),

		SkipLegalChecks:         clone(d.initial.SkipLegalChecks),
		SkipPasswordRequirement: clone(d.initial.SkipPasswordRequirement),
		SkipUserRequirement:     clone(d.initial.SkipUserRequirement),
	}
	for _, field := range plainFields {
		field.create(&d.plain, &p)
	}
	// A new user is neither banned nor locked, and both parameters need features that an instance may lack.
	if isTrue(d.banned) {
		p.Banned = new(true)
	}
	if isTrue(d.locked) {
		p.Locked = new(true)
	}
	if at := d.initial.CreatedAt; at != nil {
		p.CreatedAt = clone(&at.Time)
	}
	if at := d.initial.LegalAcceptedAt; at != nil {
		p.LegalAcceptedAt = clone(&at.Time)
	}
	d.createCredentials(&p)
	d.createMetadata(&p)
	return Create{p}
}

// createMetadata sets the metadata of a new user, with the mark.
func (d *Desired) createMetadata(p *clerk.CreateUserParams) {
	var all clerk.MetadataParams
	for _, declared := range d.metadata {
		if whole := declared.stored(d.mark); len(whole) > 0 {
			setMetadata(&all, declared.field, whole)
		}
	}
	p.PublicMetadata, p.PrivateMetadata, p.UnsafeMetadata = all.Public, all.Private, all.Unsafe
}

// forCreation returns the list as the creating call takes it.
func (l contactList) forCreation() []clerk.NewIdentifier {
	var identifiers []clerk.NewIdentifier
	for _, c := range l.primaryFirst() {
		identifier := clerk.NewIdentifier{Value: c.value, Status: clerk.Verified}
		if c.status == v1alpha1.IdentifierReserved {
			identifier.Status = clerk.Reserved
		}
		identifiers = append(identifiers, identifier)
	}
	return identifiers
}
