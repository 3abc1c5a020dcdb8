// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import (
	"net/http"
	"testing"
)

func TestLimitedUser(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ method, path, want string }{
		"PatchOfAUser":            {http.MethodPatch, "/users/user_1a", "user_1a"},
		"PatchOfMetadata":         {http.MethodPatch, "/users/user_1a/metadata", "user_1a"},
		"PutOfMetadata":           {http.MethodPut, "/users/user_1a/metadata", "user_1a"},
		"ReadOfAUserHasNone":      {http.MethodGet, "/users/user_1a", ""},
		"BanHasNone":              {http.MethodPost, "/users/user_1a/ban", ""},
		"DeletionHasNone":         {http.MethodDelete, "/users/user_1a", ""},
		"CreationHasNone":         {http.MethodPost, "/users", ""},
		"PutOfAnAddressHasNone":   {http.MethodPut, "/users/user_1a/email_address", ""},
		"NewAddressHasNone":       {http.MethodPost, "/email_addresses", ""},
		"PatchOfAnAddressHasNone": {http.MethodPatch, "/email_addresses/idn_1", ""},
		"NoAddressMoreHasNone":    {http.MethodDelete, "/email_addresses/idn_1", ""},
		"PatchOfANumberHasNone":   {http.MethodPatch, "/phone_numbers/idn_1", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := limitedUser(test.method, test.path); got != test.want {
				t.Errorf("limitedUser(%s %s) = %q, want %q", test.method, test.path, got, test.want)
			}
		})
	}
}
