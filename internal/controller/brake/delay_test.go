// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package brake

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

// TestLongestDelayAppliesToAll has a ClerkInstance of another Clerk instance, too.
func TestLongestDelayAppliesToAll(t *testing.T) {
	t.Parallel()
	const omitted = time.Duration(-1)
	tests := map[string]struct {
		delays      []time.Duration
		environment v1alpha1.Environment
		want        time.Duration
	}{
		"Omitted":              {[]time.Duration{omitted}, v1alpha1.EnvironmentProduction, 30 * time.Second},
		"OmittedInDevelopment": {[]time.Duration{omitted}, v1alpha1.EnvironmentDevelopment, 0},
		"None":                 {[]time.Duration{0}, v1alpha1.EnvironmentProduction, 0},
		"Set":                  {[]time.Duration{time.Hour}, v1alpha1.EnvironmentDevelopment, time.Hour},
		"AnotherIsLonger":      {[]time.Duration{0, time.Minute, time.Hour}, v1alpha1.EnvironmentProduction, time.Hour},
		"AnotherHasTheDefault": {[]time.Duration{0, omitted}, v1alpha1.EnvironmentProduction, 30 * time.Second},
		"AnotherIsShorter":     {[]time.Duration{time.Hour, 0}, v1alpha1.EnvironmentProduction, time.Hour},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			objects := sharing(make([]v1alpha1.DeletionBrake, len(tc.delays))...)
			for i, delay := range tc.delays {
				if delay != omitted {
					objects[i].(*v1alpha1.ClerkInstance).Spec.DeletionDelay = &metav1.Duration{Duration: delay}
				}
			}
			request := through(objects[0], "user_1")
			request.Environment = tc.environment
			got, err := newTestBrake(t, objects...).Delay(t.Context(), request)
			if err != nil || got != tc.want {
				t.Errorf("the delay is %s, want %s (%v)", got, tc.want, err)
			}
		})
	}
}
