{{/*
GOMEMLIMIT: 90 % of the memory limit, so that the garbage collector runs more often before the limit is reached. Nothing if there is
no limit.
*/}}
{{- define "clerk-operator.memoryLimit" -}}
{{- $units := dict
  "" 1 "k" 1000 "M" 1000000 "G" 1000000000 "T" 1000000000000
  "P" 1000000000000000 "E" 1000000000000000000
  "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776
  "Pi" 1125899906842624 "Ei" 1152921504606846976
-}}
{{- with dig "limits" "memory" "" (.Values.resources | default dict) -}}
{{- $text := kindIs "float64" . | ternary (printf "%.0f" (float64 .)) (toString .) -}}
{{- $unit := regexFind "[A-Za-z]*$" $text -}}
{{- if not (and (hasKey $units $unit) (regexMatch "^[0-9]+(\\.[0-9]+)?[A-Za-z]*$" $text)) -}}
{{- fail (printf "resources.limits.memory: cannot compute GOMEMLIMIT from %q: write a number with one of the units Ki, Mi, Gi, Ti, Pi, Ei, k, M, G, T, P, E, or set GOMEMLIMIT in extraEnv" $text) -}}
{{- end -}}
{{- $bytes := mulf (trimSuffix $unit $text | float64) (get $units $unit) -}}
{{- if lt $bytes 67108864.0 -}}
{{- fail (printf "resources.limits.memory: want at least 64Mi, not %s" $text) -}}
{{- end -}}
{{- printf "%dMiB" (divf (mulf $bytes 0.9) 1048576 | floor | int64) -}}
{{- end -}}
{{- end -}}
