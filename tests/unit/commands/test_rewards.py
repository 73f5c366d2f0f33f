"""hedge rewards export: where its file goes, and how many rewards it says are in it."""

from pathlib import Path

import pytest

from hedge import rewards
from tests import Hedge
from tests.unit.commands import Calls

#: Two rewards, one of them with a note of two lines.
TEXT = 'reward_id,note\n1,"für Ada\nand Bob"\n2,\n'


@pytest.fixture(autouse=True)
def exported(monkeypatch: pytest.MonkeyPatch) -> Calls:
    return Calls().replace(monkeypatch, rewards, "exported", TEXT)


def test_rewards_are_counted_and_not_their_lines(hedge: Hedge, tmp_path: Path) -> None:
    file = tmp_path / "rewards.csv"
    said = (0, f"2 rewards written to {file}\n", "")
    assert hedge("rewards", "export", str(file)) == said
    assert file.read_bytes() == TEXT.encode()


def test_one_reward_is_no_plural(
    hedge: Hedge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Calls().replace(monkeypatch, rewards, "exported", "reward_id,note\n1,\n")
    file = tmp_path / "rewards.csv"
    assert hedge("rewards", "export", str(file))[1] == f"1 reward written to {file}\n"


def test_a_hyphen_is_standard_output(
    hedge: Hedge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert hedge("rewards", "export", "-") == (0, TEXT, "")
    assert not list(tmp_path.iterdir())
