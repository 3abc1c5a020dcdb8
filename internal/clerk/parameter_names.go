// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"reflect"
	"strings"

	"github.com/clerk/clerk-sdk-go/v2/emailaddress"
)

// parameterNames are the names of the parameters that the operator's requests have, and of those that Clerk's errors call by
// another name. Any other word in an error may be a value that it echoes.
//
//nolint:gochecknoglobals // computed once, and nothing writes to it
var parameterNames = namesOf(
	[]any{createParams{}, updateParams{}, emailaddress.CreateParams{}, emailaddress.UpdateParams{}, createPhoneParams{}},
	"email_addresses", "phone_numbers", "web3_wallets", profileImageParam,
)

// namesOf returns the names that structs have in JSON, and others.
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
