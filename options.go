// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"os"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/clerk-operator/clerk-operator/internal/logging"
	"github.com/clerk-operator/clerk-operator/internal/metricsaccess"
	"github.com/clerk-operator/clerk-operator/internal/options"
	"github.com/clerk-operator/clerk-operator/internal/version"
)

func setLogger(ctx context.Context, o options.Options, now func() time.Time) {
	logger := logging.Stopping(ctx, logging.New(os.Stderr, logging.Format(o.LogFormat), o.LogLevel))
	ctrl.SetLogger(logger)
	klog.SetLogger(logging.NewFailures(now).Counting(logger, logging.ByText))
}

func loadConfig(o options.Options) (*rest.Config, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = o.Kubeconfig
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
func metricsOptions(config *rest.Config, o options.Options, now func() time.Time) metricsserver.Options {
	return metricsserver.Options{
		BindAddress:   o.MetricsAddress,
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
