// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package source

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// Values are the values of a ClerkUser's fields that are in Secrets and ConfigMaps. In the zero value none were read.
type Values struct {
	clerk.Unprintable

	// Inputs holds the values and their digests. Callers fill in the other inputs of a plan.
	Inputs plan.Inputs
	// Complete is true if all requested values were read.
	Complete bool
	// Digest is a digest of all enforced values; "" if there are none, or if Complete is false. InitialDigest is the same
	// for the values that only the creating call uses.
	Digest, InitialDigest string
	// LeftOut names the fields whose values are not known, in the order of the table. The values sent last count as
	// declared.
	LeftOut []string
}

// UnreadField is a field whose value could not be read, or is invalid.
type UnreadField struct {
	// Name is the name of the field in a plan.
	Name string
	// Err says why: a *MissingError, a *plan.InvalidError, or an error of the API server.
	Err error
}

// UnreadError is the error of all fields whose values could not be read.
type UnreadError []UnreadField

// Error gives the reason for each field.
func (u UnreadError) Error() string {
	var problems []string
	for _, field := range u {
		problems = append(problems, field.Err.Error())
	}
	return strings.Join(problems, "; ")
}

// Unwrap returns the error of each field.
func (u UnreadError) Unwrap() []error {
	var errs []error
	for _, field := range u {
		errs = append(errs, field.Err)
	}
	return errs
}

// IsFault reports whether somebody has to correct a Secret or ConfigMap. Other errors are temporary.
func IsFault(err error) bool {
	if unread, several := errors.AsType[UnreadError](err); several {
		return !slices.ContainsFunc(unread, func(field UnreadField) bool { return !IsFault(field.Err) })
	}
	_, absent := errors.AsType[*MissingError](err)
	_, invalid := errors.AsType[*plan.InvalidError](err)
	return absent || invalid
}

// Enforced reads the values of all fields except the initial ones. If some cannot be read, the error is an UnreadError
// that names them, and the other values are returned. sent is what was sent last.
func Enforced(ctx context.Context, reader *Reader, spec *v1alpha1.ClerkUserSpec, sent *v1alpha1.Applied, digest Digest) (Values, error) {
	var read Values
	var unread UnreadError
	r := reading{reader: reader, spec: spec, digest: digest}
	for _, f := range fields {
		if f.initial {
			continue
		}
		if err := r.field(ctx, f, &read.Inputs); err != nil {
			unread = append(unread, UnreadField{f.name, err})
		}
	}
	if len(unread) > 0 {
		for _, u := range unread {
			read.LeaveOut(u.Name, sent)
		}
		return read, unread
	}
	read.Complete, read.Digest = true, r.digestOfAll("inputs")
	return read, nil
}

// ReadInitial adds the values that only the creating call uses. It stops at the first value that cannot be read; the
// values are then not complete.
func (v *Values) ReadInitial(ctx context.Context, reader *Reader, spec *v1alpha1.ClerkUserSpec, digest Digest) error {
	r := reading{reader: reader, spec: spec, digest: digest}
	for _, f := range fields {
		if !f.initial {
			continue
		}
		if err := r.field(ctx, f, &v.Inputs); err != nil {
			v.Complete, v.Digest = false, ""
			return err
		}
	}
	v.InitialDigest = r.digestOfAll("initial")
	return nil
}

// LeaveOut forgets the value of a field. The value sent last counts as declared.
func (v *Values) LeaveOut(name string, sent *v1alpha1.Applied) {
	v.Complete, v.Digest = false, ""
	v.LeftOut = append(v.LeftOut, name)
	for _, f := range fields {
		if f.name == name && f.leaveOut != nil {
			f.leaveOut(&v.Inputs, sent)
		}
	}
}

// reading is the state of reading some fields of a spec.
type reading struct {
	reader *Reader
	spec   *v1alpha1.ClerkUserSpec
	digest Digest
	// all holds everything that was read, each value with its length, so that two different lists of values never look the
	// same.
	all []byte
}

// field reads a field's values into the inputs.
func (r *reading) field(ctx context.Context, f field, in *plan.Inputs) error {
	var values []value
	for _, at := range f.references(r.spec) {
		content, err := r.reader.Read(ctx, at)
		if err != nil {
			return err
		}
		values = append(values, value{at, content})
	}
	if len(values) == 0 {
		return nil
	}
	if err := f.set(in, values, r.digest); err != nil {
		return err
	}
	for _, v := range values {
		r.all = append(fmt.Appendf(r.all, "%d:", len(v.content)), v.content...)
	}
	return nil
}

// digestOfAll is a digest of all values that were read; "" if there were none.
func (r *reading) digestOfAll(purpose string) string {
	if len(r.all) == 0 {
		return ""
	}
	return r.digest(purpose, r.all)
}
