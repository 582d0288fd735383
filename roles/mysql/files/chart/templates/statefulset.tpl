apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: {{ include "mysql.name" . }}
  labels: {{ merge (include "mysql.labels" . | fromYaml) .Values.labels | toJson }}
spec:
  replicas: 1
  serviceName: {{ include "mysql.name" . }}
  selector:
    matchLabels: {{ include "mysql.labels" . | fromYaml | toJson }}
  # the volume stays when the chart goes: teardown.yml -e remove_data=true removes it
  persistentVolumeClaimRetentionPolicy: {whenDeleted: Retain, whenScaled: Retain}
  template:
    metadata:
      labels: {{ merge (include "mysql.labels" . | fromYaml) .Values.labels | toJson }}
    spec:
      automountServiceAccountToken: false
      enableServiceLinks: false
      # time to write what is in memory
      terminationGracePeriodSeconds: 120
      nodeSelector: {{ toJson .Values.nodeSelector }}
      tolerations: {{ toJson .Values.tolerations }}
      imagePullSecrets: {{ toJson .Values.imagePullSecrets }}
      securityContext:
        runAsNonRoot: true
        runAsUser: {{ .Values.userId }}
        runAsGroup: {{ .Values.userId }}
        fsGroup: {{ .Values.userId }}
        fsGroupChangePolicy: OnRootMismatch
        seccompProfile: {type: RuntimeDefault}
      containers:
        - name: mysql
          image: {{ .Values.image | quote }}
          imagePullPolicy: {{ .Values.imagePullPolicy }}
          args: {{ toJson .Values.arguments }}
          env:
            - {name: MYSQL_DATABASE, value: {{ .Values.database | quote }}}
            - {name: MYSQL_ROOT_PASSWORD_FILE, value: /etc/creds/mysql-root-password}
          ports:
            - {name: mysql, containerPort: 3306}
          resources: {{ toJson .Values.resources }}
          securityContext:
            allowPrivilegeEscalation: false
            capabilities: {drop: [ALL]}
          # the images open the port only when the tables of a new volume are made; recovery after a crash may take long
          startupProbe: {tcpSocket: {port: mysql}, periodSeconds: 1, failureThreshold: 900}
          readinessProbe: {tcpSocket: {port: mysql}}
          livenessProbe: {tcpSocket: {port: mysql}, periodSeconds: 20, failureThreshold: 6}
          volumeMounts:
            - {name: data, mountPath: /var/lib/mysql, subPath: mysql}
            - {name: credentials, mountPath: /etc/creds, readOnly: true}
            - {name: run, mountPath: /run/mysqld}
            - {name: tmp, mountPath: /tmp}
      volumes:
        - name: credentials
          secret:
            secretName: {{ .Values.existingSecret | default (include "mysql.name" .) | quote }}
            defaultMode: 0440
        - {name: run, emptyDir: {}}
        - {name: tmp, emptyDir: {}}
  volumeClaimTemplates:
    - metadata:
        name: data
        labels: {{ include "mysql.labels" . | fromYaml | toJson }}
      spec:
        accessModes: [ReadWriteOnce]
        {{- with .Values.persistence.storageClass }}
        storageClassName: {{ . | quote }}
        {{- end }}
        resources: {requests: {storage: {{ .Values.persistence.size | quote }}}}
