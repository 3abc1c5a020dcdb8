// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package preview

import (
	"net/http"
	"reflect"

	"github.com/clerk-operator/clerk-operator/internal/clerk"
	"github.com/clerk-operator/clerk-operator/internal/plan"
)

// callOf returns the request for a change of the user with this id.
func callOf(userID string, change plan.Change) Call {
	user := "/users/" + userID
	made := func(operation clerk.Operation, method, path string) Call {
		return Call{Operation: string(operation), Method: method, Path: path}
	}
	switch c := change.(type) {
	case plan.Create:
		return made(clerk.OperationCreateUser, http.MethodPost, "/users")
	case plan.Update:
		return made(clerk.OperationUpdateUser, http.MethodPatch, user)
	case plan.Delete:
		return made(clerk.OperationDeleteUser, http.MethodDelete, user)
	case plan.Ban:
		return made(clerk.OperationBanUser, http.MethodPost, user+"/ban")
	case plan.Unban:
		return made(clerk.OperationUnbanUser, http.MethodPost, user+"/unban")
	case plan.Lock:
		return made(clerk.OperationLockUser, http.MethodPost, user+"/lock")
	case plan.Unlock:
		return made(clerk.OperationUnlockUser, http.MethodPost, user+"/unlock")
	case plan.MergeMetadata:
		return made(clerk.OperationMergeMetadata, http.MethodPatch, user+"/metadata")
	case plan.ReplaceMetadata:
		return made(clerk.OperationReplaceMetadata, http.MethodPut, user+"/metadata")
	case plan.SetProfileImage:
		return made(clerk.OperationSetProfileImage, http.MethodPost, user+"/profile_image")
	case plan.DeleteProfileImage:
		return made(clerk.OperationDeleteProfileImage, http.MethodDelete, user+"/profile_image")
	case plan.AddEmailAddress:
		return made(clerk.OperationCreateEmailAddress, http.MethodPost, "/email_addresses")
	case plan.UpdateEmailAddress:
		return made(clerk.OperationUpdateEmailAddress, http.MethodPatch, "/email_addresses/"+c.Contact.ID)
	case plan.DeleteEmailAddress:
		return made(clerk.OperationDeleteEmailAddress, http.MethodDelete, "/email_addresses/"+c.Contact.ID)
	case plan.AddPhoneNumber:
		return made(clerk.OperationCreatePhoneNumber, http.MethodPost, "/phone_numbers")
	case plan.UpdatePhoneNumber:
		return made(clerk.OperationUpdatePhoneNumber, http.MethodPatch, "/phone_numbers/"+c.Contact.ID)
	case plan.DeletePhoneNumber:
		return made(clerk.OperationDeletePhoneNumber, http.MethodDelete, "/phone_numbers/"+c.Contact.ID)
	}
	return Call{}
}

// repeats reports whether another call is the same as this one.
func (c Call) repeats(o Call) bool {
	return c.Path == o.Path && c.Refused == o.Refused && reflect.DeepEqual(c.Change, o.Change)
}
