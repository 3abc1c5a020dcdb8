{{/* Arguments of the operator, as a YAML list. */}}
{{- define "clerk-operator.args" -}}
{{- include "clerk-operator.checkNamespaces" . }}
{{- include "clerk-operator.checkLease" .Values.leaderElection }}
- --health-probe-bind-address=:8081
- {{ printf "--metrics-bind-address=%s" (.Values.metrics.enabled | ternary ":8443" "0") | quote }}
{{- with .Values.watchNamespaces }}
- {{ printf "--watch-namespaces=%s" (join "," .) | quote }}
{{- end }}
{{- with .Values.clusterID }}
- {{ printf "--cluster-id=%s" . | quote }}
{{- end }}
{{- if .Values.watchSecrets }}
- --watch-secrets
{{- end }}
{{- with .Values.defaultInstance }}
- {{ printf "--default-instance=%s" . | quote }}
{{- end }}
{{- with .Values.allowedAPIHosts }}
- {{ printf "--allowed-api-hosts=%s" (join "," .) | quote }}
{{- end }}
{{- with .Values.concurrency }}
- {{ printf "--concurrency=%d" (int .) | quote }}
{{- end }}
{{- with .Values.logFormat }}
- {{ printf "--log-format=%s" . | quote }}
{{- end }}
{{- if not (kindIs "invalid" .Values.logLevel) }}
- {{ printf "--log-level=%d" (int .Values.logLevel) | quote }}
{{- end }}
{{- with .Values.leaderElection.leaseDuration }}
- {{ printf "--leader-elect-lease-duration=%s" . | quote }}
{{- end }}
{{- with .Values.leaderElection.renewDeadline }}
- {{ printf "--leader-elect-renew-deadline=%s" . | quote }}
{{- end }}
{{- with .Values.leaderElection.retryPeriod }}
- {{ printf "--leader-elect-retry-period=%s" . | quote }}
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
