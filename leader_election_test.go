// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/rest"

	"github.com/clerk-operator/clerk-operator/internal/lease"
	"github.com/clerk-operator/clerk-operator/internal/options"
)

func TestLeaderElectionIsOnEverywhere(t *testing.T) {
	for name, host := range map[string]string{"InTheCluster": "10.0.0.1", "OutOfTheCluster": ""} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("KUBERNETES_SERVICE_HOST", host)
			o, err := options.Parse(nil, io.Discard)
			if err != nil || !o.LeaderElect || o.OperatorNamespace == "" || o.LeaseTimings != lease.DefaultTimings() {
				t.Errorf("the options are %+v (%v)", o, err)
			}
		})
	}
}

func TestTimingsOfTheLeaseAreFlags(t *testing.T) {
	o, err := options.Parse([]string{
		"--leader-elect-lease-duration=60s", "--leader-elect-renew-deadline=40s", "--leader-elect-retry-period=5s",
	}, io.Discard)
	if want := (lease.Timings{Duration: time.Minute, RenewDeadline: 40 * time.Second, RetryPeriod: 5 * time.Second}); err != nil || o.LeaseTimings != want {
		t.Errorf("the timings are %+v (%v), want %+v", o.LeaseTimings, err, want)
	}
	if _, err := options.Parse([]string{"--leader-elect-renew-deadline=15s"}, io.Discard); err == nil || !strings.Contains(err.Error(), "--leader-elect-lease-duration") {
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
