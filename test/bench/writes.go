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

// readWrites returns the number of writes that kube-apiserver has answered since its start, by "verb
// resource[/subresource]". It counts the resources that the operator writes, whoever wrote them.
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

// linesOf returns the lines of one metric, because parsing all of them would use too much CPU time.
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

// writeNamed returns the name of a write that the operator may make; "" for everything else.
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

// verbOf converts a method, or a verb in kube-apiserver's metrics, into Kubernetes' verb; "" for a read.
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

// ownWrites counts this program's own writes to kube-apiserver, under the same names.
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

// countingTransport counts the writes of a transport.
type countingTransport struct {
	own  *ownWrites
	next http.RoundTripper
}

// RoundTrip sends the request.
func (t countingTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	if name := writeAt(r.Method, r.URL.Path); name != "" {
		t.own.count(name)
	}
	return t.next.RoundTrip(r)
}

// writeAt names a write by its request; "" for what readWrites does not count.
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

// since returns the growth of each count, without those that have not grown.
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

// sortedNames returns the names of counts, sorted.
func sortedNames(counts map[string]int) []string { return slices.Sorted(maps.Keys(counts)) }
