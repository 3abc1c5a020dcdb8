{{- /* The cells of a field. */ -}}

{{- /* A text in one line. Names of fields and values are code. Neither Markdown nor the site's templates find markup in the rest. */ -}}
{{- define "text" -}}
{{- $text := . | trim | replace "\n" " " | replace "|" "\\|" | replace "<" "&lt;" | replace "{{" "{&#8203;{" -}}
{{- $text = regexReplaceAll "(^|[ (])(\"\"|\\[\\]|(?:disableMFA|[a-z]+[A-Z]\\w*): {}|(?:from|status|mode|none|primary): \\w+|{}|true|false|null)([ ,.;:)]|$)" $text "${1}`${2}`${3}" -}}
{{- $text = regexReplaceAll "(^|[ (])(https?://[\\w./-]*\\w|(?:spec|status|metadata|policy|initial|drift)(?:\\.[A-Za-z]\\w*)+|[a-z][a-z0-9]*(?:[A-Z]\\w*)+(?:\\.[A-Za-z]+)*(?:: [A-Z]\\w+)?|[a-z]+@[a-z.]*[a-z]|[a-z-]+\\.io/(?:[\\w./-]*\\w)?|--[a-z-]+|(?:sk_live|sk_test|ins|user|idn|eac)_…?)" $text "${1}`${2}`" -}}
{{- $text -}}
{{- end -}}

{{- define "meaning" -}}
{{- $doc := replace "\n" " " .Doc -}}
{{- $absence := regexFind "(?:Omitted|Absent)(?: or false)?: .+?(?:\\. |\\.$)" $doc -}}
{{- if $absence }}{{ $doc = replace $absence "" $doc | trim }}{{ end -}}
{{- if hasPrefix (printf "%s " .Name) $doc }}{{ if regexMatch "^[a-z]+$" .Name }}`{{ .Name }}` {{ $doc = trimPrefix (printf "%s " .Name) $doc }}{{ end }}{{ end -}}
{{- template "text" $doc -}}
{{- end -}}

{{- define "omitted" -}}
{{- $absence := regexFind "(?:Omitted|Absent)(?: or false)?: .+?(?:\\. |\\.$)" (replace "\n" " " .Doc) -}}
{{- if $absence -}}<br>*{{ regexFind "^\\w+" $absence }}:* {{ template "text" (regexReplaceAll "^[^:]*: (.+\\.) ?$" $absence "${1}") }}
{{- else if .Default -}}<br>*Default:* `{{ .Default }}`
{{- end -}}
{{- end -}}

{{- /* A type in the words of JSON, with a link to what it consists of. Kind 4 is a pointer and 5 a slice (types.Kind of crd-ref-docs). */ -}}
{{- define "fieldType" -}}
{{- if eq (toString .Kind) "4" -}}{{ template "fieldType" .UnderlyingType }}
{{- else if eq (toString .Kind) "5" -}}list of {{ template "fieldType" .UnderlyingType }}
{{- else if eq .Name "RawExtension" -}}object
{{- else if has .Name (list "Duration" "Time") -}}string ({{ markdownRenderType . }})
{{- else -}}{{ markdownRenderType . }}
{{- end -}}
{{- end -}}

{{- define "enum" -}}
{{- range index . "kubebuilder:validation:Enum" -}}`{{ join "`, `" . }}`{{- end -}}
{{- end -}}

{{- /* What the API server checks of a field, apart from the rules of its type. */ -}}
{{- define "limits" -}}
{{- $markers := .Markers -}}
{{- $limits := list -}}
{{- range index $markers "kubebuilder:validation:MaxLength" }}{{ $limits = append $limits (printf "at most %v characters" .) }}{{ end -}}
{{- range index $markers "kubebuilder:validation:MaxItems" }}{{ $limits = append $limits (printf "at most %v entries" .) }}{{ end -}}
{{- range index $markers "kubebuilder:validation:MaxProperties" }}{{ $limits = append $limits (printf "at most %v keys" .) }}{{ end -}}
{{- range index $markers "kubebuilder:validation:Minimum" }}{{ $limits = append $limits (printf "at least %.0f" .) }}{{ end -}}
{{- range index $markers "kubebuilder:validation:Maximum" }}{{ $limits = append $limits (printf "at most %.0f" .) }}{{ end -}}
{{- range index $markers "kubebuilder:validation:items:MaxLength" }}{{ $limits = append $limits (printf "each at most %v characters" .) }}{{ end -}}
{{- $rules := index $markers "kubebuilder:validation:XValidation" -}}
{{- if $rules -}}
{{- range list .Type .Type.UnderlyingType -}}{{- if . -}}
{{- if deepEqual $rules (index .Markers "kubebuilder:validation:XValidation") -}}{{- $rules = list -}}{{- end -}}
{{- end -}}{{- end -}}
{{- end -}}
{{- range index $markers "kubebuilder:validation:Enum" }}{{ if lt (len .) 5 }}{{ $limits = prepend $limits (printf "one of `%s`" (join "`, `" .)) }}{{ end }}{{ end -}}
{{- range $rules }}{{ $limits = append $limits .Message }}{{ end -}}
{{- if ne .Name "conditions" }}{{ range index $markers "kubebuilder:validation:items:XValidation" }}{{ $limits = append $limits (printf "each %s" .Message) }}{{ end }}{{ end -}}
{{- range $i, $limit := $limits }}<br>{{ if not $i }}*Limits:* {{ else }}· {{ end }}{{ template "text" $limit }}{{ end -}}
{{- end -}}
