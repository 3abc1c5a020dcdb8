// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"fmt"
	"io"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
)

// Part is the smallest piece of a plan that Clerk can refuse separately: a field of the spec, or one entry of a list of
// identifiers. It prints as the name of its field.
type Part struct {
	// Field is the name of the field in the spec.
	Field string
	// Entry is the e-mail address or phone number. "" means the whole field; for emailAddresses and phoneNumbers it means
	// the choice of the primary one.
	Entry string
}

// String returns the name of the field.
func (p Part) String() string { return p.Field }

// Format prints String for every verb.
func (p Part) Format(state fmt.State, _ rune) {
	// A fmt.State cannot report an error.
	_, _ = io.WriteString(state, p.String())
}

// MarshalText returns String.
func (p Part) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// Claims reports whether the part requests an identifier.
func (p Part) Claims(id clerk.Identifier) bool {
	switch p.Field {
	case FieldEmailAddresses:
		return id.Kind == clerk.KindEmailAddress && id.Value == p.Entry
	case FieldPhoneNumbers:
		return id.Kind == clerk.KindPhoneNumber && id.Value == p.Entry
	case FieldUsername:
		return id.Kind == clerk.KindUsername
	case FieldExternalID:
		return id.Kind == clerk.KindExternalID
	default:
		return false
	}
}

// Parts returns the parts of a change, sorted by field. The owner mark is not a part: it is written whatever Clerk
// refuses.
func Parts(c Change) []Part {
	switch c := c.(type) {
	case AddEmailAddress:
		return []Part{{FieldEmailAddresses, c.Params.Address}}
	case UpdateEmailAddress:
		return []Part{{FieldEmailAddresses, c.Contact.Value}}
	case DeleteEmailAddress:
		return []Part{{FieldEmailAddresses, c.Contact.Value}}
	case AddPhoneNumber:
		return []Part{{FieldPhoneNumbers, c.Params.Number}}
	case UpdatePhoneNumber:
		return []Part{{FieldPhoneNumbers, c.Contact.Value}}
	case DeletePhoneNumber:
		return []Part{{FieldPhoneNumbers, c.Contact.Value}}
	default:
		var parts []Part
		for _, field := range c.Fields() {
			if field != FieldOwnerMark {
				parts = append(parts, Part{Field: field})
			}
		}
		return parts
	}
}

// Path returns the path of a part in the spec, such as spec.emailAddresses[1]; for an undeclared entry, the path of its
// field.
func (d *Desired) Path(part Part) string {
	for _, list := range []contactList{d.emails, d.phones} {
		if at := list.find(part.Entry); part.Field == list.field && part.Entry != "" && at >= 0 {
			return fmt.Sprintf("spec.%s[%d]", part.Field, at)
		}
	}
	return "spec." + part.Field
}
