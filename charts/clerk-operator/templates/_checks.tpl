{{/* Fails on values that contradict watchNamespaces. */}}
{{- define "clerk-operator.checkNamespaces" -}}
{{- if .Values.watchNamespaces -}}
{{- if not .Values.clusterID -}}
{{- fail "watchNamespaces needs clusterID, because the operator then cannot read the namespace kube-system: choose an id that is unique among the clusters that use the Clerk instance, and keep it" -}}
{{- end -}}
{{- with .Values.defaultInstance -}}
{{- $namespace := splitList "/" . | first -}}
{{- if not (has $namespace $.Values.watchNamespaces) -}}
{{- fail (printf "defaultInstance: the operator does not reconcile objects in the namespace %s: add it to watchNamespaces, or name a ClerkInstance in one of these" $namespace) -}}
{{- end -}}
{{- end -}}
{{- if .Values.clerkInstance.create -}}
{{- $namespace := .Values.clerkInstance.namespace | default .Release.Namespace -}}
{{- if not (has $namespace .Values.watchNamespaces) -}}
{{- fail (printf "clerkInstance.namespace: the operator does not reconcile objects in the namespace %s: add it to watchNamespaces, or choose one of these" $namespace) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Fails on timings of the lease with which the operator does not start. */}}
{{- define "clerk-operator.checkLease" -}}
{{- $lease := include "clerk-operator.milliseconds" (.leaseDuration | default "15s") | float64 -}}
{{- $renew := include "clerk-operator.milliseconds" (.renewDeadline | default "10s") | float64 -}}
{{- $retry := include "clerk-operator.milliseconds" (.retryPeriod | default "1s") | float64 -}}
{{- if le $retry 0.0 -}}
{{- fail "leaderElection.retryPeriod: want more than 0" -}}
{{- else if le $renew (mulf $retry 1.2) -}}
{{- fail "leaderElection.renewDeadline: want more than 1.2 times leaderElection.retryPeriod" -}}
{{- else if le $lease $renew -}}
{{- fail "leaderElection.leaseDuration: want more than leaderElection.renewDeadline" -}}
{{- else if ne (divf $lease 1000 | floor) (divf $lease 1000) -}}
{{- fail "leaderElection.leaseDuration: want whole seconds" -}}
{{- end -}}
{{- end -}}

{{/* Milliseconds of a duration such as 1m30s. */}}
{{- define "clerk-operator.milliseconds" -}}
{{- $units := dict "ms" 1 "s" 1000 "m" 60000 "h" 3600000 -}}
{{- $sum := 0.0 -}}
{{- range regexFindAll "[0-9.]+(ms|[smh])" . -1 -}}
{{- $unit := regexFind "[a-z]+" . -}}
{{- $sum = addf $sum (mulf (trimSuffix $unit . | float64) (get $units $unit)) -}}
{{- end -}}
{{- $sum -}}
{{- end -}}
