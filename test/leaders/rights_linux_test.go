// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package leaders

import (
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/clerk-operator/clerk-operator/test/controlplane"
	"github.com/clerk-operator/clerk-operator/test/manager"
	"github.com/clerk-operator/clerk-operator/test/rights"
)

// TestMissingRightsAreNamed runs a manager that has its shipped rights without those that leader election needs, and without one
// on its own kinds.
func TestMissingRightsAreNamed(t *testing.T) {
	t.Parallel()
	namespace := controlplane.Namespace(t)
	account := rights.Shipped(t).In(namespace)
	for _, right := range account.Rights() {
		if right.Resource == "leases" || right.Resource == "clerkusers/status" {
			account = account.Without(right)
		}
	}
	account.Grant(t, controlplane.Config(t))
	command := exec.CommandContext(t.Context(), manager.Path(),
		"--kubeconfig="+account.Kubeconfig(t), "--operator-namespace="+namespace,
		"--watch-namespaces="+namespace, "--cluster-id=leaders", "--health-probe-bind-address=0")
	timeout := time.AfterFunc(patience, func() { _ = command.Process.Kill() })
	defer timeout.Stop()
	output, err := command.CombinedOutput()
	if err == nil {
		t.Error("it ends as if all were well")
	}
	for _, want := range []string{
		"create, get and update leases.coordination.k8s.io in namespace " + namespace, "--operator-namespace", "--leader-elect=false",
		"patch clerkusers.clerk-operator.io/status in namespace " + namespace, "config/rbac",
	} {
		if !strings.Contains(string(output), want) {
			t.Errorf("it ends without saying %q (%v):\n%s", want, err, output)
		}
	}
}
