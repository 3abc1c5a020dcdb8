// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/clerk-operator/clerk-operator/internal/controller/clerkinstance"
	"github.com/clerk-operator/clerk-operator/internal/lease"
	"github.com/clerk-operator/clerk-operator/internal/logging"
	"github.com/clerk-operator/clerk-operator/internal/metricsaccess"
	"github.com/clerk-operator/clerk-operator/internal/version"
)

const (
	exitUsage          = 2
	defaultConcurrency = 32
	namespaceFile      = "/var/run/secrets/kubernetes.io/serviceaccount/namespace"
)

// options are what the command line says.
type options struct {
	kubeconfig        string
	hosts             clerkinstance.AllowedHosts
	clusterID         string
	concurrency       int
	countInterval     time.Duration
	defaultInstance   types.NamespacedName
	healthAddress     string
	leaderElect       bool
	leaseTimings      lease.Timings
	logFormat         string
	logLevel          int8
	metricsAddress    string
	operatorNamespace string
	secretInterval    time.Duration
	showVersion       bool
	watchNamespaces   []string
	watchSecrets      bool
	// changed are the flags that were given another value than the default, by name. No flag has a secret value.
	changed map[string]string
}

const usage = `clerk-operator manages users of Clerk as ClerkUser objects declare them.

It finds the cluster as kubectl does, by the first of these that is there: --kubeconfig, KUBECONFIG, ~/.kube/config, the
service account of its pod.

Usage:
  manager [flags]

Flags:
`

func parseOptions(args []string) (options, error) {
	o := options{}
	var hosts []string
	var defaultInstance string
	o.leaseTimings = lease.DefaultTimings()
	flags := pflag.NewFlagSet("manager", pflag.ContinueOnError)
	flags.SortFlags = true
	flags.Usage = func() { fmt.Fprint(os.Stdout, usage, flags.FlagUsagesWrapped(usageWidth)) }
	flags.StringVar(&o.kubeconfig, "kubeconfig", "", "path of a kubeconfig file")
	flags.StringSliceVar(&hosts, "allowed-api-hosts", []string{"api.clerk.com"},
		"hosts to which the operator may send secret keys, as host, host:port, or http://host:port for plain http (tests only)")
	flags.StringVar(&o.clusterID, "cluster-id", "",
		"id of this cluster in owner marks; it must be unique among the clusters that use a Clerk instance, and must not change (default: the uid of namespace kube-system)")
	flags.IntVar(&o.concurrency, "concurrency", defaultConcurrency, "number of ClerkUsers that the operator reconciles at the same time")
	flags.DurationVar(&o.countInterval, "count-interval", 0, "minimum time between two updates of a ClerkInstance's counts (default 10s)")
	flags.StringVar(&defaultInstance, "default-instance", "",
		"ClerkInstance, as namespace/name, for ClerkUsers without instanceRef in a namespace without a ClerkInstance named default")
	flags.StringVar(&o.healthAddress, "health-probe-bind-address", ":8081", "address of /healthz and /readyz; 0 turns them off")
	flags.BoolVar(&o.leaderElect, "leader-elect", true,
		"reconcile only while this process holds the Lease "+lease.Name+" in the operator's namespace; without it, two operators undo each other's work")
	flags.DurationVar(&o.leaseTimings.Duration, "leader-elect-lease-duration", o.leaseTimings.Duration,
		"time after the last renewal after which another replica takes the lease, in whole seconds")
	flags.DurationVar(&o.leaseTimings.RenewDeadline, "leader-elect-renew-deadline", o.leaseTimings.RenewDeadline,
		"time after the last renewal during which the leader may write; after that it exits")
	flags.DurationVar(&o.leaseTimings.RetryPeriod, "leader-elect-retry-period", o.leaseTimings.RetryPeriod,
		"time between two renewals of the lease, and between two attempts to take it")
	flags.StringVar(&o.logFormat, "log-format", "json", "format of log messages: json or console")
	flags.Int8Var(&o.logLevel, "log-level", 0, "verbosity of log messages: 0 for changes and failures, 1 also for why nothing was changed, 2 also for each call to Clerk, 3 to 5 also for messages of the Kubernetes client")
	flags.StringVar(&o.metricsAddress, "metrics-bind-address", "0",
		"address of /metrics, such as :8443, with https and authorization; 0 turns it off")
	flags.StringVar(&o.operatorNamespace, "operator-namespace", ownNamespace(), "namespace of the operator's Secret and Lease")
	flags.DurationVar(&o.secretInterval, "secret-interval", 0, "time between two reads of a Secret with a key (default 1m)")
	flags.BoolVar(&o.showVersion, "version", false, "print the version and exit")
	flags.StringSliceVar(&o.watchNamespaces, "watch-namespaces", nil, "namespaces in which the operator reconciles objects; needs --cluster-id (default: all)")
	flags.BoolVar(&o.watchSecrets, "watch-secrets", false,
		"watch Secrets and ConfigMaps to notice their changes at once; needs the right to list and watch both")
	if err := parse(flags, args); err != nil {
		return o, err
	}
	if o.showVersion {
		return o, nil
	}
	o.changed = changedFlags(flags)
	return o, o.complete(hosts, defaultInstance)
}

const usageWidth = 110

// parse reads the flags, and leaves after --help, which has been printed. Other arguments are refused: "--leader-elect false"
// would turn leader election on.
func parse(flags *pflag.FlagSet, args []string) error {
	switch err := flags.Parse(args); {
	case errors.Is(err, pflag.ErrHelp):
		os.Exit(0)
	case err != nil:
		return fmt.Errorf("reading the flags: %w; --help lists them", err)
	case flags.NArg() > 0:
		return fmt.Errorf("reading the flags: unexpected argument %q; write values as --flag=value; --help lists the flags", flags.Arg(0))
	}
	return nil
}

// changedFlags returns the flags whose value differs from the default.
func changedFlags(flags *pflag.FlagSet) map[string]string {
	changed := map[string]string{}
	flags.Visit(func(f *pflag.Flag) {
		if value := f.Value.String(); value != f.DefValue {
			changed[f.Name] = value
		}
	})
	return changed
}

// complete checks what flags cannot check by themselves.
func (o *options) complete(hosts []string, defaultInstance string) (err error) {
	if o.hosts, err = clerkinstance.ParseAllowedHosts(hosts); err != nil {
		return fmt.Errorf("--allowed-api-hosts: %w", err)
	}
	if defaultInstance != "" {
		namespace, name, found := strings.Cut(defaultInstance, "/")
		if !found || namespace == "" || name == "" || strings.Contains(name, "/") {
			return fmt.Errorf("--default-instance: want namespace/name, not %q", defaultInstance)
		}
		o.defaultInstance = types.NamespacedName{Namespace: namespace, Name: name}
	}
	if err := o.checkNamespaces(); err != nil {
		return err
	}
	if err := o.leaseTimings.Validate(); err != nil {
		return err
	}
	if format := logging.Format(o.logFormat); format != logging.JSON && format != logging.Console {
		return fmt.Errorf("--log-format: want json or console, not %q", o.logFormat)
	}
	if o.logLevel < 0 || o.logLevel > logging.MaxLevel {
		return fmt.Errorf("--log-level: want 0 to %d, not %d", logging.MaxLevel, o.logLevel)
	}
	if o.concurrency < 1 {
		return fmt.Errorf("--concurrency: want at least 1, not %d", o.concurrency)
	}
	return nil
}

// checkNamespaces checks what --watch-namespaces needs.
func (o *options) checkNamespaces() error {
	switch instance := o.defaultInstance.Namespace; {
	case len(o.watchNamespaces) == 0:
		return nil
	case o.clusterID == "":
		return errors.New("--watch-namespaces needs --cluster-id, because the operator then cannot read namespace kube-system")
	case instance != "" && !slices.Contains(o.watchNamespaces, instance):
		return fmt.Errorf("--default-instance: namespace %q is not one of --watch-namespaces", instance)
	}
	return nil
}

// ownNamespace is the namespace of the pod, or default where there is none.
func ownNamespace() string {
	text, err := os.ReadFile(namespaceFile)
	if err != nil {
		return "default"
	}
	return strings.TrimSpace(string(text))
}

func setLogger(ctx context.Context, o options, now func() time.Time) {
	logger := logging.Stopping(ctx, logging.New(os.Stderr, logging.Format(o.logFormat), o.logLevel))
	ctrl.SetLogger(logger)
	klog.SetLogger(logging.NewFailures(now).Counting(logger, logging.ByText))
}

func loadConfig(o options) (*rest.Config, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = o.kubeconfig
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, nil).ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("finding the cluster: %w", err)
	}
	// The API server's own priority and fairness bounds us better than a client-side limit would.
	config.QPS = -1
	config.UserAgent = version.Get().UserAgent()
	return config, nil
}

// metricsOptions serves metrics whether or not this process leads: the reviews of who asks go through a client of their own.
func metricsOptions(config *rest.Config, o options, now func() time.Time) metricsserver.Options {
	return metricsserver.Options{
		BindAddress:   o.metricsAddress,
		SecureServing: true,
		FilterProvider: func(*rest.Config, *http.Client) (metricsserver.Filter, error) {
			reviewer, err := rest.HTTPClientFor(config)
			if err != nil {
				return nil, fmt.Errorf("building the client that asks who may read metrics: %w", err)
			}
			return metricsaccess.Filter(config, reviewer, now)
		},
		// HTTP/2 has had several vulnerabilities to denial of service, and nothing here needs it.
		TLSOpts: []func(*tls.Config){func(c *tls.Config) { c.NextProtos = []string{"http/1.1"} }},
	}
}
