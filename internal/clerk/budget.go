// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import "strings"

// Clerk's limits per instance, in requests per 10 seconds. See https://clerk.com/docs/guides/how-clerk-works/system-limits.
const (
	productionLimit  = 1000
	developmentLimit = 100

	productionKeyPrefix = "sk_live_"
	defaultSharePercent = 50
)

// Budget returns how many requests per 10 seconds an operator with this secret key may make. That is requestsPer10s if
// given, otherwise sharePercent (nil: 50) of Clerk's limit for the kind of key. A key of an unknown kind counts as a
// development key. The result is at least 1.
func Budget(key string, sharePercent, requestsPer10s *int32) int {
	return BudgetOf(strings.HasPrefix(key, productionKeyPrefix), sharePercent, requestsPer10s)
}

// BudgetOf is Budget for a key that is known to be for production, or else for development.
func BudgetOf(production bool, sharePercent, requestsPer10s *int32) int {
	if requestsPer10s != nil {
		return max(1, int(*requestsPer10s))
	}
	limit, share := developmentLimit, defaultSharePercent
	if production {
		limit = productionLimit
	}
	if sharePercent != nil {
		share = min(max(0, int(*sharePercent)), 100)
	}
	return max(1, limit*share/100)
}
