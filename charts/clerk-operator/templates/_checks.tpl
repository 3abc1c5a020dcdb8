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
