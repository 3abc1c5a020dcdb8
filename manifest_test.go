// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"io"
	"os"
	"strconv"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	"sigs.k8s.io/yaml"

	"github.com/clerk-operator/clerk-operator/internal/options"
)

// TestManifestHasKnownFlags parses the arguments in the manifest of the Deployment as the operator does.
func TestManifestHasKnownFlags(t *testing.T) {
	text, err := os.ReadFile("config/manager/manager.yaml")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for document := range strings.SplitSeq(string(text), "\n---\n") {
		deployment := appsv1.Deployment{}
		if err := yaml.Unmarshal([]byte(document), &deployment); err != nil {
			t.Fatal(err)
		}
		for _, container := range deployment.Spec.Template.Spec.Containers {
			seen += len(container.Args)
			o, err := options.Parse(container.Args, io.Discard)
			if err != nil {
				t.Errorf("%v: %v", container.Args, err)
			}
			for name, address := range map[string]string{"health": o.HealthAddress, "metrics": o.MetricsAddress} {
				served := false
				for _, port := range container.Ports {
					served = served || port.Name == name && strings.HasSuffix(address, ":"+strconv.Itoa(int(port.ContainerPort)))
				}
				if !served {
					t.Errorf("the address for %s is %q, and the ports are %+v", name, address, container.Ports)
				}
			}
		}
	}
	if seen == 0 {
		t.Error("the manifest has no arguments")
	}
}
