"""Who runs a command, also where the account has no name."""

import getpass
import os

import pytest

from hedge import audit
from hedge.accounts import account
from hedge.runs import deployed


def test_a_user_without_a_name_is_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found")

    monkeypatch.setattr(getpass, "getuser", nobody)
    assert account() == str(os.getuid())
    assert deployed.person().startswith(f"{os.getuid()}@")
    said = []

    class Connection:
        def execute(self, _: str, given: list[str]) -> None:
            said.extend(given)

    audit.name_actor(Connection())
    assert said == [f"command of {os.getuid()}"]
