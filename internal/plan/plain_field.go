// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// plainField is a field of the spec that Clerk stores as one value of the user and accepts as one parameter. This type
// says once how such a field is created, planned, named, withheld, compared and found in Clerk's errors.
type plainField struct {
	// name is the name of the field in the spec, param the name of Clerk's parameter.
	name, param string
	// group is the group of the field in metrics.
	group FieldGroup
	// restricts is true if a change of the field can take rights away.
	restricts bool

	// create and update set the parameter if the call needs it.
	create func(want *v1alpha1.ClerkUserSpec, params *clerk.CreateUserParams)
	update func(want *v1alpha1.ClerkUserSpec, have *clerk.User, params *clerk.UpdateUserParams)
	// inCreate and inUpdate report whether a call has the parameter.
	inCreate func(*clerk.CreateUserParams) bool
	inUpdate func(*clerk.UpdateUserParams) bool
	// leaveOut removes the parameter from a call.
	leaveOut func(*clerk.UpdateUserParams)
	// observed returns Clerk's value.
	observed func(*clerk.User) any
}

// Names of the plain fields.
const (
	FieldExternalID                = "externalID"
	FieldFirstName                 = "firstName"
	FieldLastName                  = "lastName"
	FieldLocale                    = "locale"
	FieldDeleteSelfEnabled         = "deleteSelfEnabled"
	FieldCreateOrganizationEnabled = "createOrganizationEnabled"
	FieldCreateOrganizationsLimit  = "createOrganizationsLimit"
	FieldBypassClientTrust         = "bypassClientTrust"
)

// plainFields is the table of plain fields. A new field is one row here; CONTRIBUTING.md says what else it needs.
//
//nolint:gochecknoglobals // a table that nothing writes to
var plainFields = []plainField{
	plainText(FieldExternalID, "external_id", GroupIdentifiers, same[string], access[string]{
		func(s *v1alpha1.ClerkUserSpec) *string { return s.ExternalID },
		func(u *clerk.User) *string { return &u.ExternalID },
		func(p *clerk.CreateUserParams) **string { return &p.ExternalID },
		func(p *clerk.UpdateUserParams) **string { return &p.ExternalID },
	}),
	plainText(FieldFirstName, "first_name", GroupProfile, same[string], access[string]{
		func(s *v1alpha1.ClerkUserSpec) *string { return s.FirstName },
		func(u *clerk.User) *string { return &u.FirstName },
		func(p *clerk.CreateUserParams) **string { return &p.FirstName },
		func(p *clerk.UpdateUserParams) **string { return &p.FirstName },
	}),
	plainText(FieldLastName, "last_name", GroupProfile, same[string], access[string]{
		func(s *v1alpha1.ClerkUserSpec) *string { return s.LastName },
		func(u *clerk.User) *string { return &u.LastName },
		func(p *clerk.CreateUserParams) **string { return &p.LastName },
		func(p *clerk.UpdateUserParams) **string { return &p.LastName },
	}),
	plainText(FieldLocale, "locale", GroupProfile, sameLanguage, access[string]{
		func(s *v1alpha1.ClerkUserSpec) *string { return s.Locale },
		func(u *clerk.User) *string { return &u.Locale },
		func(p *clerk.CreateUserParams) **string { return &p.Locale },
		func(p *clerk.UpdateUserParams) **string { return &p.Locale },
	}),
	permission(FieldDeleteSelfEnabled, "delete_self_enabled", access[bool]{
		func(s *v1alpha1.ClerkUserSpec) *bool { return s.DeleteSelfEnabled },
		func(u *clerk.User) *bool { return &u.DeleteSelfEnabled },
		func(p *clerk.CreateUserParams) **bool { return &p.DeleteSelfEnabled },
		func(p *clerk.UpdateUserParams) **bool { return &p.DeleteSelfEnabled },
	}),
	permission(FieldCreateOrganizationEnabled, "create_organization_enabled", access[bool]{
		func(s *v1alpha1.ClerkUserSpec) *bool { return s.CreateOrganizationEnabled },
		func(u *clerk.User) *bool { return &u.CreateOrganizationEnabled },
		func(p *clerk.CreateUserParams) **bool { return &p.CreateOrganizationEnabled },
		func(p *clerk.UpdateUserParams) **bool { return &p.CreateOrganizationEnabled },
	}),
	permission(FieldCreateOrganizationsLimit, "create_organizations_limit", access[int64]{
		func(s *v1alpha1.ClerkUserSpec) *int64 { return s.CreateOrganizationsLimit },
		func(u *clerk.User) *int64 { return u.CreateOrganizationsLimit },
		func(p *clerk.CreateUserParams) **int64 { return &p.CreateOrganizationsLimit },
		func(p *clerk.UpdateUserParams) **int64 { return &p.CreateOrganizationsLimit },
	}),
	permission(FieldBypassClientTrust, "bypass_client_trust", access[bool]{
		func(s *v1alpha1.ClerkUserSpec) *bool { return s.BypassClientTrust },
		func(u *clerk.User) *bool { return &u.BypassClientTrust },
		func(p *clerk.CreateUserParams) **bool { return &p.BypassClientTrust },
		func(p *clerk.UpdateUserParams) **bool { return &p.BypassClientTrust },
	}),
}

// access says where the value of a plain field is: in the spec, in the user (nil if Clerk has none) and in the params
// of the two calls.
type access[T comparable] struct {
	want   func(*v1alpha1.ClerkUserSpec) *T
	have   func(*clerk.User) *T
	create func(*clerk.CreateUserParams) **T
	update func(*clerk.UpdateUserParams) **T
}

func same[T comparable](a, b T) bool { return a == b }

// plainText is a text field; its absence is "", which is a new user's default.
func plainText(name, param string, group FieldGroup, equal func(a, b string) bool, at access[string]) plainField {
	f := newPlainField(name, param, equal, func(want string) bool { return want == "" }, at)
	f.group = group
	return f
}

// permission is a field whose change can take rights away.
func permission[T comparable](name, param string, at access[T]) plainField {
	f := newPlainField(name, param, same[T], func(T) bool { return false }, at)
	f.group, f.restricts = GroupPermissions, true
	return f
}

func newPlainField[T comparable](name, param string, equal func(a, b T) bool, needless func(want T) bool, at access[T]) plainField {
	return plainField{
		name:  name,
		param: param,
		create: func(spec *v1alpha1.ClerkUserSpec, params *clerk.CreateUserParams) {
			if want := at.want(spec); want != nil && !needless(*want) {
				*at.create(params) = clone(want)
			}
		},
		update: func(spec *v1alpha1.ClerkUserSpec, u *clerk.User, params *clerk.UpdateUserParams) {
			if want, have := at.want(spec), at.have(u); want != nil && (have == nil || !equal(*want, *have)) {
				*at.update(params) = clone(want)
			}
		},
		inCreate: func(params *clerk.CreateUserParams) bool { return *at.create(params) != nil },
		inUpdate: func(params *clerk.UpdateUserParams) bool { return *at.update(params) != nil },
		leaveOut: func(params *clerk.UpdateUserParams) { *at.update(params) = nil },
		observed: func(u *clerk.User) any { return at.have(u) },
	}
}
