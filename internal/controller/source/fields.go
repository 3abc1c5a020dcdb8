// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package source

import (
	"strings"
	"unicode/utf8"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// field is a field of a ClerkUser's spec whose value is in Secrets or ConfigMaps. The index, the reader and the digests
// use it.
type field struct {
	// name is the name of the field in a plan.
	name string
	// initial is true if only the creating call uses the value.
	initial bool
	// references returns the entries that a spec names for the field; nil if it names none.
	references func(*v1alpha1.ClerkUserSpec) []Reference
	// set puts the values of the references into the inputs. There is at least one value, and they are in the order of the
	// references. The error is a *plan.InvalidError that says what is wrong with a value.
	set func(in *plan.Inputs, values []value, digest Digest) error
	// leaveOut sets the inputs for a field whose value is not known: the value sent last counts as declared. It is nil for
	// an initial field, without which no user is created.
	leaveOut func(in *plan.Inputs, sent *v1alpha1.Applied)
}

// value is the content of an entry.
type value struct {
	at      Reference
	content []byte
}

// Digest returns a keyed digest of a value, which shows whether the value changed later. Values of different purposes
// have different digests.
type Digest func(purpose string, value []byte) string

// fields is the table of fields whose values are in Secrets or ConfigMaps. A new field is one row here. The order of
// the rows is the order of the digests; if it changes, all values count as changed.
//
//nolint:gochecknoglobals // a table that nothing writes to
var fields = []field{
	{
		name: plan.FieldPassword, references: passwordReferences, set: setPassword,
		leaveOut: func(in *plan.Inputs, sent *v1alpha1.Applied) {
			in.Password, in.PasswordDigest = clerk.Secret{}, sent.PasswordDigest
		},
	},
	{
		name: plan.FieldProfileImage, references: imageReferences, set: setImage,
		leaveOut: func(in *plan.Inputs, sent *v1alpha1.Applied) {
			in.ProfileImage, in.ProfileImageDigest = clerk.ProfileImage{}, sent.ProfileImageDigest
		},
	},
	{
		name: plan.FieldPrivateMetadata, references: privateMetadataReferences, set: setPrivateMetadata,
		leaveOut: func(in *plan.Inputs, _ *v1alpha1.Applied) { in.PrivateMetadata = nil },
	},
	initialText("spec.initial.password.secretKeyRef",
		func(initial *v1alpha1.InitialValues) *v1alpha1.SecretKeySelector {
			if initial.Password == nil {
				return nil
			}
			return &initial.Password.SecretKeyRef
		},
		func(in *plan.InitialInputs, text string) bool { in.Password = clerk.NewSecret(text); return text != "" }),
	initialText("spec.initial.passwordDigest.secretKeyRef",
		func(initial *v1alpha1.InitialValues) *v1alpha1.SecretKeySelector {
			if initial.PasswordDigest == nil {
				return nil
			}
			return &initial.PasswordDigest.SecretKeyRef
		},
		func(in *plan.InitialInputs, text string) bool {
			in.PasswordDigest = clerk.NewSecret(Trimmed(text))
			return !in.PasswordDigest.IsEmpty()
		}),
	initialText("spec.initial.totpSecretRef",
		func(initial *v1alpha1.InitialValues) *v1alpha1.SecretKeySelector { return initial.TOTPSecretRef },
		func(in *plan.InitialInputs, text string) bool {
			in.TOTPSecret = clerk.NewSecret(TOTPSecret(text))
			return !in.TOTPSecret.IsEmpty()
		}),
	initialText("spec.initial.backupCodesSecretRef",
		func(initial *v1alpha1.InitialValues) *v1alpha1.SecretKeySelector { return initial.BackupCodesSecretRef },
		func(in *plan.InitialInputs, text string) bool {
			for code := range strings.FieldsSeq(Trimmed(text)) {
				in.BackupCodes = append(in.BackupCodes, clerk.NewSecret(code))
			}
			return len(in.BackupCodes) > 0
		}),
}

// initialText is a field of spec.initial whose value is text in a Secret. The function set reports whether the text
// holds a value: without that check Clerk could create a user without the declared second factor.
func initialText(
	path string, at func(*v1alpha1.InitialValues) *v1alpha1.SecretKeySelector, set func(in *plan.InitialInputs, text string) bool,
) field {
	return field{
		name: plan.FieldInitial, initial: true,
		references: func(spec *v1alpha1.ClerkUserSpec) []Reference {
			if spec.Initial == nil {
				return nil
			}
			return secret(path, at(spec.Initial))
		},
		set: func(in *plan.Inputs, values []value, _ Digest) error {
			text, err := values[0].text()
			if err == nil && !set(&in.Initial, text) {
				err = &plan.InvalidError{Field: path, Problem: "names an entry without a value in it; put the value there"}
			}
			return err
		},
	}
}

func setPassword(in *plan.Inputs, values []value, digest Digest) error {
	text, err := values[0].text()
	if err != nil {
		return err
	}
	in.Password, in.PasswordDigest = clerk.NewSecret(text), digest("password", values[0].content)
	return nil
}

func setImage(in *plan.Inputs, values []value, digest Digest) error {
	image, err := clerk.NewProfileImage(values[0].content)
	if err != nil {
		return &plan.InvalidError{Field: "spec.profileImage", Problem: "names an entry that " + err.Error()}
	}
	in.ProfileImage, in.ProfileImageDigest = image, digest("profileImage", values[0].content)
	return nil
}

func setPrivateMetadata(in *plan.Inputs, values []value, _ Digest) error {
	for _, v := range values {
		in.PrivateMetadata = append(in.PrivateMetadata, clerk.NewSecret(v.content))
	}
	return nil
}

// text returns a value as text. JSON would replace bytes that are not text, and Clerk would keep the replacement.
func (v value) text() (string, error) {
	if !utf8.Valid(v.content) {
		return "", &plan.InvalidError{Field: v.at.Field, Problem: "names an entry that is not text in UTF-8; put text there"}
	}
	return string(v.content), nil
}
