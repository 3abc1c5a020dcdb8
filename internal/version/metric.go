// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package version

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// Register registers the metric clerk_operator_build_info, whose value is always 1 and whose labels say what the binary was
// built from.
func Register(registry prometheus.Registerer, i Info) error {
	metric := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "clerk_operator_build_info",
		Help: "Always 1. The labels have the version of the operator, its Git commit, and the version of Go.",
		ConstLabels: prometheus.Labels{
			"version": i.Version, "revision": i.Revision, "goversion": i.GoVersion,
		},
	}, func() float64 { return 1 })
	if err := registry.Register(metric); err != nil {
		return fmt.Errorf("registering metrics: %w", err)
	}
	return nil
}
