// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"k8s.io/client-go/rest"

	"github.com/clerk-operator/clerk-operator/api/v1alpha1"
)

const requestMetric = "apiserver_request_total"

// readWrites returns how many writes kube-apiserver has answered since it started, by "verb resource[/subresource]", of the
// resources that the operator writes, whoever wrote them.
func readWrites(ctx context.Context, server rest.Interface) (map[string]int, error) {
	text, err := server.Get().AbsPath("/metrics").DoRaw(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading kube-apiserver's metrics: %w", err)
	}
	return writesIn(text)
}

func writesIn(exposition []byte) (map[string]int, error) {
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(bytes.NewReader(linesOf(exposition, requestMetric)))
	if err != nil {
		return nil, fmt.Errorf("reading kube-apiserver's metrics: %w", err)
	}
	family := families[requestMetric]
	if family == nil {
		return nil, errors.New("reading kube-apiserver's metrics: there is no " + requestMetric)
	}
	counts := map[string]int{}
	for _, metric := range family.GetMetric() {
		if name := writeNamed(labelsOf(metric)); name != "" {
			counts[name] += int(metric.GetCounter().GetValue())
		}
	}
	return counts, nil
}

// linesOf returns the lines about one metric: parsing all of them would cost the machine more than the figures are worth.
func linesOf(exposition []byte, metric string) []byte {
	var kept bytes.Buffer
	fmt.Fprintf(&kept, "# TYPE %s counter\n", metric)
	lines := bufio.NewScanner(bytes.NewReader(exposition))
	for lines.Scan() {
		if bytes.HasPrefix(lines.Bytes(), []byte(metric+"{")) {
			kept.Write(lines.Bytes())
			kept.WriteByte('\n')
		}
	}
	return kept.Bytes()
}

func labelsOf(metric *dto.Metric) map[string]string {
	labels := map[string]string{}
	for _, pair := range metric.GetLabel() {
		labels[pair.GetName()] = pair.GetValue()
	}
	return labels
}

// writeNamed returns the name of a write that can be the operator's, "" for everything else.
func writeNamed(labels map[string]string) string {
	resource := labels["resource"]
	ours := labels["group"] == v1alpha1.GroupVersion.Group || resource == "events" || resource == "secrets"
	verb := verbOf(labels["verb"])
	if !ours || verb == "" {
		return ""
	}
	if sub := labels["subresource"]; sub != "" {
		resource += "/" + sub
	}
	return verb + " " + resource
}

// verbOf turns a method, or what kube-apiserver's metrics call a verb, into Kubernetes' verb; "" for a read.
func verbOf(method string) string {
	switch method {
	case http.MethodPost:
		return "create"
	case http.MethodPut:
		return "update"
	case http.MethodPatch:
		return "patch"
	case "APPLY":
		return "apply"
	case http.MethodDelete:
		return "delete"
	case "DELETECOLLECTION":
		return "deletecollection"
	default:
		return ""
	}
}

// ownWrites counts what this program itself writes to kube-apiserver, in the same words.
type ownWrites struct {
	mu     sync.Mutex
	counts map[string]int
}

// wrap returns a transport whose writes are counted.
func (w *ownWrites) wrap(next http.RoundTripper) http.RoundTripper {
	return countingTransport{own: w, next: next}
}

func (w *ownWrites) count(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.counts[name]++
}

func (w *ownWrites) read() map[string]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return maps.Clone(w.counts)
}

// countingTransport counts the writes that pass through.
type countingTransport struct {
	own  *ownWrites
	next http.RoundTripper
}

// RoundTrip passes the request on.
func (t countingTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if name := writeAt(r.Method, r.URL.Path); name != "" {
		t.own.count(name)
	}
	return t.next.RoundTrip(r)
}

// writeAt names a write by its request; "" for what readWrites does not count either.
func writeAt(method, path string) string {
	segments := strings.Split(strings.Trim(path, "/"), "/")
	labels := map[string]string{"verb": method}
	switch {
	case len(segments) > 2 && segments[0] == "api":
		segments = segments[2:]
	case len(segments) > 3 && segments[0] == "apis":
		labels["group"], segments = segments[1], segments[3:]
	default:
		return ""
	}
	if len(segments) > 2 && segments[0] == "namespaces" {
		segments = segments[2:]
	}
	labels["resource"] = segments[0]
	if len(segments) > 2 {
		labels["subresource"] = segments[2]
	}
	return writeNamed(labels)
}

// since returns by how much each count has grown, without those that have not.
func since(before, after map[string]int) map[string]int {
	grown := map[string]int{}
	for name, count := range after {
		if count != before[name] {
			grown[name] = count - before[name]
		}
	}
	return grown
}

func total(counts map[string]int) int {
	sum := 0
	for count := range maps.Values(counts) {
		sum += count
	}
	return sum
}

// sortedNames returns the names of counts in order.
func sortedNames(counts map[string]int) []string { return slices.Sorted(maps.Keys(counts)) }
