"""Alert rules, evaluated by promtool over what /metrics says."""

import functools
import re
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from api.metric_families import FAMILIES
from tests import PROJECT

RULES = PROJECT / "packaging" / "prometheus" / "hedge.rules.yml"
TARGET = {"job": "hedge", "instance": "h:8000"}
#: The families whose values are instants: in the time of promtool, which begins with 0, they are
#: moved by as much as the scrape.
INSTANTS = {family.name for family in FAMILIES if "Unix time" in family.text}
#: For how many minutes before the scrape everything was as it is.
BEFORE = 120
#: The minutes between two evaluations of the rules, where so many hours pass until an alert fires.
STEP, LONG = 5, 10


def rules() -> dict[str, dict[str, Any]]:
    """The alert rules by their names."""
    (group,) = yaml.safe_load(RULES.read_text())["groups"]
    return {rule["alert"]: rule for rule in group["rules"]}


def require_promtool() -> str:
    """Where promtool is; the test is skipped where it is not (Debian's package `prometheus`)."""
    found = shutil.which("promtool")
    if found is None:
        pytest.skip("no promtool: apt install prometheus")
    return found


@dataclass(frozen=True)
class Scrape:
    """What /metrics said at an instant (Unix time); None where it could not be read. before is a
    text of a minute earlier, from which counters have grown."""

    text: str | None
    at: float
    before: str = ""

    def series(self, minutes: int) -> list[dict[str, str]]:
        """The series of promtool: as it is for a while before the scrape, and `minutes` after."""
        moved = self.at - BEFORE * 60
        steps = BEFORE + minutes
        found = [_series("up", TARGET, f"{int(self.text is not None)}+0x{steps}")]
        earlier = _samples(self.before)
        for key, value in _samples(self.text or "").items():
            name, labels = key
            if name in INSTANTS and value:
                value -= moved
            growth = 0.0
            if name == "hedge_database_time_seconds":
                # the only one that goes on by itself
                value, growth = value - BEFORE * 60, 60.0
            elif name.endswith("_total"):
                growth = value - earlier.get(key, value if not self.before else 0.0)
                value = 0.0
            found.append(_series(name, dict(labels) | TARGET, f"{value!r}+{growth!r}x{steps}"))
        return found


@functools.cache
def _looked_at() -> set[str]:
    """The names in the rules. promtool keeps each series for each minute, and most are in none."""
    return {*re.findall(r"hedge_\w+", RULES.read_text())}


def _samples(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name in _looked_at()
    }


def _series(name: str, labels: Mapping[str, str], values: str) -> dict[str, str]:
    inner = ",".join(f'{key}="{value}"' for key, value in labels.items())
    return {"series": f"{name}{{{inner}}}", "values": values}


def firing(scrape: Scrape, *hours: float) -> dict[float, set[str]]:
    """The alerts that fire when everything stays as it was at the scrape for some hours, by these:
    promtool evaluates the rules once, up to the most."""
    given = {
        "rule_files": [str(RULES)],
        "evaluation_interval": f"{STEP if max(hours) > LONG else 1}m",
        "tests": [
            {
                "interval": "1m",
                "input_series": scrape.series(round(max(hours) * 60) + 1),
                "promql_expr_test": [
                    {
                        "expr": 'label_replace(count by (alertname) (ALERTS{alertstate="firing"}),'
                        f' "hours", "{after}", "", "")',
                        "eval_time": f"{BEFORE + round(after * 60)}m",
                        "exp_samples": [],
                    }
                    for after in hours
                ],
            }
        ],
    }
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "test.yml"
        file.write_text(yaml.safe_dump(given))
        done = subprocess.run(
            [require_promtool(), "test", "rules", str(file)],
            capture_output=True,
            text=True,
            check=False,
        )
    found: dict[float, set[str]] = {after: set() for after in hours}
    if done.returncode == 0:
        return found
    # what it has found in place of nothing
    said = re.findall(r'alertname="(\w+)", hours="([\d.]+)"', done.stderr + done.stdout)
    assert said, done.stderr + done.stdout
    for alert, after in said:
        found[float(after)].add(alert)
    return found
