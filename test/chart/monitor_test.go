// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"testing"

	monitoringv1 "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// TestServiceMonitorReadsOneToken wants Prometheus to use the Secret that is given, or else its own token file, and never both: a
// Prometheus that refuses paths of files refuses the ServiceMonitor with one.
func TestServiceMonitorReadsOneToken(t *testing.T) {
	t.Parallel()
	usual := endpoint(t, values{})
	//nolint:staticcheck // the only field for the token of Prometheus' own ServiceAccount
	if usual.BearerTokenFile == "" || usual.Authorization != nil || usual.TLSConfig == nil || !*usual.TLSConfig.InsecureSkipVerify {
		t.Errorf("the usual endpoint is %+v", usual)
	}
	given := endpoint(t, values{
		"authorization": values{"credentials": values{"name": "prometheus", "key": "token"}},
		"tlsConfig":     values{"insecureSkipVerify": nil, "serverName": "operator"},
	})
	//nolint:staticcheck // see above
	if given.BearerTokenFile != "" || given.Authorization == nil || given.Authorization.Credentials.Name != "prometheus" {
		t.Errorf("the endpoint with a Secret is %+v", given)
	}
	if given.TLSConfig.InsecureSkipVerify != nil || *given.TLSConfig.ServerName != "operator" {
		t.Errorf("the TLS settings are %+v", given.TLSConfig)
	}
}

// endpoint returns the endpoint of the ServiceMonitor that these values give.
func endpoint(t *testing.T, v values) monitoringv1.Endpoint {
	t.Helper()
	d, err := render(loaded(t), values{"metrics": values{"serviceMonitor": merged(v, values{"enabled": true})}})
	if err != nil {
		t.Fatal(err)
	}
	monitor := &monitoringv1.ServiceMonitor{}
	o := d.objects(t)["ServiceMonitor "+namespace+"/"+manager]
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, monitor); err != nil {
		t.Fatal(err)
	}
	return monitor.Spec.Endpoints[0]
}
