{{- define "mysql.name" -}}{{ printf "%s-mysql" .Release.Name }}{{- end }}
{{- define "mysql.labels" -}}
app.kubernetes.io/name: {{ include "mysql.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}
