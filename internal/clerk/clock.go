// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package clerk

import "time"

// orRealTime returns the clock, or time.Now if it is nil.
func orRealTime(now func() time.Time) func() time.Time {
	if now == nil {
		return time.Now
	}
	return now
}
