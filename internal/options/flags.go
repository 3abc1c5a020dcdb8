// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package options

import (
	"github.com/spf13/pflag"

	"github.com/clerk-operator/clerk-operator/internal/lease"
)

const defaultConcurrency = 32

// Group are flags about one subject. docs/reference/flags.md is made of them.
type Group struct {
	// Title names the subject.
	Title string
	// Flags are the flags. A default that is known only at the start is in the usage, in parentheses.
	Flags *pflag.FlagSet
}

// Groups returns all flags, with their defaults.
func Groups() []Group { return (&line{}).groups() }

// line is a command line whose values are not checked yet.
type line struct {
	Options

	hosts           []string
	defaultInstance string
}

// groups returns all flags; to parse one sets a value of the line.
func (l *line) groups() []Group {
	return []Group{
		group("Clerk", l.clerk), group("Kubernetes", l.kubernetes), group("Reconciliation", l.reconciliation),
		group("Metrics and health", l.metrics), group("Log", l.log), group("Leader election", l.election), group("Version", l.version),
	}
}

func group(title string, define func(*pflag.FlagSet)) Group {
	flags := pflag.NewFlagSet(title, pflag.ContinueOnError)
	define(flags)
	return Group{title, flags}
}

func (l *line) clerk(flags *pflag.FlagSet) {
	flags.StringSliceVar(&l.hosts, "allowed-api-hosts", []string{"api.clerk.com"},
		"hosts to which the operator may send secret keys, as host, host:port, or http://host:port for plain http (tests only)")
	flags.StringVar(&l.ClusterID, "cluster-id", "",
		"id of this cluster in owner marks; it must be unique among the clusters that use a Clerk instance, and must not change (default: the uid of namespace kube-system)")
	flags.StringVar(&l.defaultInstance, "default-instance", "",
		"ClerkInstance, as namespace/name, for ClerkUsers without instanceRef in a namespace without a ClerkInstance named default")
}

func (l *line) kubernetes(flags *pflag.FlagSet) {
	flags.StringVar(&l.Kubeconfig, "kubeconfig", "", "path of a kubeconfig file")
	flags.StringVar(&l.OperatorNamespace, "operator-namespace", "",
		"namespace of the operator's Secret and Lease (default: the namespace of the pod; outside a cluster, the namespace named default)")
	flags.StringSliceVar(&l.WatchNamespaces, "watch-namespaces", nil, "namespaces in which the operator reconciles objects; needs --cluster-id (default: all)")
	flags.BoolVar(&l.WatchSecrets, "watch-secrets", false,
		"watch Secrets and ConfigMaps to notice their changes at once; needs the right to list and watch both")
}

func (l *line) reconciliation(flags *pflag.FlagSet) {
	flags.IntVar(&l.Concurrency, "concurrency", defaultConcurrency, "number of ClerkUsers that the operator reconciles at the same time")
	flags.DurationVar(&l.CountInterval, "count-interval", 0, "minimum time between two updates of a ClerkInstance's counts (default 10s)")
	flags.DurationVar(&l.SecretInterval, "secret-interval", 0, "time between two reads of a Secret with a key (default 1m)")
}

func (l *line) metrics(flags *pflag.FlagSet) {
	flags.StringVar(&l.HealthAddress, "health-probe-bind-address", ":8081", "address of /healthz and /readyz; 0 turns them off")
	flags.StringVar(&l.MetricsAddress, "metrics-bind-address", "0",
		"address of /metrics, such as :8443, with https and authorization; 0 turns it off")
}

func (l *line) log(flags *pflag.FlagSet) {
	flags.StringVar(&l.LogFormat, "log-format", "json", "format of log messages: json or console")
	flags.Int8Var(&l.LogLevel, "log-level", 0,
		"verbosity of log messages: 0 for changes and failures, 1 also for why nothing was changed, 2 also for each call to Clerk, 3 to 5 also for messages of the Kubernetes client")
}

func (l *line) election(flags *pflag.FlagSet) {
	timings := lease.DefaultTimings()
	flags.BoolVar(&l.LeaderElect, "leader-elect", true,
		"reconcile only while this process holds the Lease "+lease.Name+" in the operator's namespace; without it, two operators undo each other's work")
	flags.DurationVar(&l.LeaseTimings.Duration, "leader-elect-lease-duration", timings.Duration,
		"time after the last renewal after which another replica takes the lease, in whole seconds")
	flags.DurationVar(&l.LeaseTimings.RenewDeadline, "leader-elect-renew-deadline", timings.RenewDeadline,
		"time after the last renewal during which the leader may write; after that it exits")
	flags.DurationVar(&l.LeaseTimings.RetryPeriod, "leader-elect-retry-period", timings.RetryPeriod,
		"time between two renewals of the lease, and between two attempts to take it")
}

func (l *line) version(flags *pflag.FlagSet) {
	flags.BoolVar(&l.ShowVersion, "version", false, "print the version and exit")
}
