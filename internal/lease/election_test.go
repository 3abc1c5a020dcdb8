// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package lease

import (
	"context"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/leaderelection"
	ctrl "sigs.k8s.io/controller-runtime"
)

func TestTimingsAreValidated(t *testing.T) {
	t.Parallel()
	seconds := func(duration, deadline, period float64) Timings {
		second := float64(time.Second)
		return Timings{time.Duration(duration * second), time.Duration(deadline * second), time.Duration(period * second)}
	}
	for name, tc := range map[string]struct {
		timings Timings
		want    string
	}{
		"Defaults":            {DefaultTimings(), ""},
		"Short":               {seconds(3, 2, 0.5), ""},
		"NoPeriod":            {seconds(15, 10, 0), "retry-period"},
		"DeadlineLikePeriod":  {seconds(15, 2, 2), "renew-deadline"},
		"DeadlineLikeSpread":  {seconds(15, 2.4, 2), "renew-deadline"},
		"DurationLikeDeadine": {seconds(10, 10, 2), "lease-duration"},
		"DurationIsShorter":   {seconds(9, 10, 2), "lease-duration"},
		"PartsOfASecond":      {seconds(2.5, 2, 1), "whole seconds"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := tc.timings.Validate()
			if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
				t.Errorf("the error is %v, want %q in it", err, tc.want)
			}
			if _, theirs := leaderelection.NewLeaderElector(config(t, tc.timings)); err == nil && theirs != nil {
				t.Errorf("what is accepted here is refused there: %v", theirs)
			}
		})
	}
}

// config is how leader election is configured with these timings.
func config(t *testing.T, timings Timings) leaderelection.LeaderElectionConfig {
	t.Helper()
	options := ctrl.Options{}
	if _, err := Elect(&options, &rest.Config{Host: "http://127.0.0.1:1"}, "operators", timings); err != nil {
		t.Fatal(err)
	}
	return leaderelection.LeaderElectionConfig{
		Lock: options.LeaderElectionResourceLockInterface, LeaseDuration: *options.LeaseDuration,
		RenewDeadline: *options.RenewDeadline, RetryPeriod: *options.RetryPeriod,
		Callbacks: leaderelection.LeaderCallbacks{OnStartedLeading: func(context.Context) {}, OnStoppedLeading: func() {}},
	}
}

func TestGuardAndElectionHaveTheSameTimings(t *testing.T) {
	t.Parallel()
	options, own := ctrl.Options{}, &rest.Config{Host: "http://127.0.0.1:1", UserAgent: "operator"}
	guard, err := Elect(&options, own, "operators", DefaultTimings())
	if err != nil {
		t.Fatal(err)
	}
	if guard.deadline != *options.RenewDeadline || !options.LeaderElection || options.LeaderElectionID == "" {
		t.Errorf("the guard's deadline is %s, and the options are %+v", guard.deadline, options)
	}
	if held := options.LeaderElectionResourceLockInterface; held.Describe() != "operators/"+Name || held.Identity() == "" {
		t.Errorf("the lease is %s, for %q", held.Describe(), held.Identity())
	}
	if own.Timeout != 0 || own.UserAgent != "operator" {
		t.Errorf("the config was changed to %+v", own)
	}
}
