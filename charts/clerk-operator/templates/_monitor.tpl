{{/* Name of the ServiceAccount and the Secret with the token by which Prometheus reads the metrics. */}}
{{- define "clerk-operator.scraper" -}}
{{- include "clerk-operator.fullname" . }}-metrics-scraper
{{- end -}}

{{/* Fails on monitors that cannot work. */}}
{{- define "clerk-operator.checkMonitors" -}}
{{- with .Values.metrics -}}
{{- range $name := list "serviceMonitor" "podMonitor" "prometheusRule" -}}
{{- if and (dig $name "enabled" false $.Values.metrics) (not $.Values.metrics.enabled) -}}
{{- fail (printf "metrics.%s.enabled needs metrics.enabled: there are no metrics without it" $name) -}}
{{- end -}}
{{- end -}}
{{- if and .serviceMonitor.enabled .podMonitor.enabled -}}
{{- fail "metrics.serviceMonitor.enabled and metrics.podMonitor.enabled: choose one, because Prometheus would scrape every pod twice" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/*
Metadata and selection of a ServiceMonitor or PodMonitor.
Parameters: root (the context of the chart) and monitor (its values).
*/}}
{{- define "clerk-operator.monitorMetadata" -}}
{{- $component := include "clerk-operator.component" .root | fromYaml -}}
name: {{ include "clerk-operator.manager" .root }}
namespace: {{ .monitor.namespace | default .root.Release.Namespace | quote }}
{{ include "clerk-operator.metadata" (dict "root" .root "labels" (merge (dict) $component (.monitor.labels | default dict)) "annotations" .monitor.annotations) }}
{{- end -}}

{{- define "clerk-operator.monitorSelection" -}}
{{- if and .monitor.namespace (ne .monitor.namespace .root.Release.Namespace) -}}
namespaceSelector:
  matchNames: [{{ .root.Release.Namespace | quote }}]
{{ end -}}
selector:
  matchLabels:
    {{- include "clerk-operator.selector" .root | nindent 4 }}
{{- end -}}

{{/* The endpoint of a ServiceMonitor or PodMonitor. Parameters: as above. */}}
{{- define "clerk-operator.monitorEndpoint" -}}
port: metrics
scheme: https
path: /metrics
authorization:
{{- with .monitor.authorization }}
  {{- toYaml . | nindent 2 }}
{{- else }}
  credentials:
    name: {{ include "clerk-operator.scraper" .root }}
    key: token
{{- end }}
tlsConfig:
  {{- toYaml .monitor.tlsConfig | nindent 2 }}
{{- with .monitor.interval }}
interval: {{ . }}
{{- end }}
{{- with .monitor.scrapeTimeout }}
scrapeTimeout: {{ . }}
{{- end }}
{{- with .monitor.relabelings }}
relabelings:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .monitor.metricRelabelings }}
metricRelabelings:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}
