// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerkuser

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"k8s.io/utils/ptr"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/controller/source"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// sources is what a pass has read from the Secrets and ConfigMaps that the spec names.
type sources struct {
	// read is false as long as that was not done.
	read bool
	// in holds what was read, and its digests.
	in plan.Inputs
	// digest is one of everything that is kept as the Secrets have it, "" for nothing; initial is one of what only a
	// creating call uses.
	digest, initial string
}

// readSources reads the Secrets and ConfigMaps that the spec names, live, each once. Where some cannot be used, it takes over
// the others and returns an error.
func (p *pass) readSources(ctx context.Context) error {
	spec, reader := p.user.Spec, source.NewReader(p.Live, p.user.Namespace)
	var s sources
	var kept, initial []byte
	unread := readKept(ctx, reader, spec, &s.in, &kept)
	if spec.Initial != nil && p.mayCreate() && len(unread) == 0 {
		if err := readInitial(ctx, reader, spec.Initial, &s.in.Initial, &initial); err != nil {
			return err
		}
	}
	if spec.Password != nil {
		s.in.PasswordDigest = p.digest("password", []byte(s.in.Password))
	}
	s.in.ProfileImageDigest = p.digest("profileImage", s.in.ProfileImage.Content)
	if len(unread) > 0 {
		p.sources = s
		p.leaveOut(unread)
		return unread
	}
	s.read = true
	s.digest, s.initial = p.digest("inputs", kept), p.digest("initial", initial)
	p.sources = s
	recorded := p.user.Status.InputsDigest
	if p.rotated = recorded != s.digest && (recorded == "" || p.Key.Made(recorded)); p.rotated {
		p.in.client = p.caller()
	}
	return nil
}

// unreadField is a field whose value could not be taken from where the spec names it.
type unreadField struct {
	name string
	err  error
}

// unreadError is the error of all that could not be read.
type unreadError []unreadField

// Error says of each field why.
func (u unreadError) Error() string {
	var problems []string
	for _, field := range u {
		problems = append(problems, field.err.Error())
	}
	return strings.Join(problems, "; ")
}

// Unwrap returns the error of each field.
func (u unreadError) Unwrap() []error {
	var errs []error
	for _, field := range u {
		errs = append(errs, field.err)
	}
	return errs
}

// leaveOut has the pass go on without the values of fields. What was sent last counts as declared.
func (p *pass) leaveOut(fields unreadError) {
	for _, field := range fields {
		p.unread = append(p.unread, field.name)
		switch field.name {
		case plan.FieldPassword:
			p.sources.in.PasswordDigest = p.applied.PasswordDigest
		case plan.FieldProfileImage:
			p.sources.in.ProfileImageDigest = p.applied.ProfileImageDigest
		case plan.FieldPrivateMetadata:
			p.sources.in.PrivateMetadata = nil
		}
	}
}

// goesOnWithout reports whether everything else is carried out although a Secret or ConfigMap cannot be read, or does not
// hold what it should: who is to be kept out must not get in because a picture is gone. A user is not created without.
func (p *pass) goesOnWithout(err error) bool {
	if p.userID == "" {
		return false
	}
	p.missing = err
	return true
}

// thinksWithout is goesOnWithout for a spec whose values from Secrets do not go with the rest, and thinks again without them.
// If the spec is at fault itself, nothing but a ban and a lock is carried out.
func (p *pass) thinksWithout(err error) bool {
	if p.userID == "" {
		return false
	}
	if len(p.user.Spec.PrivateMetadataFrom) > 0 && p.missing == nil {
		p.sources.read, p.sources.digest, p.rotated = false, "", false
		p.leaveOut(unreadError{{plan.FieldPrivateMetadata, err}})
		if p.think() == nil {
			return p.goesOnWithout(err)
		}
	}
	spec := p.user.Spec
	if !ptr.Deref(spec.Banned, false) && !ptr.Deref(spec.Locked, false) {
		return false
	}
	p.onlyRestricts, p.invalid = true, err
	desired, err := plan.FromSpec(&v1alpha1.ClerkUserSpec{Banned: spec.Banned, Locked: spec.Locked}, plan.Inputs{Mark: p.mark()})
	p.desired = desired
	return err == nil
}

// isSourceFault reports whether somebody has to put right what a Secret or ConfigMap holds. Other errors pass.
func isSourceFault(err error) bool {
	if unread, several := errors.AsType[unreadError](err); several {
		return !slices.ContainsFunc(unread, func(field unreadField) bool { return !isSourceFault(field.err) })
	}
	_, absent := errors.AsType[*source.MissingError](err)
	_, invalid := errors.AsType[*plan.InvalidError](err)
	return absent || invalid
}

// digest is a keyed digest of what was read; "" of nothing.
func (p *pass) digest(purpose string, value []byte) string {
	if len(value) == 0 {
		return ""
	}
	return p.Key.Digest(purpose, p.uid(), value)
}

// readKept reads what is kept as the Secrets have it, and returns the fields for which it could not. Everything is added to
// all, each with its length.
func readKept(ctx context.Context, reader *source.Reader, spec v1alpha1.ClerkUserSpec, in *plan.Inputs, all *[]byte) unreadError {
	var unread unreadError
	for _, one := range []struct {
		field string
		read  func(context.Context, *source.Reader, v1alpha1.ClerkUserSpec, *plan.Inputs, *[]byte) error
	}{
		{plan.FieldPassword, readPassword}, {plan.FieldProfileImage, readImage}, {plan.FieldPrivateMetadata, readPrivateMetadata},
	} {
		if err := one.read(ctx, reader, spec, in, all); err != nil {
			unread = append(unread, unreadField{one.field, err})
		}
	}
	return unread
}

func readPassword(ctx context.Context, reader *source.Reader, spec v1alpha1.ClerkUserSpec, in *plan.Inputs, all *[]byte) error {
	if spec.Password == nil {
		return nil
	}
	value, err := reader.Secret(ctx, "spec.password.secretKeyRef", spec.Password.SecretKeyRef)
	if err != nil {
		return err
	}
	if in.Password, err = asText("spec.password.secretKeyRef", value); err != nil {
		return err
	}
	*all = appendPart(*all, value)
	return nil
}

func readPrivateMetadata(ctx context.Context, reader *source.Reader, spec v1alpha1.ClerkUserSpec, in *plan.Inputs, all *[]byte) error {
	for i, from := range spec.PrivateMetadataFrom {
		value, err := reader.Secret(ctx, fmt.Sprintf("spec.privateMetadataFrom[%d].secretKeyRef", i), from.SecretKeyRef)
		if err != nil {
			return err
		}
		in.PrivateMetadata = append(in.PrivateMetadata, string(value))
		*all = appendPart(*all, value)
	}
	return nil
}

func readImage(ctx context.Context, reader *source.Reader, spec v1alpha1.ClerkUserSpec, in *plan.Inputs, all *[]byte) error {
	from := spec.ProfileImage
	if from == nil {
		return nil
	}
	var content []byte
	var err error
	switch {
	case from.ConfigMapKeyRef != nil:
		content, err = reader.ConfigMap(ctx, "spec.profileImage.configMapKeyRef", *from.ConfigMapKeyRef)
	case from.SecretKeyRef != nil:
		content, err = reader.Secret(ctx, "spec.profileImage.secretKeyRef", *from.SecretKeyRef)
	}
	if err == nil && from.Uploads() {
		in.ProfileImage, err = imageOf(content)
	}
	if err != nil {
		return err
	}
	*all = appendPart(*all, content)
	return nil
}

func imageOf(content []byte) (clerk.ProfileImage, error) {
	image, err := clerk.NewProfileImage(content)
	if err != nil {
		return image, &plan.InvalidError{Field: "spec.profileImage", Problem: "names an entry that " + err.Error()}
	}
	return image, nil
}

func readInitial(
	ctx context.Context, reader *source.Reader, spec *v1alpha1.InitialValues, in *plan.InitialInputs, all *[]byte,
) error {
	read := func(field string, from *v1alpha1.SecretKeySelector, into *string) error {
		if from == nil {
			return nil
		}
		value, err := reader.Secret(ctx, "spec.initial."+field, *from)
		if err != nil {
			return err
		}
		*all = appendPart(*all, value)
		*into, err = asText("spec.initial."+field, value)
		return err
	}
	var password, digest *v1alpha1.SecretKeySelector
	if spec.Password != nil {
		password = &spec.Password.SecretKeyRef
	}
	if spec.PasswordDigest != nil {
		digest = &spec.PasswordDigest.SecretKeyRef
	}
	var codes string
	for _, one := range []struct {
		field string
		from  *v1alpha1.SecretKeySelector
		into  *string
	}{
		{"password.secretKeyRef", password, &in.Password},
		{"passwordDigest.secretKeyRef", digest, &in.PasswordDigest},
		{"totpSecretRef", spec.TOTPSecretRef, &in.TOTPSecret},
		{"backupCodesSecretRef", spec.BackupCodesSecretRef, &codes},
	} {
		if err := read(one.field, one.from, one.into); err != nil {
			return err
		}
	}
	in.PasswordDigest, in.TOTPSecret = source.Trimmed(in.PasswordDigest), source.TOTPSecret(in.TOTPSecret)
	in.BackupCodes = strings.Fields(source.Trimmed(codes))
	return checkInitial(spec, in)
}

// checkInitial refuses what is empty once read: Clerk could create a user without the second factor that is declared.
func checkInitial(spec *v1alpha1.InitialValues, in *plan.InitialInputs) error {
	var field string
	switch {
	case spec.PasswordDigest != nil && in.PasswordDigest == "":
		field = "passwordDigest.secretKeyRef"
	case spec.TOTPSecretRef != nil && in.TOTPSecret == "":
		field = "totpSecretRef"
	case spec.BackupCodesSecretRef != nil && len(in.BackupCodes) == 0:
		field = "backupCodesSecretRef"
	default:
		return nil
	}
	return &plan.InvalidError{Field: "spec.initial." + field, Problem: "names an entry without a value in it; put the value there"}
}

// asText is a value as text. JSON would carry other bytes in place of what is none, and Clerk would keep these.
func asText(field string, value []byte) (string, error) {
	if !utf8.Valid(value) {
		return "", &plan.InvalidError{Field: field, Problem: "names an entry that is not text in UTF-8; put text there"}
	}
	return string(value), nil
}

// appendPart adds a value with its length, so that no two lists of values look the same.
func appendPart(all, value []byte) []byte {
	return append(fmt.Appendf(all, "%d:", len(value)), value...)
}
