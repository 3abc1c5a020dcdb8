// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"reflect"
	"strings"

	"github.com/clerk/clerk-sdk-go/v2/emailaddress"
)

// parameterNames are the names of the parameters in the operator's requests, and other names for them in Clerk's
// errors. Any other word in an error may be an echoed value.
//
//nolint:gochecknoglobals // computed once, and nothing writes to it
var parameterNames = namesOf(
	[]any{createParams{}, updateParams{}, emailaddress.CreateParams{}, emailaddress.UpdateParams{}, createPhoneParams{}},
	"email_addresses", "phone_numbers", "web3_wallets", profileImageParam,
)

// namesOf returns the JSON names of the fields of structs, and others.
func namesOf(params []any, others ...string) map[string]bool {
	names := map[string]bool{}
	for _, param := range params {
		for _, field := range reflect.VisibleFields(reflect.TypeOf(param)) {
			if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); name != "" && name != "-" {
				names[name] = true
			}
		}
	}
	for _, name := range others {
		names[name] = true
	}
	return names
}
