{{/*
Rules of the operator's ClusterRole in files/rbac/role.yaml, as a YAML list. "make generate" copies that file from config/rbac.
Parameters: root (the context of the chart), and either apiGroup, to get the rules for the operator's own kinds, or resources, to
get the rules for these; without both, all rules.
*/}}
{{- define "clerk-operator.rules" -}}
{{- $rules := list -}}
{{- $apiGroup := .apiGroup -}}
{{- $resources := .resources -}}
{{- range splitList "\n---\n" (.root.Files.Get "files/rbac/role.yaml") -}}
{{- $document := fromYaml . -}}
{{- if eq $document.kind "ClusterRole" -}}
{{- range $document.rules -}}
{{- if and (or (not $apiGroup) (has $apiGroup .apiGroups)) (or (not $resources) (has (first .resources) $resources)) -}}
{{- $rules = append $rules . -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toYaml $rules -}}
{{- end -}}

{{/* Rules for the objects of applications, which become Roles if the operator watches some namespaces only. */}}
{{- define "clerk-operator.namespacedRules" -}}
{{- include "clerk-operator.rules" (dict "root" . "resources" (list "configmaps" "secrets")) }}
# In a Role, this is the right to read the namespace itself: its labels, and whether it is being deleted.
- apiGroups: [""]
  resources: [namespaces]
  verbs: [get]
{{ include "clerk-operator.rules" (dict "root" . "resources" (list "events")) }}
{{- if .Values.watchSecrets }}
- apiGroups: [""]
  resources: [configmaps, secrets]
  verbs: [list, watch]
{{- end }}
{{- end -}}
