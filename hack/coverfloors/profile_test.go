// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

const profile = `mode: set
github.com/clerk-operator/clerk-operator/internal/plan/plan.go:1.1,2.2 3 1
github.com/clerk-operator/clerk-operator/internal/plan/plan.go:3.1,4.2 1 0
github.com/clerk-operator/clerk-operator/internal/plan/plan.go:3.1,4.2 1 1
github.com/clerk-operator/clerk-operator/internal/clerk/users.go:1.1,2.2 1 1
github.com/clerk-operator/clerk-operator/internal/clerk/users.go:5.1,6.2 1 0
github.com/clerk-operator/clerk-operator/internal/clerk/key.go:5.1,6.2 2 0
github.com/clerk-operator/clerk-operator/api/v1alpha1/zz_generated.deepcopy.go:5.1,6.2 20 0
`

func TestMeasure(t *testing.T) {
	floors := map[string]float64{"": 80, "internal/plan/": 100, "internal/clerk/": 20, "internal/clerk/users.go": 50}
	got, err := measure(profile, floors)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]share{
		"internal/plan/":          {reached: 4, all: 4},
		"internal/clerk/":         {reached: 1, all: 4},
		"internal/clerk/users.go": {reached: 1, all: 2},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(share{})); diff != "" {
		t.Errorf("shares (-want +got):\n%s", diff)
	}
	if !compare(got, floors) {
		t.Error("all are at their floors, yet compare says no")
	}
	floors["internal/clerk/"] = 26
	if compare(got, floors) {
		t.Error("internal/clerk is below its floor, yet compare says yes")
	}
}

func TestMeasureRefusesWhatIsNoProfile(t *testing.T) {
	if _, err := measure("mode: set\nhello\n", nil); err == nil {
		t.Error("no error")
	}
}

func TestLongest(t *testing.T) {
	floors := map[string]float64{"": 1, "internal/": 2, "internal/plan/": 3}
	if got := longest("internal/plan/", floors); got != "internal/plan/" {
		t.Errorf("longest() = %q", got)
	}
	if got := longest("api/", floors); got != "" {
		t.Errorf("longest() = %q, want the default", got)
	}
}
