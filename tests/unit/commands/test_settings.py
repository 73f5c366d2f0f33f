"""hedge settings: the values, where they came from, and what is wrong with them."""

import json
import os

import pytest

from hedge import settings
from tests import Hedge


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without settings, but for one of each kind."""
    for name in os.environ:
        if name.startswith("HEDGE_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HEDGE_LARGE_MOVE", "10")
    monkeypatch.setenv("HEDGE_DISCORD_CLIENT_SECRET", "hush")


def test_every_setting_is_listed_with_where_it_came_from(hedge: Hedge) -> None:
    status, out, err = hedge("settings")
    lines = {line.split()[0]: line for line in out.splitlines()}
    assert set(settings.SETTINGS) == set(lines) - {"setting"}
    assert lines["HEDGE_LARGE_MOVE"].split() == ["HEDGE_LARGE_MOVE", "10", "environment"]
    assert lines["HEDGE_DEPLOY_WAIT"].split() == ["HEDGE_DEPLOY_WAIT", "600", "default"]
    assert "hush" not in out
    assert (status, err) == (0, "")


def test_faults_and_unknown_variables_are_named(
    hedge: Hedge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HEDGE_ORIGINS", "*")
    monkeypatch.setenv("HEDGE_DISCORD_CLIENT", "1")
    status, _, err = hedge("settings")
    assert status == 1
    fault, unknown = err.splitlines()
    assert fault.startswith("hedge: HEDGE_ORIGINS is '*', of which '*' is refused")
    assert unknown.startswith("hedge: HEDGE_DISCORD_CLIENT is no setting of Hedge; did you mean ")
    status, out, _ = hedge("settings", "--json")
    told = json.loads(out)
    assert status == 1
    assert told["faults"] == [fault.removeprefix("hedge: ")]
    assert told["unknown"] == [unknown.removeprefix("hedge: ")]
    (origins,) = [one for one in told["settings"] if one["name"] == "HEDGE_ORIGINS"]
    assert origins["value"] == "*"
    assert (origins["source"], origins["faults"]) == ("environment", told["faults"])
