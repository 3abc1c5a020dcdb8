// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"testing"

	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/utils/ptr"
)

func TestCommandsGoToTheSameCluster(t *testing.T) {
	t.Parallel()
	flags := genericclioptions.NewConfigFlags(true)
	flags.Context, flags.BearerToken = ptr.To("prod"), ptr.To("secret-token")
	for text, want := range map[string]string{
		"kubectl get pods -n a":                   "kubectl get --context=prod pods -n a",
		"kubectl clerk why ann -n a":              "kubectl clerk why --context=prod ann -n a",
		"(read key) | kubectl create secret a":    "(read key) | kubectl create --context=prod secret a",
		"kubectl create a | kubectl replace -f -": "kubectl create --context=prod a | kubectl replace --context=prod -f -",
		"no Lease; find it with: kubectl get a":   "no Lease; find it with: kubectl get --context=prod a",
		"name one (kubectl get a)":                "name one (kubectl get --context=prod a)",
		"see kubectl explain":                     "see kubectl explain",
		"":                                        "",
	} {
		if got := (&Environment{Flags: flags}).SameCluster(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	flags.KubeConfig, flags.Impersonate = ptr.To("/tmp/$(id)/it's"), ptr.To("system:serviceaccount:a:b")
	want := `kubectl get --kubeconfig='/tmp/$(id)/it'\''s' --context=prod --as=system:serviceaccount:a:b a`
	if got := (&Environment{Flags: flags}).SameCluster("kubectl get a"); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if got := (&Environment{Flags: genericclioptions.NewConfigFlags(true)}).SameCluster("kubectl get a"); got != "kubectl get a" {
		t.Errorf("without flags: %s", got)
	}
}
