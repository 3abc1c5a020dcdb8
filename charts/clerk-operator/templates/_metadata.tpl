{{/*
Labels and annotations of an object: those of all objects, and those given.
Parameters: root (the context of the chart), labels and annotations (maps, which may be missing).
*/}}
{{- define "clerk-operator.metadata" -}}
{{- $labels := dict
  "app.kubernetes.io/name" "clerk-operator"
  "app.kubernetes.io/instance" .root.Release.Name
  "app.kubernetes.io/managed-by" .root.Release.Service
  "app.kubernetes.io/version" (.root.Chart.AppVersion | replace "+" "_" | trunc 63)
  "helm.sh/chart" (printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-")
-}}
labels:
  {{- mergeOverwrite (dict) (.root.Values.commonLabels | default dict) (.labels | default dict) $labels | toYaml | nindent 2 }}
{{- with mergeOverwrite (dict) (.root.Values.commonAnnotations | default dict) (.annotations | default dict) }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* Labels of what belongs to the pods of the operator. */}}
{{- define "clerk-operator.component" -}}
app.kubernetes.io/component: manager
{{- end -}}
