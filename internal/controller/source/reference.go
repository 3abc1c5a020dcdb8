// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package source

import (
	"fmt"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// Kinds of objects that values are read from.
const (
	kindSecret    = "Secret"
	kindConfigMap = "ConfigMap"
)

// Reference is an entry of a Secret or ConfigMap that a field of a spec names.
type Reference struct {
	// Field is the path of that field, such as spec.password.secretKeyRef.
	Field string
	// Kind is Secret or ConfigMap. Name is the object's name, in the namespace of the object with the field. Key is the
	// entry.
	Kind, Name, Key string
}

// References returns the entries that are read for a ClerkUser, in the order of the table of fields; nil if there are
// none. Entries for the creating call are included until the object has a user.
func References(user *v1alpha1.ClerkUser) []Reference {
	var found []Reference
	for _, f := range fields {
		if !f.initial || user.Status.UserID == "" {
			found = append(found, f.references(&user.Spec)...)
		}
	}
	return found
}

// ActionReferences returns the entries that are read for a ClerkUserAction; nil if there are none.
func ActionReferences(spec *v1alpha1.ClerkUserActionSpec) []Reference {
	var found []Reference
	if from := spec.VerifyPassword; from != nil {
		found = append(found, secret("spec.verifyPassword.secretKeyRef", &from.SecretKeyRef)...)
	}
	if from := spec.VerifyTOTP; from != nil {
		found = append(found, secret("spec.verifyTOTP.secretKeyRef", &from.SecretKeyRef)...)
	}
	return found
}

// secret refers to an entry of a Secret; nil if the selector is nil.
func secret(field string, at *v1alpha1.SecretKeySelector) []Reference {
	if at == nil {
		return nil
	}
	return []Reference{{Field: field, Kind: kindSecret, Name: at.Name, Key: at.Key}}
}

// configMap refers to an entry of a ConfigMap; nil if the selector is nil.
func configMap(field string, at *v1alpha1.ConfigMapKeySelector) []Reference {
	if at == nil {
		return nil
	}
	return []Reference{{Field: field, Kind: kindConfigMap, Name: at.Name, Key: at.Key}}
}

func passwordReferences(spec *v1alpha1.ClerkUserSpec) []Reference {
	if spec.Password == nil {
		return nil
	}
	return secret("spec.password.secretKeyRef", &spec.Password.SecretKeyRef)
}

func imageReferences(spec *v1alpha1.ClerkUserSpec) []Reference {
	if spec.ProfileImage == nil {
		return nil
	}
	return append(configMap("spec.profileImage.configMapKeyRef", spec.ProfileImage.ConfigMapKeyRef),
		secret("spec.profileImage.secretKeyRef", spec.ProfileImage.SecretKeyRef)...)
}

func privateMetadataReferences(spec *v1alpha1.ClerkUserSpec) []Reference {
	var found []Reference
	for i := range spec.PrivateMetadataFrom {
		field := fmt.Sprintf("spec.privateMetadataFrom[%d].secretKeyRef", i)
		found = append(found, secret(field, &spec.PrivateMetadataFrom[i].SecretKeyRef)...)
	}
	return found
}
