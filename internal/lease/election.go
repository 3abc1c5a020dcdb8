// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package lease

import (
	"errors"
	"fmt"
	"os"
	"time"

	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	ctrl "sigs.k8s.io/controller-runtime"
)

// Name is the name of the Lease.
const Name = "clerk-operator"

// Timings are the durations of a lease.
type Timings struct {
	// Duration is how long after its last renewal other processes do not take the lease. The Lease has it in whole
	// seconds.
	Duration time.Duration
	// RenewDeadline is how long after the last renewal its holder may write. It is shorter than Duration by the time that
	// a call may take.
	RenewDeadline time.Duration
	// RetryPeriod is the time between two renewals, and between two attempts to get the lease.
	RetryPeriod time.Duration
}

// DefaultTimings returns the timings of Kubernetes' own controllers, with half their RetryPeriod. A standby takes a lease that
// was released after one to 2.2 periods.
func DefaultTimings() Timings {
	return Timings{Duration: 15 * time.Second, RenewDeadline: 10 * time.Second, RetryPeriod: time.Second}
}

// Validate returns an error that names the flag to change.
func (t Timings) Validate() error {
	// The time between attempts varies by up to a fifth more than the period.
	longestRetry := time.Duration(float64(t.RetryPeriod) * leaderelection.JitterFactor)
	switch {
	case t.RetryPeriod <= 0:
		return errors.New("--leader-elect-retry-period: want more than 0")
	case t.RenewDeadline <= longestRetry:
		return fmt.Errorf("--leader-elect-renew-deadline: want more than %s, which is %.1f times --leader-elect-retry-period, not %s",
			longestRetry, leaderelection.JitterFactor, t.RenewDeadline)
	case t.Duration <= t.RenewDeadline:
		return fmt.Errorf("--leader-elect-lease-duration: want more than --leader-elect-renew-deadline, which is %s, not %s", t.RenewDeadline, t.Duration)
	case t.Duration%time.Second != 0:
		return fmt.Errorf("--leader-elect-lease-duration: want whole seconds, which is what a Lease holds, not %s", t.Duration)
	}
	return nil
}

// Elect turns leader election on in the options of a manager, for the Lease in a namespace. It returns the guard, which
// must be added to the manager. The guard and the election have the same timings. The config is for the election only
// and must not go through the guard's transport.
func Elect(options *ctrl.Options, config *rest.Config, namespace string, t Timings) (*Guard, error) {
	config = rest.CopyConfig(config)
	config.UserAgent += "/leader-election"
	// A single hanging request must not lose the lease.
	config.Timeout = max(t.RenewDeadline/2, time.Second)
	clients, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("building the client for leader election: %w", err)
	}
	identity, err := newIdentity()
	if err != nil {
		return nil, err
	}
	held, err := resourcelock.New(resourcelock.LeasesResourceLock, namespace, Name, clients.CoreV1(), clients.CoordinationV1(),
		resourcelock.ResourceLockConfig{Identity: identity})
	if err != nil {
		return nil, fmt.Errorf("building the lock for leader election: %w", err)
	}
	guard := NewGuard(t.RenewDeadline)
	options.LeaderElection, options.LeaderElectionID = true, Name
	options.LeaderElectionResourceLockInterface = &lock{Interface: held, guard: guard}
	options.LeaseDuration, options.RenewDeadline, options.RetryPeriod = &t.Duration, &t.RenewDeadline, &t.RetryPeriod
	return guard, nil
}

// newIdentity returns a unique name for this process among all candidates.
func newIdentity() (string, error) {
	host, err := os.Hostname()
	if err != nil {
		return "", fmt.Errorf("naming this process for leader election: %w", err)
	}
	return host + "_" + string(uuid.NewUUID()), nil
}
