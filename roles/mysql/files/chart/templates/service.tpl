apiVersion: v1
kind: Service
metadata:
  name: {{ include "mysql.name" . }}
  labels: {{ merge (include "mysql.labels" . | fromYaml) .Values.labels | toJson }}
spec:
  selector: {{ include "mysql.labels" . | fromYaml | toJson }}
  ports:
    - {name: mysql, port: 3306, targetPort: mysql}
