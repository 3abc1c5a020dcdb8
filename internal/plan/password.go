// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// desiredPassword is a declared password. Clerk never shows one, so its digest decides whether it was sent.
type desiredPassword struct {
	text                               clerk.Secret
	digest                             string
	skipChecks, signOutOfOtherSessions *bool
}

// readPassword returns the declared password; nil if the spec has none.
func readPassword(spec *v1alpha1.Password, in Inputs) *desiredPassword {
	if spec == nil {
		return nil
	}
	return &desiredPassword{
		text: in.Password, digest: in.PasswordDigest,
		skipChecks: spec.SkipChecks, signOutOfOtherSessions: spec.SignOutOfOtherSessions,
	}
}

// planPassword adds the password to an update if it differs from the one sent last, or if the user has none.
func (d *Desired) planPassword(u *clerk.User, p *clerk.UpdateUserParams) {
	if d.password == nil || d.password.digest == d.applied.PasswordDigest && u.PasswordEnabled {
		return
	}
	p.Password = new(d.password.text)
	p.SkipPasswordChecks = onlyTrue(d.password.skipChecks)
	p.SignOutOfOtherSessions = onlyTrue(d.password.signOutOfOtherSessions)
}

// createCredentials sets the credentials of a new user.
func (d *Desired) createCredentials(p *clerk.CreateUserParams) {
	initial, values := d.initial, d.initialInputs
	switch {
	case d.password != nil:
		p.Password, p.SkipPasswordChecks = new(d.password.text), onlyTrue(d.password.skipChecks)
	case initial.Password != nil:
		p.Password, p.SkipPasswordChecks = new(values.Password), onlyTrue(initial.Password.SkipChecks)
	case initial.PasswordDigest != nil:
		p.PasswordDigest, p.PasswordHasher = new(values.PasswordDigest), new(string(initial.PasswordDigest.Hasher))
	}
	if initial.TOTPSecretRef != nil {
		p.TOTPSecret = new(values.TOTPSecret)
	}
	if initial.BackupCodesSecretRef != nil {
		p.BackupCodes = append(p.BackupCodes, values.BackupCodes...)
	}
}

// onlyTrue leaves out false, which is the default.
func onlyTrue(flag *bool) *bool {
	if !isTrue(flag) {
		return nil
	}
	return new(true)
}
