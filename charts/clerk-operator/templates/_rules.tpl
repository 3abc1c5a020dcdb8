{{/*
Rules of a role in a file, as a YAML list. "make generate" copies the files from config.
Parameters: root (the context of the chart), file (below files) and kind (ClusterRole or Role).
*/}}
{{- define "clerk-operator.rules" -}}
{{- $kind := .kind -}}
{{- range splitList "\n---\n" (.root.Files.Get (printf "files/%s" .file)) -}}
{{- $role := fromYaml . -}}
{{- if eq $role.kind $kind -}}
{{- toYaml $role.rules -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The rights that watchSecrets adds. */}}
{{- define "clerk-operator.watchSecretsRule" -}}
{{- if .Values.watchSecrets }}
- apiGroups: [""]
  resources: [configmaps, secrets]
  verbs: [list, watch]
{{- end }}
{{- end -}}
