"""The command `hedge`, called in this process without a database."""

import contextlib
from collections.abc import Iterator

import pytest

from hedge import database, rights
from hedge.chain import decoding
from tests import Hedge
from tests.unit.commands import CONNECTION


@pytest.fixture
def hedge(hedge: Hedge, monkeypatch: pytest.MonkeyPatch) -> Hedge:
    """Runs the command, whose connections stand for none."""

    @contextlib.contextmanager
    def connect(**_: bool) -> Iterator[object]:
        yield CONNECTION

    monkeypatch.setattr(database, "connect", connect)
    monkeypatch.setattr(database, "require_migrated", lambda _: None)
    monkeypatch.setattr(rights, "require", lambda *_: None)
    # tests/integration/chain/test_decoding.py has what it does
    monkeypatch.setattr(decoding, "decode_before_a_run", lambda: None)
    return hedge
