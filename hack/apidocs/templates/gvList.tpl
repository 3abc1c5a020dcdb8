{{- /* The page: an introduction, then each kind with the types that it leads to, in the order in which they are first named. */ -}}
{{- define "gvList" -}}
{{- range . -}}
{{- $gv := . -}}
# API

<!-- This document is generated from api/v1alpha1: make generate. -->

Every field of the kinds of `{{ .GroupVersionString }}`. `kubectl explain clerkuser.spec` prints the same about the cluster that you use.
[The Users API in manifests](users-api.md) has an example of each field.

| kind | short name | what it is |
|---|---|---|
{{ range .SortedKinds -}}
{{ with $gv.TypeForKind . -}}
| [{{ .Name }}](#{{ lower .Name }}) | `{{ (index (index .Markers "kubebuilder:resource") 0).ShortName | join "`, `" }}` | {{ template "text" .Doc }} |
{{ end -}}
{{ end }}
All kinds are namespaced and in the category `clerk`: `kubectl get clerk -A` lists them.

## How to read this

{{ range splitList "\n\n" (trim .Doc) | rest -}}
{{ template "text" . }}

{{ end -}}
- *Omitted* says what the operator does if a spec does not have the field, and *Absent* what that means in status. The API server refuses an
  object without a field that is **required**. The schema sets no defaults in a spec.
- *Limits* are what the API server checks: sizes, values, and the messages of its rules.
- Each field has an anchor, such as [`#clerkuserspec-banned`](#clerkuserspec-banned).
{{ $seen := dict -}}
{{- range .SortedKinds }}
{{ template "type" (dict "type" ($gv.TypeForKind .) "gv" $gv "seen" $seen) }}
{{- end -}}
{{- end -}}
{{- end -}}
