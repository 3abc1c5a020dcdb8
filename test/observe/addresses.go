// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"fmt"
	"strings"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// Addresses returns, as lines of text, where a person can look at what runs.
func (env *Environment) Addresses() string {
	var text strings.Builder
	fmt.Fprintf(&text, "  Prometheus:       %s/alerts\n", env.prometheusURL)
	for _, r := range env.replicas {
		fmt.Fprintf(&text, "  metrics:          curl -k -H \"Authorization: Bearer $(cat %s)\" https://%s/metrics\n", env.path("token"), r.address)
	}
	fmt.Fprintf(&text, "  Clerk emulator:   http://%s%s/instances\n", env.clerk.Address(), emulator.ControlPath)
	return text.String()
}
