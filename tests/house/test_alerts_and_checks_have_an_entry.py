"""The runbook has an entry for each alert and each check; the rules, the dashboard and the page of
metrics name what there is."""

import re
import shutil
import subprocess
from typing import Any

import pytest
import yaml

from api.metric_families import FAMILIES
from hedge.doctor import CHECKS
from tests import PROJECT
from tests.support.alerts import RULES, rules
from tests.support.dashboards import metrics_of, panels

RUNBOOK = (PROJECT / "docs" / "runbook.md").read_text()
WATCHING = (PROJECT / "docs" / "watching.md").read_text()
TESTS = RULES.with_name("hedge.rules.test.yml")


def test_every_alert_has_an_entry_in_the_runbook() -> None:
    headings = re.findall(r"^### (\w+)$", RUNBOOK, re.MULTILINE)
    assert headings == list(rules())
    entries = re.split(r"^### \w+$", RUNBOOK, flags=re.MULTILINE)[1:]
    for name, text in zip(headings, entries, strict=True):
        assert "**Do**" in text, name


def test_every_check_of_the_doctor_has_an_entry_in_the_runbook() -> None:
    _, _, table = RUNBOOK.partition("## Checks of the doctor")
    entries = re.findall(r"^\| `([a-z-]+)` \| (.+) \| (.+) \| (.+) \|$", table, re.MULTILINE)
    assert [name for name, *_ in entries] == [check.name for check in CHECKS]


def test_every_alert_says_what_it_means_and_where_the_runbook_is() -> None:
    assert len(rules()) > 20
    for name, rule in rules().items():
        notes = rule["annotations"]
        assert set(notes) == {"summary", "description", "runbook_url"}, name
        assert notes["runbook_url"] == f"docs/runbook.md#{name.lower()}"
        assert notes["summary"].strip().endswith("."), name
        assert notes["description"].strip().endswith("."), name
        assert rule["labels"]["severity"] in ("page", "ticket"), name


def _known(name: str) -> bool:
    counted = (
        "hedge_requests_total",
        "hedge_request_duration_seconds",
        "hedge_answers_given_again",
    )
    others = ("up", "hedge_build_info", "hedge_database_up", "hedge_metrics_complete")
    others += ("hedge_metrics_read_duration_seconds", "hedge_requests_in_progress")
    return (
        name in {family.name for family in FAMILIES} or name in others or name.startswith(counted)
    )


@pytest.mark.parametrize("name", sorted(rules()))
def test_the_metrics_of_an_alert_exist(name: str) -> None:
    found = metrics_of(rules()[name]["expr"])
    assert found
    assert [metric for metric in found if not _known(metric)] == []


def test_every_panel_has_a_title_a_description_and_a_unit_and_its_metrics_exist() -> None:
    found: list[dict[str, Any]] = panels()
    assert len(found) > 12
    for panel in found:
        assert panel["title"], panel
        assert panel["description"].endswith("."), panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
        assert panel["targets"], panel["title"]
        for target in panel["targets"]:
            names = metrics_of(target["expr"])
            assert names, target
            assert [metric for metric in names if not _known(metric)] == [], target


def test_the_page_lists_every_family() -> None:
    listed = set(re.findall(r"^\| `(hedge_\w+)`", WATCHING, re.MULTILINE))
    assert {family.name for family in FAMILIES} - listed == set()
    assert [name for name in listed if not _known(name)] == []


def test_every_alert_has_a_unit_test() -> None:
    tests = yaml.safe_load(TESTS.read_text())["tests"]
    named = [one["name"] for one in tests]
    assert named == list(rules())
    for one in tests:
        states = [bool(case["exp_alerts"]) for case in one["alert_rule_test"]]
        # silent, then firing
        assert states == [False, True], one["name"]


@pytest.mark.ci
def test_promtool_takes_the_rules_and_their_tests() -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("no promtool: apt install prometheus")
    for arguments in (["check", "rules", str(RULES)], ["test", "rules", str(TESTS)]):
        done = subprocess.run([promtool, *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
