// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package install

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/clerk-operator/clerk-operator/internal/emulator"
)

// TestFormerManifestsAreUpgraded installs what config/default was before, applied on the client's side as many people do, and
// upgrades it, goes back and upgrades it again by the commands of the documentation. Nothing happens to the account at Clerk, and
// nothing of the former manifests is left. Then it tries the settings of the documentation.
func TestFormerManifestsAreUpgraded(t *testing.T) {
	if testing.Short() {
		t.Skip("this takes a control plane of its own")
	}
	t.Parallel()
	c := newCluster(t)
	former := filepath.Join(root(t), "test", "install", "testdata", "former.yaml")
	rolledOut := "\nkubectl rollout status deployment/clerk-operator-controller-manager -n clerk-operator-system --timeout=3m\n"
	c.shell("kubectl apply -f config/crd/bases\nkubectl apply -f "+former+rolledOut, "")
	c.connect()
	c.follow(installation, "Create a user")
	before := c.writes()

	makeDist, _, _ := strings.Cut(blocks(t, installation, "One YAML", "sh")[0], "\n")
	c.shell(makeDist, "")
	c.follow(upgrading, "Conflicts")
	c.follow(installation, "One YAML")
	c.expectAsNew()
	c.shell("kubectl apply --server-side --force-conflicts -f "+former+rolledOut, "")
	c.follow(installation, "One YAML")
	c.expectAsNew()
	c.shell("kubectl wait --for=condition=Ready clerkuser/ada-lovelace -n team-a --timeout=2m", "")
	if after := c.writes(); len(after) != len(before) {
		t.Errorf("the upgrades made calls that write: %+v", after[len(before):])
	}
	if c.node.Started() < 4 {
		t.Errorf("%d pods were started, want one for each change of the manifests", c.node.Started())
	}
	c.trySettings()
}

// writes are the calls to Clerk that changed something.
func (c *cluster) writes() emulator.Entries { return c.clerk.Journal().Writes() }

// expectAsNew compares the objects of dist/install.yaml on the API server with what the API server would make of them if they were
// not there.
func (c *cluster) expectAsNew() {
	c.t.Helper()
	compared := 0
	for _, o := range c.objectsOf("kubectl create --dry-run=client -o json -f dist/install.yaml") {
		if o.GetKind() == "CustomResourceDefinition" || o.GetKind() == "Namespace" {
			continue // their names cannot be others; kubectl diff compares them below
		}
		current := o.DeepCopy()
		if err := c.client.Get(c.t.Context(), client.ObjectKeyFromObject(o), current); err != nil {
			c.t.Fatal(err)
		}
		o.SetName(o.GetName() + "-new")
		if err := c.client.Create(c.t.Context(), o, client.DryRunAll); err != nil {
			c.t.Fatal(err)
		}
		compared++
		if diff := cmp.Diff(content(o), content(current)); diff != "" {
			c.t.Errorf("%s %s is not as new (-) after the upgrade (+):\n%s", o.GetKind(), current.GetName(), diff)
		}
	}
	if compared < 15 {
		c.t.Errorf("only %d objects were compared", compared)
	}
	c.shell("kubectl diff --server-side -f dist/install.yaml", "")
}

// objectsOf returns the objects that a command prints as JSON.
func (c *cluster) objectsOf(command string) []*unstructured.Unstructured {
	c.t.Helper()
	var found []*unstructured.Unstructured
	decoder := json.NewDecoder(strings.NewReader(c.shell(command, "")))
	for decoder.More() {
		o := &unstructured.Unstructured{}
		if err := decoder.Decode(&o.Object); err != nil {
			c.t.Fatal(err)
		}
		if !o.IsList() {
			found = append(found, o)
			continue
		}
		if err := o.EachListItem(func(item runtime.Object) error {
			found = append(found, item.(*unstructured.Unstructured))
			return nil
		}); err != nil {
			c.t.Fatal(err)
		}
	}
	return found
}

// content is what an object says, without what the API server notes about it.
func content(o *unstructured.Unstructured) map[string]any {
	o = o.DeepCopy()
	labels := o.GetLabels()
	for _, path := range [][]string{
		{"metadata"}, {"status"}, {"spec", "clusterIP"}, {"spec", "clusterIPs"},
		{"spec", "template", "metadata", "creationTimestamp"},
	} {
		unstructured.RemoveNestedField(o.Object, path...)
	}
	o.SetLabels(labels)
	return o.Object
}
