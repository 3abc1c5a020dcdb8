{{/*
GOMEMLIMIT: 90 % of the memory limit, so that the garbage collector runs more often before the limit is reached. Nothing if there is
no limit.
*/}}
{{- define "clerk-operator.memoryLimit" -}}
{{- $units := dict
  "" 1 "k" 1000 "M" 1000000 "G" 1000000000 "T" 1000000000000
  "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776
-}}
{{- with dig "limits" "memory" "" (.Values.resources | default dict) -}}
{{- $text := toString . -}}
{{- $unit := regexFind "[A-Za-z]*$" $text -}}
{{- if not (and (hasKey $units $unit) (regexMatch "^[0-9]+(\\.[0-9]+)?[A-Za-z]*$" $text)) -}}
{{- fail (printf "resources.limits.memory: cannot compute GOMEMLIMIT from %q: write a number with one of the units Ki, Mi, Gi, Ti, k, M, G, T, or set GOMEMLIMIT in extraEnv" $text) -}}
{{- end -}}
{{- $bytes := mulf (trimSuffix $unit $text | float64) (get $units $unit) -}}
{{- printf "%dMiB" (divf (mulf $bytes 0.9) 1048576 | floor | int64) -}}
{{- end -}}
{{- end -}}
