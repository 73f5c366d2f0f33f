"""The dashboard for Grafana, and the metrics of expressions of PromQL."""

import json
import re
from typing import Any

from tests import PROJECT

DASHBOARD = PROJECT / "packaging" / "grafana" / "hedge.json"


def dashboard() -> dict[str, Any]:
    """The dashboard."""
    found: dict[str, Any] = json.loads(DASHBOARD.read_text())
    return found


def panels() -> list[dict[str, Any]]:
    """The panels of the dashboard that show something."""
    return [panel for panel in dashboard()["panels"] if panel["type"] != "row"]


def metrics_of(expression: str) -> set[str]:
    """The names of the metrics in an expression."""
    bare = re.sub(r"\{[^}]*\}", "", expression)
    return set(re.findall(r"\b(?:hedge_\w+|up)\b", bare))
