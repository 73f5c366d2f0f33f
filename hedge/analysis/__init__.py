"""Tools for analysts: preview a change, explain a value, calibrate tiers, scaffold a metric source,
build dbt's documentation."""
