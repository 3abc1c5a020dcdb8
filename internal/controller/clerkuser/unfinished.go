// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/source"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// unfinished is an error that says what of a spec cannot be carried out, after everything else was.
type unfinished struct {
	// missing is why the Secrets and ConfigMaps that the spec names could not be used; nil if they could.
	missing     error
	refused     []refusedPart
	unreachable []plan.InvalidError
	// notKept names fields.
	notKept []string
}

// orNil is the error, or nil if nothing is left.
func (u *unfinished) orNil() error {
	if u.missing == nil && len(u.refused) == 0 && len(u.unreachable) == 0 && len(u.notKept) == 0 {
		return nil
	}
	return u
}

// Error names each field and what to do about it. What is true of several is said once.
func (u *unfinished) Error() string {
	var problems []string
	add := func(problem string) {
		if !slices.Contains(problems, problem) {
			problems = append(problems, problem)
		}
	}
	if u.missing != nil {
		add(u.missing.Error())
	}
	for _, problem := range messages(u.refused) {
		add(problem)
	}
	for i := range u.unreachable {
		add(u.unreachable[i].Error())
	}
	if len(u.notKept) > 0 {
		add(notKept(u.notKept).Error())
	}
	return strings.Join(problems, "; ")
}

// messages say which fields Clerk refused, why, and what to do: one for all fields of which the same is true.
func messages(refused []refusedPart) []string {
	fields := map[string][]string{}
	var problems []string
	for _, part := range refused {
		problem := part.problem()
		if !slices.Contains(problems, problem) {
			problems = append(problems, problem)
		}
		if field := part.field(); !slices.Contains(fields[problem], field) {
			fields[problem] = append(fields[problem], field)
		}
	}
	for i, problem := range problems {
		problems[i] = strings.Join(fields[problem], ", ") + ": " + problem
	}
	return problems
}

// reason is that of the condition: what a person has to do something about comes first.
func (u *unfinished) reason() string {
	absent, isAbsent := errors.AsType[*source.MissingError](u.missing)
	switch {
	case len(u.refused) > 0:
		return v1alpha1.ReasonRejectedByClerk
	case len(u.unreachable) > 0:
		return v1alpha1.ReasonInvalidSpec
	case isAbsent:
		return absent.Reason
	case u.missing != nil:
		return v1alpha1.ReasonInvalidSpec
	default:
		return v1alpha1.ReasonNotKept
	}
}

// stalled reports whether somebody has to change something. What only waits for a Secret or ConfigMap goes on when that is
// there.
func (u *unfinished) stalled() bool {
	return u.reason() != v1alpha1.ReasonSecretNotFound && u.reason() != v1alpha1.ReasonConfigMapNotFound
}

// retryAfter is how long until the first of the refused parts is sent again; 0 if none is. One whose time has come was left out
// for another reason, and goes along when that is gone.
func (u *unfinished) retryAfter(now time.Time) (after time.Duration) {
	for _, part := range u.refused {
		if wait := part.until.Sub(now); wait > 0 {
			after = sooner(after, wait)
		}
	}
	return after
}

// field is the path of what Clerk refused, as exactly as Clerk says.
func (r refusedPart) field() string {
	if named := plan.PathsOf(r.err); len(named) == 1 && strings.HasPrefix(named[0], r.path+".") {
		return named[0]
	}
	return r.path
}

// problem says why Clerk refused it, and what to do.
func (r refusedPart) problem() string {
	remedy := clerk.Remedy(r.err)
	if _, taken := clerk.IdentifierTaken(r.err); taken {
		remedy = takenRemedy
	}
	return strings.TrimRight(r.err.Error(), ". ") + ". " + remedy
}

// takenRemedy is what to do about an identifier that another user has, for an object that has a user already.
const takenRemedy = "Another user of this Clerk instance has it. Remove it there, or from this manifest. If another ClerkUser " +
	"gives it up, this one takes it over at once. Two that swap addresses or numbers each need another way to sign in meanwhile; " +
	"usernames and external ids are swapped in two commits."
