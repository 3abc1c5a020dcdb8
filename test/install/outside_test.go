// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package install

import (
	"strings"

	"github.com/clerk-operator/clerk-operator/test/manager"
)

// runOutside follows the documentation for a process outside the cluster, until the process leads. The binary is one that was built
// before, and the port for probes may belong to another test.
func (c *cluster) runOutside() {
	c.t.Helper()
	block := blocks(c.t, installation, "Outside the cluster", "sh")[0]
	before, foreground, found := strings.Cut(strings.TrimSpace(block), "\nbin/manager ")
	prepared, built := strings.CutPrefix(before, "make build\n")
	if !found || !built || strings.Contains(foreground, "\n") {
		c.t.Fatalf("the block does not build the manager first and run it last:\n%s", block)
	}
	c.shell("mkdir bin\nln -s "+manager.Path()+" bin/manager\n"+prepared+
		"\nbin/manager --health-probe-bind-address=0 "+foreground+` &
leads=
for i in $(seq 600); do
  if [ -n "$(kubectl get lease clerk-operator -n clerk-operator-system -o 'jsonpath={.spec.holderIdentity}' --ignore-not-found)" ]; then
    leads=yes
    break
  fi
  sleep 0.1
done
kill -INT %1
wait %1
[ -n "$leads" ]`, "")
}
