"""The catalog in the formats of others: Prometheus' rules, Grafana's dashboards."""
