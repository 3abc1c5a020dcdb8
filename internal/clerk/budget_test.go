// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import "testing"

func TestBudget(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		key             string
		share, requests *int32
		want            int
	}{
		"HalfOfProduction":              {key: "sk_live_x", want: 500},
		"HalfOfDevelopment":             {key: "sk_test_x", want: 50},
		"UnknownKeyCountsAsDevelopment": {key: "x", want: 50},
		"Share":                         {key: "sk_live_x", share: new(int32(25)), want: 250},
		"WholeShare":                    {key: "sk_test_x", share: new(int32(100)), want: 100},
		"ShareAbove100":                 {key: "sk_test_x", share: new(int32(1000)), want: 100},
		"ShareOfNothingIsOne":           {key: "sk_test_x", share: new(int32(0)), want: 1},
		"NegativeShareIsOne":            {key: "sk_test_x", share: new(int32(-5)), want: 1},
		"Requests":                      {key: "sk_test_x", requests: new(int32(33)), want: 33},
		"NoRequestsIsOne":               {key: "sk_test_x", requests: new(int32(0)), want: 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := Budget(test.key, test.share, test.requests); got != test.want {
				t.Errorf("Budget = %d, want %d", got, test.want)
			}
		})
	}
}
