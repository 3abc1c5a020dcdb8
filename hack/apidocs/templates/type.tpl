{{- /* A type with a table of its fields, or of its values, and then the types that its fields have and that were not written yet. */ -}}
{{- define "type" -}}
{{- $type := .type -}}{{- $gv := .gv -}}{{- $seen := .seen -}}
{{- $_ := set $seen $type.Name true -}}
{{ if $type.GVK }}##{{ else }}###{{ end }} {{ $type.Name }}

{{ template "text" $type.Doc }}
{{ with index $type.Markers "kubebuilder:validation:XValidation" }}
The API server checks:

{{ range . -}}
- {{ with .FieldPath }}`{{ trimPrefix "." . }}` {{ end }}{{ template "text" .Message }}
{{ end }}
{{- end -}}
{{ with index $type.Markers "kubebuilder:selectablefield" }}
Field selectors: {{ range $i, $field := . }}{{ if $i }}, {{ end }}`{{ trimPrefix "." $field.JSONPath }}`{{ end }}.
{{ end -}}
{{ if $type.EnumValues }}
| value | meaning |
|---|---|
{{ range $type.EnumValues -}}
| `{{ .Name }}` | {{ template "text" (regexReplaceAll "^[A-Z]\\w+ " .Doc "" | trim) }} |
{{ end }}
{{- else if $type.IsAlias }}
Values: {{ template "enum" $type.Markers }}.
{{ else if $type.Members }}
| field | type | meaning |
|---|---|---|
{{ if $type.GVK -}}
| `apiVersion` | string, **required** | `{{ $type.GVK.Group }}/{{ $type.GVK.Version }}` |
| `kind` | string, **required** | `{{ $type.GVK.Kind }}` |
{{ end -}}
{{ range $type.Members -}}
| <a id="{{ lower $type.Name }}-{{ lower .Name }}"></a>`{{ .Name }}` | {{ template "fieldType" .Type }}{{ if index .Markers "required" }}, **required**{{ end }} | {{ template "meaning" . }}{{ template "omitted" . }}{{ template "limits" . }} |
{{ end -}}
{{- range $type.Members -}}
{{- range list .Type .Type.UnderlyingType -}}
{{- with . -}}
{{- $named := $gv.TypeForKind .Name -}}
{{- if and $named (eq .Package $named.Package) (not (hasKey $seen .Name)) }}
{{ template "type" (dict "type" $named "gv" $gv "seen" $seen) }}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
