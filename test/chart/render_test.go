// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v4/pkg/chart/common"
	"helm.sh/helm/v4/pkg/chart/common/util"
	chart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
	"helm.sh/helm/v4/pkg/engine"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// values are values of the chart, as in a file for --values.
type values = map[string]any

// documents are the YAML documents that a chart renders, without those that are empty.
type documents []string

// loaded is the chart of the checkout.
func loaded(t testing.TB) *chart.Chart {
	t.Helper()
	c, err := loader.LoadDir(chartPlace(t))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// render returns what Helm makes of a chart and values for a cluster whose API server has these kinds besides those of
// Kubernetes. It validates the values by the chart's schema, as Helm does.
func render(c *chart.Chart, v values, kinds ...string) (documents, error) {
	return renderAs(c, release, v, kinds...)
}

// renderAs is render for a release of another name.
func renderAs(c *chart.Chart, name string, v values, kinds ...string) (documents, error) {
	capabilities := common.DefaultCapabilities.Copy()
	capabilities.APIVersions = append(slices.Clone(capabilities.APIVersions), kinds...)
	options := common.ReleaseOptions{Name: name, Namespace: namespace, Revision: 1, IsInstall: true}
	all, err := util.ToRenderValues(c, v, options, capabilities)
	if err != nil {
		return nil, err
	}
	files, err := engine.Render(c, all)
	if err != nil {
		return nil, err
	}
	var found documents
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if path.Ext(name) == ".yaml" {
			found = append(found, split(files[name])...)
		}
	}
	return found, nil
}

func split(text string) documents {
	var found documents
	for document := range strings.SplitSeq(text, "\n---\n") {
		if empty.ReplaceAllString(document, "") != "" {
			found = append(found, document)
		}
	}
	return found
}

// empty matches what is no content of a YAML document.
var empty = regexp.MustCompile(`(?m)^---$|^#.*$|\s`)

// decode reads a YAML document.
func decode(document string) (*unstructured.Unstructured, error) {
	o := &unstructured.Unstructured{}
	if err := yaml.UnmarshalStrict([]byte(document), &o.Object); err != nil {
		return nil, fmt.Errorf("%w in:\n%s", err, document)
	}
	return o, nil
}

// objects reads the objects of all documents, by kind, namespace and name. Two objects with the same of all are a failure.
func (d documents) objects(t testing.TB) map[string]*unstructured.Unstructured {
	t.Helper()
	found := map[string]*unstructured.Unstructured{}
	for _, document := range d {
		o, err := decode(document)
		if err != nil {
			t.Fatal(err)
		}
		if found[key(o)] != nil {
			t.Errorf("there are two objects %s", key(o))
		}
		found[key(o)] = o
	}
	return found
}

func key(o *unstructured.Unstructured) string {
	return o.GetKind() + " " + o.GetNamespace() + "/" + o.GetName()
}
