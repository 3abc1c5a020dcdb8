// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import "github.com/clerk-operator/clerk-operator/internal/clerk"

// changes converts planned calls for one list into changes of the user.
func (p *contactPlan) changes(calls []contactCall, userID string) []Change {
	var changes []Change
	for _, call := range calls {
		if p.list.field == FieldEmailAddresses {
			changes = append(changes, call.emailChange(userID))
		} else {
			changes = append(changes, call.phoneChange(userID))
		}
	}
	return changes
}

func (c contactCall) emailChange(userID string) Change {
	switch c.verb {
	case addContact:
		return AddEmailAddress{clerk.CreateEmailAddressParams{
			UserID: userID, Address: c.value, Verified: isTrue(c.verified), Primary: isTrue(c.primary),
		}}
	case updateContact:
		return UpdateEmailAddress{c.contact(), clerk.UpdateEmailAddressParams{Verified: c.verified, Primary: c.primary}}
	default:
		return DeleteEmailAddress{c.contact()}
	}
}

func (c contactCall) phoneChange(userID string) Change {
	switch c.verb {
	case addContact:
		return AddPhoneNumber{clerk.CreatePhoneNumberParams{
			UserID: userID, Number: c.value, Verified: isTrue(c.verified), Primary: isTrue(c.primary),
			ReservedForSecondFactor: isTrue(c.secondFactor),
		}}
	case updateContact:
		return UpdatePhoneNumber{c.contact(), clerk.UpdatePhoneNumberParams{
			Verified: c.verified, Primary: c.primary, ReservedForSecondFactor: c.secondFactor,
		}}
	default:
		return DeletePhoneNumber{c.contact()}
	}
}

func (c contactCall) contact() Contact { return Contact{ID: c.id, Value: c.value} }
