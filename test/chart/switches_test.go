// Copyright The clerk-operator Authors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"maps"
	"strings"
)

// toggle is a switch of the chart, with every way to set it. The first one is the default.
type toggle struct {
	name    string
	choices []choice
}

type choice struct {
	name   string
	values values
}

// jointToggles are the switches that the same templates look at, so that every combination counts.
func jointToggles() []toggle {
	return []toggle{
		{"replicas", []choice{{"one", nil}, {"two", values{"replicas": 2}}}},
		{"networkPolicy", []choice{{"on", nil}, {"off", values{"networkPolicy": values{"enabled": false}}}}},
		{"podDisruptionBudget", []choice{{"on", nil}, {"off", values{"podDisruptionBudget": values{"enabled": false}}}}},
		{"topologySpread", []choice{{"on", nil}, {"off", values{"topologySpread": values{"enabled": false}}}}},
		{"serviceAccount", []choice{{"on", nil}, {"off", values{"serviceAccount": values{"create": false, "name": "existing"}}}}},
		{"rbac", []choice{{"on", nil}, {"off", values{"rbac": values{"create": false}}}}},
		{"metrics", []choice{
			{"on", nil},
			{"off", values{"metrics": values{"enabled": false}}},
			{"monitored", values{"metrics": values{"serviceMonitor": values{"enabled": true}, "prometheusRule": values{"enabled": true}}}},
			{"monitored by pod", values{"metrics": values{"podMonitor": values{"enabled": true}}}},
		}},
		{"watchSecrets", []choice{{"off", nil}, {"on", values{"watchSecrets": true}}}},
		{"watchNamespaces", []choice{{"all", nil}, {"some", values{"watchNamespaces": []any{"team-a", "team-b"}, "clusterID": "test"}}}},
		{"settings", []choice{{"default", nil}, {"all", settings()}}},
	}
}

// separateToggles are the switches at which only one template looks, by the name of the template.
func separateToggles() map[string]toggle {
	return map[string]toggle{
		"crds.yaml": {"crds", []choice{
			{"kept", nil},
			{"off", values{"crds": values{"enabled": false}}},
			{"deleted", values{"crds": values{"keep": false}}},
		}},
		"rbac_people.yaml": {"rbac", []choice{
			{"aggregated", nil},
			{"off", values{"rbac": values{"peopleRoles": values{"create": false}}}},
			{"alone", values{"rbac": values{"peopleRoles": values{"aggregate": false}}}},
		}},
		"admission_policy.yaml": {"admissionPolicy", []choice{
			{"on", nil},
			{"off", values{"admissionPolicy": values{"enabled": false}}},
		}},
		"dashboard.yaml": {"metrics", []choice{
			{"off", nil},
			{"on", values{"metrics": values{"dashboard": values{"enabled": true}}}},
		}},
		"clerk_instance.yaml": {"clerkInstance", []choice{
			{"off", nil},
			{"on", values{"clerkInstance": values{"create": true, "secretName": "clerk"}}},
			{"elsewhere", values{"clerkInstance": values{
				"create": true, "namespace": "team-a", "name": "production", "secretName": "clerk", "secretKey": "key",
				"spec": values{"rateLimit": values{"sharePercent": 20}, "allowedNamespaces": values{"from": "All"}},
			}}},
		}},
	}
}

// settings give a value to everything that is not a switch.
func settings() values {
	return merged(values{
		"image": values{
			"repository": "registry.example.com/clerk-operator", "digest": "sha256:" + strings.Repeat("0", 64), "tag": "ignored",
			"pullPolicy": "Always", "pullSecrets": []any{values{"name": "registry"}},
		},
		"commonLabels": values{"team": "identity"}, "commonAnnotations": values{"contact": "identity@example.com"},
		"deploymentLabels": values{"tier": "control"}, "deploymentAnnotations": values{"note": "deployment"},
		"podLabels": values{"tier": "control"}, "podAnnotations": values{"note": "pod"},
		"strategy":                      values{"type": "RollingUpdate", "rollingUpdate": values{"maxUnavailable": 0}},
		"terminationGracePeriodSeconds": 60,
		"serviceAccount":                values{"annotations": values{"note": "account"}},
		"podDisruptionBudget":           values{"maxUnavailable": "50%"},
	}, operatorSettings(), placement(), connections())
}

// operatorSettings are those that become arguments and environment.
func operatorSettings() values {
	return values{
		"clusterID": "test", "defaultInstance": "team-a/default", "concurrency": 8, "logFormat": "console", "logLevel": 0,
		"allowedAPIHosts":   []any{"api.clerk.com", "http://emulator.example.com:8080"},
		"leaderElection":    values{"leaseDuration": "30s", "renewDeadline": "20s", "retryPeriod": "5s"},
		"extraArgs":         []any{"--secret-interval=30s"},
		"extraEnv":          []any{values{"name": "SSL_CERT_FILE", "value": "/ca/ca.crt"}},
		"extraEnvFrom":      []any{values{"configMapRef": values{"name": "proxy", "optional": true}}},
		"extraVolumes":      []any{values{"name": "ca", "configMap": values{"name": "ca"}}},
		"extraVolumeMounts": []any{values{"name": "ca", "mountPath": "/ca", "readOnly": true}},
		"resources":         values{"limits": values{"memory": "1Gi"}},
	}
}

// placement says where pods run.
func placement() values {
	return values{
		"priorityClassName": "system-cluster-critical",
		"nodeSelector":      values{"pool": "system"},
		"tolerations":       []any{values{"key": "system", "operator": "Exists", "effect": "NoSchedule"}},
		"affinity": values{"nodeAffinity": values{"requiredDuringSchedulingIgnoredDuringExecution": values{
			"nodeSelectorTerms": []any{values{"matchExpressions": []any{values{"key": "pool", "operator": "Exists"}}}},
		}}},
		"topologySpread": values{"constraints": []any{values{
			"topologyKey": "kubernetes.io/hostname", "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule", "minDomains": 2,
		}}},
	}
}

// connections say who may connect to the pods, and to whom they may connect.
func connections() values {
	peer := values{"namespaceSelector": values{"matchLabels": values{"kubernetes.io/metadata.name": "monitoring"}}}
	return values{
		"networkPolicy": values{
			"metricsFrom": []any{peer}, "dnsPorts": []any{53}, "egressPorts": []any{443, 6443},
			"extraIngress": []any{values{"ports": []any{values{"port": 9000}}}},
			"extraEgress":  []any{values{"ports": []any{values{"port": 3128}}}},
		},
		"metrics": values{
			"readers": []any{values{"kind": "ServiceAccount", "name": "prometheus", "namespace": "monitoring"}},
			"service": values{"labels": values{"scrape": "yes"}, "annotations": values{"note": "service"}},
			"dashboard": values{
				"namespace": "monitoring", "labels": values{"grafana": "main"}, "annotations": values{"grafana_folder": "Clerk"},
			},
			"serviceMonitor": monitor(), "podMonitor": monitor(),
			"prometheusRule": values{
				"namespace": "monitoring", "labels": values{"prometheus": "main"}, "annotations": values{"note": "rules"},
				"disabledAlerts":  []any{"ClerkOperatorDriftContended"},
				"additionalRules": []any{values{"record": "clerk:users", "expr": "sum(clerk_operator_users)"}},
			},
		},
	}
}

// monitor has every setting of a ServiceMonitor or PodMonitor.
func monitor() values {
	return values{
		"namespace": "monitoring", "labels": values{"prometheus": "main"}, "annotations": values{"note": "monitor"},
		"interval": "30s", "scrapeTimeout": "10s",
		"authorization":     values{"credentials": values{"name": "prometheus", "key": "token"}},
		"tlsConfig":         values{"insecureSkipVerify": false, "serverName": "operator"},
		"relabelings":       []any{values{"action": "labeldrop", "regex": "pod"}},
		"metricRelabelings": []any{values{"action": "drop", "sourceLabels": []any{"__name__"}, "regex": "go_.*"}},
	}
}

// everything turns on whatever the chart has.
func everything() []values {
	all := []values{
		{"replicas": 2, "watchSecrets": true, "watchNamespaces": []any{"team-a", "team-b"}}, settings(),
		{"metrics": values{"serviceMonitor": values{"enabled": true}, "prometheusRule": values{"enabled": true}, "dashboard": values{"enabled": true}}},
		{"clerkInstance": values{"create": true, "namespace": "team-a", "secretName": "clerk"}},
	}
	return all
}

// merged puts values together. The later ones win.
func merged(all ...values) values {
	result := values{}
	for _, v := range all {
		for name, value := range v {
			nested, ok := value.(values)
			former, was := result[name].(values)
			switch {
			case ok && was:
				result[name] = merged(former, nested)
			case ok:
				result[name] = maps.Clone(nested)
			default:
				result[name] = value
			}
		}
	}
	return result
}

// combination is one choice of each switch, by the name of the switch.
type combination struct {
	chosen map[string]string
	values values
}

// combinations are all of them.
func combinations(toggles []toggle) []combination {
	all := []combination{{chosen: map[string]string{}}}
	for _, s := range toggles {
		var more []combination
		for _, c := range all {
			for _, choice := range s.choices {
				chosen := maps.Clone(c.chosen)
				chosen[s.name] = choice.name
				more = append(more, combination{chosen: chosen, values: merged(c.values, choice.values)})
			}
		}
		all = more
	}
	return all
}
