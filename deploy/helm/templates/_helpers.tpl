{{- define "presence.fullname" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "presence.selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "presence.labels" -}}
{{ include "presence.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{/* A number of values.yaml as an integer. Helm reads numbers as floating point, and would print 1e+06. */}}
{{- define "presence.text" -}}
{{- if kindIs "float64" . }}{{ int64 . }}{{ else }}{{ . }}{{ end -}}
{{- end -}}

{{/* The settings of the service that are no secrets, as the data of the ConfigMap. */}}
{{- define "presence.settings" -}}
{{- range $name, $value := .Values.settings }}
{{ $name }}: {{ include "presence.text" $value | quote }}
{{- end }}
{{- if .Values.tokens.secretKey }}
AUTH_JWT_SECRET_FILE: {{ printf "/secrets/%s" .Values.tokens.secretKey | quote }}
{{- end }}
{{- if .Values.redis.url }}
REDIS_URL: {{ .Values.redis.url | quote }}
{{- if .Values.redis.passwordSecretKey }}
REDIS_PASSWORD_FILE: {{ printf "/secrets/%s" .Values.redis.passwordSecretKey | quote }}
{{- end }}
{{- end }}
{{- if .Values.tls.enabled }}
GRPC_TLS_CERT_FILE: /tls/tls.crt
GRPC_TLS_KEY_FILE: /tls/tls.key
{{- if .Values.tls.clientCa }}
GRPC_TLS_CLIENT_CA_FILE: /tls/ca.crt
{{- end }}
{{- end }}
{{- if .Values.metrics.port }}
METRICS_PORT: {{ include "presence.text" .Values.metrics.port | quote }}
{{- end }}
{{- end -}}

{{/* Stops with a sentence if the values cannot work together. */}}
{{- define "presence.check" -}}
{{- $redis := or .Values.redis.url .Values.redis.urlSecretKey -}}
{{- if and (not $redis) (or .Values.autoscaling.enabled (gt (int .Values.replicas) 1)) -}}
{{- fail "Several nodes need Redis: set redis.url or redis.urlSecretKey, or replicas to 1." -}}
{{- end -}}
{{- if not (or .Values.tokens.secretKey .Values.settings.AUTH_JWKS_URL .Values.settings.AUTH_JWT_PUBLIC_KEY_FILE) -}}
{{- fail "The service needs keys to verify tokens: set tokens.secretKey, settings.AUTH_JWKS_URL or settings.AUTH_JWT_PUBLIC_KEY_FILE." -}}
{{- end -}}
{{- end -}}
