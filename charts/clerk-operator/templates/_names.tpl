{{/* Prefix of the names of all objects. */}}
{{- define "clerk-operator.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains .Chart.Name .Release.Name -}}
{{- include "clerk-operator.shortened" .Release.Name -}}
{{- else -}}
{{- include "clerk-operator.shortened" (printf "%s-%s" .Release.Name .Chart.Name) -}}
{{- end -}}
{{- end -}}

{{/* A name of at most 40 characters. A hash tells apart longer names that begin alike. */}}
{{- define "clerk-operator.shortened" -}}
{{- if le (len .) 40 -}}
{{- . -}}
{{- else -}}
{{- printf "%s-%s" (trunc 31 . | trimSuffix "-") (sha256sum . | trunc 8) -}}
{{- end -}}
{{- end -}}

{{/* Name of the Deployment and of what belongs to its pods. */}}
{{- define "clerk-operator.manager" -}}
{{- include "clerk-operator.fullname" . }}-controller-manager
{{- end -}}

{{- define "clerk-operator.serviceAccount" -}}
{{- if .Values.serviceAccount.name -}}
{{- .Values.serviceAccount.name -}}
{{- else if .Values.serviceAccount.create -}}
{{- include "clerk-operator.manager" . -}}
{{- else -}}
{{- fail "serviceAccount.name is required if serviceAccount.create is false: name the ServiceAccount that the operator uses" -}}
{{- end -}}
{{- end -}}

{{- define "clerk-operator.image" -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" .Values.image.repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" .Values.image.repository (.Values.image.tag | default .Chart.AppVersion) -}}
{{- end -}}
{{- end -}}

{{/* Labels by which the Deployment and others select the pods. They cannot change. */}}
{{- define "clerk-operator.selector" -}}
app.kubernetes.io/component: manager
app.kubernetes.io/name: clerk-operator
{{- end -}}

{{/* The operator's ServiceAccount, as the subject of a binding. */}}
{{- define "clerk-operator.subject" -}}
- kind: ServiceAccount
  name: {{ include "clerk-operator.serviceAccount" . | quote }}
  namespace: {{ .Release.Namespace | quote }}
{{- end -}}
