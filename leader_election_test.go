// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/rest"

	"github.com/clerk-operator/clerk-operator/internal/lease"
)

func TestLeaderElectionIsOnEverywhere(t *testing.T) {
	for name, host := range map[string]string{"InTheCluster": "10.0.0.1", "OutOfTheCluster": ""} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("KUBERNETES_SERVICE_HOST", host)
			o, err := parseOptions(nil)
			if err != nil || !o.leaderElect || o.operatorNamespace == "" || o.leaseTimings != lease.DefaultTimings() {
				t.Errorf("the options are %+v (%v)", o, err)
			}
		})
	}
}

func TestTimingsOfTheLeaseAreFlags(t *testing.T) {
	o, err := parseOptions([]string{
		"--leader-elect-lease-duration=60s", "--leader-elect-renew-deadline=40s", "--leader-elect-retry-period=5s",
	})
	if want := (lease.Timings{Duration: time.Minute, RenewDeadline: 40 * time.Second, RetryPeriod: 5 * time.Second}); err != nil || o.leaseTimings != want {
		t.Errorf("the timings are %+v (%v), want %+v", o.leaseTimings, err, want)
	}
	if _, err := parseOptions([]string{"--leader-elect-renew-deadline=15s"}); err == nil || !strings.Contains(err.Error(), "--leader-elect-lease-duration") {
		t.Errorf("a deadline as long as the lease: %v", err)
	}
}

func TestWithoutLeaderElectionNothingIsGuarded(t *testing.T) {
	config := &rest.Config{Host: "http://127.0.0.1:1"}
	if got := guarded(config, nil); got != config || got.WrapTransport != nil {
		t.Errorf("the config became %+v", got)
	}
	if got := guarded(config, lease.NewGuard(time.Second)); got.WrapTransport == nil || config.WrapTransport != nil {
		t.Errorf("with a guard, the config became %+v, from %+v", got, config)
	}
}
