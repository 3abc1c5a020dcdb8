{{/* Arguments of the operator, as a YAML list. */}}
{{- define "clerk-operator.args" -}}
{{- include "clerk-operator.checkNamespaces" . }}
{{- include "clerk-operator.checkLease" .Values.leaderElection }}
- --health-probe-bind-address=:8081
- --metrics-bind-address={{ .Values.metrics.enabled | ternary ":8443" "0" }}
{{- with .Values.watchNamespaces }}
- --watch-namespaces={{ join "," . }}
{{- end }}
{{- with .Values.clusterID }}
- --cluster-id={{ . }}
{{- end }}
{{- if .Values.watchSecrets }}
- --watch-secrets
{{- end }}
{{- with .Values.defaultInstance }}
- --default-instance={{ . }}
{{- end }}
{{- with .Values.allowedAPIHosts }}
- --allowed-api-hosts={{ join "," . }}
{{- end }}
{{- with .Values.concurrency }}
- --concurrency={{ int . }}
{{- end }}
{{- with .Values.logFormat }}
- --log-format={{ . }}
{{- end }}
{{- if not (kindIs "invalid" .Values.logLevel) }}
- --log-level={{ int .Values.logLevel }}
{{- end }}
{{- with .Values.leaderElection.leaseDuration }}
- --leader-elect-lease-duration={{ . }}
{{- end }}
{{- with .Values.leaderElection.renewDeadline }}
- --leader-elect-renew-deadline={{ . }}
{{- end }}
{{- with .Values.leaderElection.retryPeriod }}
- --leader-elect-retry-period={{ . }}
{{- end }}
{{- range .Values.extraArgs }}
- {{ . | quote }}
{{- end }}
{{- end -}}

{{/* Environment of the operator, as a YAML list. */}}
{{- define "clerk-operator.env" -}}
{{- $env := .Values.extraEnv | default list -}}
{{- $set := false -}}
{{- range $env -}}
{{- if eq .name "GOMEMLIMIT" -}}{{- $set = true -}}{{- end -}}
{{- end -}}
{{- if not $set -}}
{{- with include "clerk-operator.memoryLimit" . -}}
{{- $env = prepend $env (dict "name" "GOMEMLIMIT" "value" .) -}}
{{- end -}}
{{- end -}}
{{- with $env -}}{{- toYaml . -}}{{- end -}}
{{- end -}}
