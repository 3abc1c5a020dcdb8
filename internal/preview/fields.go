// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package preview

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// fieldOwnerMark is the name of the owner mark among the fields of a call.
const fieldOwnerMark = plan.FieldOwnerMark

// fieldsOf returns the differences that a call makes to a user. Private metadata is shown only where the same value stands in a
// manifest.
func fieldsOf(change plan.Change, before, after *clerk.User, manifest inline) []Field {
	had, has := valuesOf(before), valuesOf(after)
	names := map[string]any{}
	maps.Copy(names, had)
	maps.Copy(names, has)
	carried := change.Fields()
	var fields []Field
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if !slices.Contains(carried, root(name)) || reflect.DeepEqual(had[name], has[name]) {
			continue
		}
		field := Field{Name: name, From: had[name], To: has[name]}
		if root(name) == plan.FieldPrivateMetadata {
			field.HiddenFrom = field.From != nil && !manifest.shows(name, field.From)
			field.HiddenTo = field.To != nil && !manifest.shows(name, field.To)
		}
		fields = append(fields, field)
	}
	fields = append(fields, unseenFields(change, before)...)
	for i := range fields {
		if fields[i].HiddenFrom {
			fields[i].From = nil
		}
		if fields[i].HiddenTo {
			fields[i].To = nil
		}
	}
	slices.SortFunc(fields, func(a, b Field) int { return strings.Compare(a.Name, b.Name) })
	return fields
}

// root is the field of the spec to which a path belongs.
func root(name string) string {
	if end := strings.IndexAny(name, ".["); end >= 0 {
		return name[:end]
	}
	return name
}

// valuesOf returns the values of a user by the paths of the fields in a spec. What has no value is left out.
func valuesOf(u *clerk.User) map[string]any {
	if u == nil {
		return nil
	}
	values := plan.PlainValues(u)
	values[plan.FieldBanned], values[plan.FieldLocked] = u.Banned, u.Locked
	if u.Username != "" {
		values[plan.FieldUsername] = u.Username
	}
	addContacts(values, u)
	addMetadata(values, plan.FieldPublicMetadata, u.PublicMetadata)
	addMetadata(values, plan.FieldPrivateMetadata, u.PrivateMetadata)
	addMetadata(values, plan.FieldUnsafeMetadata, u.UnsafeMetadata)
	return values
}

// addContacts adds the addresses, numbers and wallets with their states in words.
func addContacts(values map[string]any, u *clerk.User) {
	for _, e := range u.EmailAddresses {
		state := string(e.Status)
		if e.ID == u.PrimaryEmailAddressID {
			state += ", primary"
		}
		values[fmt.Sprintf("%s[%s]", plan.FieldEmailAddresses, e.Address)] = state
	}
	for _, n := range u.PhoneNumbers {
		state := string(n.Status)
		if n.ID == u.PrimaryPhoneNumberID {
			state += ", primary"
		}
		if n.ReservedForSecondFactor {
			state += ", second factor"
		}
		values[fmt.Sprintf("%s[%s]", plan.FieldPhoneNumbers, n.Number)] = state
	}
	for _, w := range u.Web3Wallets {
		values[fmt.Sprintf("%s.web3Wallets[%s]", plan.FieldInitial, w.Address)] = string(w.Status)
	}
}

// addMetadata adds the leaves of metadata by their paths. The owner mark has a name of its own.
func addMetadata(values map[string]any, path string, metadata map[string]any) {
	for key, value := range metadata {
		if path == plan.FieldPrivateMetadata && key == v1alpha1.OwnerKey {
			values[fieldOwnerMark] = value
			continue
		}
		at := path + "." + key
		if strings.ContainsAny(key, ".[]\" ") || key == "" {
			at = fmt.Sprintf("%s[%q]", path, key)
		}
		if inner, isObject := value.(map[string]any); isObject && len(inner) > 0 {
			addMetadata(values, at, inner)
			continue
		}
		values[at] = value
	}
}

// unseenFields are the differences that a user does not show: passwords, images, and what only the creating call sets.
func unseenFields(change plan.Change, before *clerk.User) []Field {
	switch c := change.(type) {
	case plan.Create:
		return unseenOfCreation(c.Params)
	case plan.Update:
		if c.Params.Password != nil {
			return []Field{{Name: plan.FieldPassword, HiddenFrom: before != nil && before.PasswordEnabled, HiddenTo: true}}
		}
	case plan.SetProfileImage:
		return []Field{{Name: plan.FieldProfileImage, HiddenFrom: before != nil && before.HasImage, HiddenTo: true}}
	case plan.DeleteProfileImage:
		return []Field{{Name: plan.FieldProfileImage, HiddenFrom: true}}
	default:
	}
	return nil
}

func unseenOfCreation(p clerk.CreateUserParams) []Field {
	var fields []Field
	for _, hidden := range []struct {
		name string
		sent bool
	}{
		{plan.FieldPassword, p.Password != nil},
		{plan.FieldInitial + ".passwordDigest", p.PasswordDigest != nil},
		{plan.FieldInitial + ".totpSecretRef", p.TOTPSecret != nil},
		{plan.FieldInitial + ".backupCodesSecretRef", len(p.BackupCodes) > 0},
	} {
		if hidden.sent {
			fields = append(fields, Field{Name: hidden.name, HiddenTo: true})
		}
	}
	if p.CreatedAt != nil {
		fields = append(fields, Field{Name: plan.FieldInitial + ".createdAt", To: p.CreatedAt.UTC().Format("2006-01-02T15:04:05Z07:00")})
	}
	if p.LegalAcceptedAt != nil {
		fields = append(fields, Field{Name: plan.FieldInitial + ".legalAcceptedAt", To: p.LegalAcceptedAt.UTC().Format("2006-01-02T15:04:05Z07:00")})
	}
	for name, skip := range map[string]*bool{
		"skipLegalChecks": p.SkipLegalChecks, "skipPasswordRequirement": p.SkipPasswordRequirement, "skipUserRequirement": p.SkipUserRequirement,
	} {
		if skip != nil {
			fields = append(fields, Field{Name: plan.FieldInitial + "." + name, To: *skip})
		}
	}
	return fields
}

// inline has the private metadata that stand in manifests: by their paths, the values in the specs before and after the apply.
type inline map[string][]any

// add adds what a spec declares inline.
func (i inline) add(spec *v1alpha1.ClerkUserSpec) {
	if spec.PrivateMetadata == nil {
		return
	}
	values := map[string]any{}
	decoded, err := plan.InlineMetadata(plan.FieldPrivateMetadata, spec.PrivateMetadata.Raw)
	if err != nil {
		return
	}
	addMetadata(values, plan.FieldPrivateMetadata, decoded)
	for name, value := range values {
		i[name] = append(i[name], value)
	}
}

// shows reports whether a value at a path stands in a manifest.
func (i inline) shows(name string, value any) bool {
	return slices.ContainsFunc(i[name], func(declared any) bool { return reflect.DeepEqual(declared, value) })
}
