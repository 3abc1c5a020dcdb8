// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// TestLint runs helm lint with the values that the tests use.
func TestLint(t *testing.T) {
	t.Parallel()
	for name, v := range map[string]values{"Default": {}, "Everything": merged(everything()...)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			helm(t, "lint", "--strict", chartPlace(t), "--values", valuesFile(t, v))
		})
	}
}

// TestWrongValuesAreRefused wants an error that names the value.
func TestWrongValuesAreRefused(t *testing.T) {
	t.Parallel()
	c := loaded(t)
	for yamlText, want := range map[string]string{
		"networkPolicy: {egressPorts: null}":                    "at '/networkPolicy': missing property 'egressPorts'",
		"networkPolicy: {enabled: }":                            "at '/networkPolicy': missing property 'enabled'",
		"image: {repository: }":                                 "at '/image': missing property 'repository'",
		"crds: {keep: null}":                                    "at '/crds': missing property 'keep'",
		"metrics: {dashboard: {labels: null}}":                  "at '/metrics/dashboard': missing property 'labels'",
		"metrics: {enabled: false, dashboard: {enabled: true}}": "metrics.dashboard.enabled needs metrics.enabled",
		"metrics:":                            "at '': missing property 'metrics'",
		"replica: 2":                          "additional properties 'replica' not allowed",
		"replicas: two":                       "at '/replicas': got string, want integer",
		"replicas: -1":                        "at '/replicas'",
		"image: {name: a}":                    "at '/image': additional properties 'name'",
		"image: {repository: 'r:5000/op:v1'}": "at '/image/repository'",
		"image: {repository: op@sha256}":      "at '/image/repository'",
		"resources: {limits: {memory: 1Mi}}":  "resources.limits.memory: want at least 64Mi",
		"image: {repository: ''}":             "at '/image/repository'",
		"image: {digest: sha256:1}":           "at '/image/digest'",
		"image: {tag: a/b}":                   "at '/image/tag'",
		"image: {pullPolicy: Sometimes}":      "at '/image/pullPolicy'",
		"image: {pullSecrets: [a]}":           "at '/image/pullSecrets/0'",
		"fullnameOverride: A_b":               "at '/fullnameOverride'",
		"commonLabels: {a: 1}":                "at '/commonLabels/a'",
		"crds: {enabled: 'true'}":             "at '/crds/enabled'",
		"crds: {keeps: true}":                 "at '/crds': additional properties 'keeps'",
		"watchNamespaces: team-a":             "at '/watchNamespaces'",
		"watchNamespaces: ['']":               "at '/watchNamespaces/0'",
		"watchNamespaces: [a, a]":             "at '/watchNamespaces'",
		"watchNamespaces: [team-a]":           "watchNamespaces needs clusterID",
		"watchNamespaces: [a]\nclusterID: c\ndefaultInstance: b/a":                                       "defaultInstance: the operator does not reconcile objects in the namespace b",
		"watchNamespaces: [a]\nclusterID: c\nclerkInstance: {create: true, secretName: s}":               "clerkInstance.namespace: the operator does not reconcile objects in the namespace " + namespace,
		"watchNamespaces: [a]\nclusterID: c\nclerkInstance: {create: true, secretName: s, namespace: b}": "clerkInstance.namespace: the operator does not reconcile objects in the namespace b",
		"defaultInstance: default":                 "at '/defaultInstance'",
		"allowedAPIHosts: ['a,b']":                 "at '/allowedAPIHosts/0'",
		"allowedAPIHosts: ['ftp://a']":             "at '/allowedAPIHosts/0'",
		"allowedAPIHosts: ['a/v1']":                "at '/allowedAPIHosts/0'",
		"allowedAPIHosts: ['a:https']":             "at '/allowedAPIHosts/0'",
		"leaderElection: {leaseDuration: 5s}":      "leaderElection.leaseDuration: want more than leaderElection.renewDeadline",
		"leaderElection: {leaseDuration: 10500ms}": "leaderElection.leaseDuration: want whole seconds",
		"leaderElection: {leaseDuration: 1m0.5s}":  "leaderElection.leaseDuration: want whole seconds",
		"leaderElection: {renewDeadline: 15s}":     "leaderElection.leaseDuration: want more than leaderElection.renewDeadline",
		"leaderElection: {retryPeriod: 9s}":        "leaderElection.renewDeadline: want more than 1.2 times leaderElection.retryPeriod",
		"leaderElection: {retryPeriod: 0s}":        "leaderElection.retryPeriod: want more than 0",
		"concurrency: 0":                           "at '/concurrency'",
		"logFormat: text":                          "at '/logFormat'",
		"logLevel: 6":                              "at '/logLevel'",
		"leaderElection: {leaseDuration: 15}":      "at '/leaderElection/leaseDuration'",
		"leaderElection: {retryPeriod: 2 s}":       "at '/leaderElection/retryPeriod'",
		"extraArgs: [watch-secrets]":               "at '/extraArgs/0'",
		"extraEnv: [{value: a}]":                   "at '/extraEnv/0'",
		"resources: {limit: {}}":                   "at '/resources': additional properties 'limit'",
		"resources: {limits: {memory: 512MB}}":     "at '/resources/limits/memory'",
		"resources: {limits: {memory: 1000000m}}":  "resources.limits.memory: cannot compute GOMEMLIMIT",
		"affinity: {podAfinity: {}}":               "at '/affinity'",
		"topologySpread: {constraints: [{topologyKey: a, maxSkew: 1, whenUnsatisfiable: DoNotSchedule, labelSelector: {}}]}": "additional properties 'labelSelector'",
		"podDisruptionBudget: {maxUnavailable: half}":                             "at '/podDisruptionBudget/maxUnavailable'",
		"serviceAccount: {create: false}":                                         "serviceAccount.name is required",
		"rbac: {peopleRoles: {created: true}}":                                    "at '/rbac/peopleRoles'",
		"metrics: {readers: [{kind: ServiceAccount, name: prometheus}]}":          "at '/metrics/readers/0'",
		"metrics: {serviceMonitor: {interval: 30 seconds}}":                       "at '/metrics/serviceMonitor/interval'",
		"metrics: {serviceMonitor: {authorization: {credentials: {name: a}}}}":    "at '/metrics/serviceMonitor/authorization/credentials': missing property 'key'",
		"metrics: {enabled: false, serviceMonitor: {enabled: true}}":              "metrics.serviceMonitor.enabled needs metrics.enabled",
		"metrics: {enabled: false, podMonitor: {enabled: true}}":                  "metrics.podMonitor.enabled needs metrics.enabled",
		"metrics: {enabled: false, prometheusRule: {enabled: true}}":              "metrics.prometheusRule.enabled needs metrics.enabled",
		"metrics: {serviceMonitor: {enabled: true}, podMonitor: {enabled: true}}": "metrics.serviceMonitor.enabled and metrics.podMonitor.enabled: choose one",
		"metrics: {podMonitor: {scrapeTimeout: 1}}":                               "at '/metrics/podMonitor/scrapeTimeout'",
		"metrics: {prometheusRule: {enabled: true, disabledAlerts: [NoLeader]}}":  "metrics.prometheusRule.disabledAlerts: there is no alert NoLeader; the alerts are ClerkOperatorInstanceNotReady",
		"metrics: {prometheusRule: {enabled: true, additionalRules: [a]}}":        "at '/metrics/prometheusRule/additionalRules/0'",
		"metrics: {prometheusRule: {disabled: []}}":                               "at '/metrics/prometheusRule': additional properties 'disabled'",
		"networkPolicy: {dnsPorts: [dns]}":                                        "at '/networkPolicy/dnsPorts/0'",
		"networkPolicy: {egressPorts: [https]}":                                   "at '/networkPolicy/egressPorts/0'",
		"admissionPolicy: {enabled: yes-please}":                                  "at '/admissionPolicy/enabled'",
		"clerkInstance: {create: true}":                                           "clerkInstance.secretName is required",
		"clerkInstance: {name: ''}":                                               "at '/clerkInstance/name'",
		"clerkInstance: {spec: {secretKeyRef: {name: a}}}":                        "at '/clerkInstance/spec'",
		"clerkInstance: {create: true, secretName: a, secretKey: 'a b'}":          "at '/clerkInstance/secretKey'",
		"serviceAccount: {annotations: {a: true}}":                                "at '/serviceAccount/annotations/a'",
		"securityContext: []":                                                     "at '/securityContext'",
		"terminationGracePeriodSeconds: 40s":                                      "at '/terminationGracePeriodSeconds'",
		"strategy: {type: Blue}":                                                  "at '/strategy/type'",
		"podLabels: {a: }\ncommonAnnotations: {b: 2}":                             "at '/commonAnnotations/b'",
	} {
		t.Run(yamlText, func(t *testing.T) {
			t.Parallel()
			v := values{}
			if err := yaml.Unmarshal([]byte(yamlText), &v); err != nil {
				t.Fatal(err)
			}
			if _, err := render(c, v); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%q is not in the error: %v", want, err)
			}
		})
	}
}

// TestSchemaFitsTheValues compares the keys of values.yaml with those of the schema: a key that only one of them knows cannot be used.
func TestSchemaFitsTheValues(t *testing.T) {
	t.Parallel()
	c := loaded(t)
	schema := map[string]any{}
	if err := json.Unmarshal(c.Schema, &schema); err != nil {
		t.Fatal(err)
	}
	compareKeys(t, "", c.Values, schema)
}

func compareKeys(t *testing.T, path string, v values, schema map[string]any) {
	t.Helper()
	properties, described := schema["properties"].(map[string]any)
	if !described {
		return // an object of Kubernetes
	}
	if schema["additionalProperties"] != false {
		t.Errorf("the schema accepts unknown keys of %q", path)
	}
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		value, known := v[name]
		// Helm adds "global" to the values of every chart.
		if !known && path+name != "global" && !isObjectOfKubernetes(path) {
			t.Errorf("values.yaml lacks %s%s", path, name)
		}
		if nested, ok := value.(map[string]any); ok {
			compareKeys(t, path+name+".", nested, properties[name].(map[string]any))
		}
	}
}

// isObjectOfKubernetes says that values.yaml shows only some of an object's fields.
func isObjectOfKubernetes(path string) bool {
	return slices.Contains([]string{"affinity.", "metrics.podMonitor.authorization.", "metrics.serviceMonitor.authorization.", "resources.", "strategy."}, path)
}

// valuesFile writes a file for --values.
func valuesFile(t testing.TB, v values) string {
	t.Helper()
	text, err := yaml.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "values.yaml")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
