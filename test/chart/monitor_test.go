// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"
)

// TestMonitorReadsItsOwnToken wants Prometheus to use the Secret that is given, or else one of the release, whose ServiceAccount may read
// metrics and is named in the Secret.
func TestMonitorReadsItsOwnToken(t *testing.T) {
	t.Parallel()
	usual, objects := endpoint(t, values{"namespace": "monitoring"})
	if usual.Authorization == nil || usual.TLSConfig == nil || !*usual.TLSConfig.InsecureSkipVerify {
		t.Fatalf("the usual endpoint is %+v", usual)
	}
	name := usual.Authorization.Credentials.Name
	secret := objects["Secret monitoring/"+name]
	if secret == nil || objects["ServiceAccount monitoring/"+secret.GetAnnotations()["kubernetes.io/service-account.name"]] == nil {
		t.Errorf("there is no Secret %s of a ServiceAccount: %v", name, secret)
	}
	binding := objects["ClusterRoleBinding /"+name]
	if binding == nil {
		t.Fatalf("the ServiceAccount %s may do nothing", name)
	}
	subjects, _, err := unstructured.NestedSlice(binding.Object, "subjects")
	role, _, _ := unstructured.NestedString(binding.Object, "roleRef", "name")
	want := []any{values{"kind": "ServiceAccount", "name": name, "namespace": "monitoring"}}
	if diff := cmp.Diff(want, subjects); err != nil || diff != "" || objects["ClusterRole /"+role] == nil {
		t.Errorf("the role %s is bound to (%v):\n%s", role, err, diff)
	}
	given, objects := endpoint(t, values{
		"authorization": values{"credentials": values{"name": "prometheus", "key": "token"}},
		"tlsConfig":     values{"insecureSkipVerify": nil, "serverName": "operator"},
	})
	if given.Authorization == nil || given.Authorization.Credentials.Name != "prometheus" || objects["ClusterRoleBinding /"+name] != nil {
		t.Errorf("the endpoint with a Secret is %+v", given)
	}
	if given.TLSConfig.InsecureSkipVerify != nil || *given.TLSConfig.ServerName != "operator" {
		t.Errorf("the TLS settings are %+v", given.TLSConfig)
	}
}

// TestComponentMovesWithTheOperator wants nothing of config/prometheus to stay behind when somebody sets another namespace.
func TestComponentMovesWithTheOperator(t *testing.T) {
	t.Parallel()
	objects := kustomized(t, "namespace: ops\nresources: [CONFIG/default]\ncomponents: [CONFIG/prometheus]\ntransformers: [CONFIG/cluster-scoped]\n")
	for k, o := range objects {
		if text := fmt.Sprint(o.Object); strings.Contains(text, namespace) && o.GetKind() != "CustomResourceDefinition" && o.GetKind() != "PrometheusRule" {
			t.Errorf("%s names the namespace %s: %s", k, namespace, text)
		}
	}
	for _, want := range []string{"ServiceMonitor ops/" + manager, "PrometheusRule ops/" + manager, "Secret ops/" + release + "-metrics-scraper"} {
		if objects[want] == nil {
			t.Errorf("there is no %s", want)
		}
	}
}

// TestPrometheusRuleHasTheAlerts compares the PrometheusRule with config/prometheus/rules.yaml, which the unit tests of the alerts use.
func TestPrometheusRuleHasTheAlerts(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(place(t, "config", "prometheus", "rules.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	all := monitoringv1.PrometheusRuleSpec{}
	if err := yaml.UnmarshalStrict(text, &all); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(all.Groups, rulesOf(t, values{})); diff != "" {
		t.Errorf("the rules of config (-) and of the chart (+):\n%s", diff)
	}
	extra := values{"alert": "Mine", "expr": "vector(1)"}
	fewer := rulesOf(t, values{"disabledAlerts": []any{all.Groups[0].Rules[1].Alert}, "additionalRules": []any{extra}})
	want := slices.Delete(slices.Clone(all.Groups[0].Rules), 1, 2)
	if diff := cmp.Diff(want, fewer[0].Rules); diff != "" || len(fewer) != 2 || fewer[1].Rules[0].Alert != "Mine" {
		t.Errorf("the rules without the second one (-) and those of the chart (+), in %d groups:\n%s", len(fewer), diff)
	}
	var none []any
	for _, r := range all.Groups[0].Rules {
		none = append(none, r.Alert)
	}
	if _, err := render(loaded(t), values{"metrics": values{"prometheusRule": values{"enabled": true, "disabledAlerts": none}}}); err == nil ||
		!strings.Contains(err.Error(), "no alert is left") {
		t.Errorf("a PrometheusRule without rules is not refused: %v", err)
	}
}

// rulesOf are the groups of the PrometheusRule that these values give.
func rulesOf(t *testing.T, v values) []monitoringv1.RuleGroup {
	t.Helper()
	d, err := render(loaded(t), values{"metrics": values{"prometheusRule": merged(v, values{"enabled": true})}})
	if err != nil {
		t.Fatal(err)
	}
	rule := &monitoringv1.PrometheusRule{}
	o := d.objects(t)["PrometheusRule "+namespace+"/"+manager]
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, rule); err != nil {
		t.Fatal(err)
	}
	return rule.Spec.Groups
}

// endpoint returns the endpoint of the ServiceMonitor that these values give, and all objects.
func endpoint(t *testing.T, v values) (monitoringv1.Endpoint, map[string]*unstructured.Unstructured) {
	t.Helper()
	d, err := render(loaded(t), values{"metrics": values{"serviceMonitor": merged(v, values{"enabled": true})}})
	if err != nil {
		t.Fatal(err)
	}
	monitor := &monitoringv1.ServiceMonitor{}
	objects := d.objects(t)
	o := objects["ServiceMonitor "+namespace+"/"+manager]
	if o == nil {
		o = objects["ServiceMonitor monitoring/"+manager]
	}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, monitor); err != nil {
		t.Fatal(err)
	}
	return monitor.Spec.Endpoints[0], objects
}
