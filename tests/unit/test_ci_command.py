"""hedge ci: what it prints, as JSON, Markdown and a page, when it fails, and what it refuses."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.html_report import markdown
from hedge import pull_requests
from hedge.analysis.changes import Preview, Totals
from hedge.pull_requests import Copy, Review, World
from tests import Hedge
from tests.support import DATA_TESTS, copy_project
from tests.unit.test_preview_command import FOUND

REVIEW = Review(
    base="abc1234, where HEAD left origin/main",
    head="def5678 with edits that are not committed",
    compared_on="a demo world of 300 clusters (seed 1)",
    refused=[],
    unit_tests=["wins_are_counted"],
    data_tests=["nobody_is_odd", "progress_is_never_negative"],
    left_out=["ranks_follow_each_other"],
    preview=FOUND,
    not_compared=None,
    base_fails=False,
    exceeded=[],
    passes=True,
)
REFUSED = dataclasses.replace(
    REVIEW,
    refused=["models/a.sql:3: a | b cannot be computed", "models/b.sql: <b> fails"],
    unit_tests=[],
    data_tests=[],
    left_out=[],
    passes=False,
)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the project that can be edited. There is no database."""
    folder = copy_project(tmp_path / "copy", DATA_TESTS)
    monkeypatch.setenv("HEDGE_PROJECT", str(folder))
    monkeypatch.setenv("HEDGE_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    return folder


@pytest.fixture
def base(tmp_path: Path) -> str:
    """The folder of the base, which nobody edits."""
    return str(copy_project(tmp_path / "base", DATA_TESTS))


@pytest.fixture
def hedge(hedge: Hedge, project: Path, base: str) -> Hedge:
    """Runs hedge ci against that base."""
    return lambda *options: hedge("ci", "--base-project", base, *options)


@pytest.fixture
def finds(monkeypatch: pytest.MonkeyPatch) -> Callable[[Review], list[object]]:
    """Lets the review be a given one; returns the list to which its world or copy is added."""

    def find(review: Review) -> list[object]:
        asked: list[object] = []

        def reviewed(base, where, conditions, report, *, confirmed):
            asked.extend((where, confirmed))
            return pull_requests._judged(review, conditions)

        monkeypatch.setattr(pull_requests, "review", reviewed)
        return asked

    return find


def rows(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.splitlines()]


def test_what_passes_is_shown_with_what_would_change(
    hedge: Hedge, finds: Callable[[Review], list[object]]
) -> None:
    asked = finds(REVIEW)
    status, out, err = hedge("--clusters", "70", "--seed", "3")
    assert (status, err) == (0, "")
    assert asked == [World(70, 3), False]
    for row in (
        "base: abc1234, where HEAD left origin/main",
        "head: def5678 with edits that are not committed",
        "on a demo world of 300 clusters (seed 1)",
        "challenge_tiers, challenges edited: what would change as of 2026-06-01 12:00:00 UTC",
        "busy 170 Common 100",
        "The checks of a deploy pass, and with them 1 unit tests and 2 data tests.",
        "Data tests that can be passed only after a deploy: ranks_follow_each_other",
    ):
        assert row in rows(out), row


def test_a_threshold_is_that_of_a_preview(
    hedge: Hedge, finds: Callable[[Review], list[object]]
) -> None:
    finds(REVIEW)
    assert hedge("--fail-if", "tiers_lost > 3")[0] == 0
    status, out, err = hedge("--fail-if", "tiers_lost >= 3", "--fail-if", "points_won < 1")
    assert (status, err) == (1, "hedge: the preview fails: tiers_lost >= 3\n")
    assert "The checks of a deploy pass" in out
    status, out, err = hedge("--fail-if", "tears_lost > 3")
    assert (status, out) == (2, "")
    assert "names no total tears_lost" in err


def test_what_a_deploy_would_refuse_fails_and_what_would_change_is_shown_all_the_same(
    hedge: Hedge, finds: Callable[[Review], list[object]], tmp_path: Path
) -> None:
    asked = finds(REFUSED)
    files = {name: tmp_path / f"review.{name}" for name in ("markdown", "html")}
    options = [text for name, file in files.items() for text in (f"--{name}", str(file))]
    status, out, err = hedge("--yes", "--fail-if", "tiers_lost > 2", *options)
    assert asked == [World(), True]
    assert (status, err) == (
        1,
        "hedge: a deploy would refuse the head; the preview fails: tiers_lost > 2\n",
    )
    assert "models/a.sql:3: a | b cannot be computed" in rows(out)
    assert "busy 170 Common 100" in rows(out)
    assert "checks of a deploy pass" not in out
    text, page = files["markdown"].read_text(), files["html"].read_text()
    assert (
        r"**Fails:** a deploy would refuse the head; the preview fails: tiers\_lost \> 2." in text
    )
    assert "- models/a.sql:3: a \\| b cannot be computed\n- models/b.sql: \\<b\\> fails\n" in text
    assert "a deploy would refuse the head; the preview fails: tiers_lost &gt; 2." in page
    assert '<li class="lost">models/b.sql: &lt;b&gt; fails</li>' in page
    for written in (text, page):
        assert "They pass" not in written
        assert "2,500.5" in written


def test_the_reports_have_every_table(
    hedge: Hedge, finds: Callable[[Review], list[object]], tmp_path: Path
) -> None:
    finds(REVIEW)
    files = {name: tmp_path / f"review.{name}" for name in ("markdown", "html")}
    options = [text for name, file in files.items() for text in (f"--{name}", str(file))]
    assert hedge(*options)[0] == 0
    text, page = files["markdown"].read_text(), files["html"].read_text()
    lines = text.splitlines()
    name = r"\<script\>alert(1)\</script\>"
    for line in (
        "# Review of an edit",
        "**Passes.**",
        "| base | abc1234, where HEAD left origin/main |",
        "| compared on | a demo world of 300 clusters (seed 1) |",
        "They pass, and with them 1 unit tests and 2 data tests.",
        "Unit tests: `wins_are_counted`.",
        "Data tests: `nobody_is_odd`, `progress_is_never_negative`.",
        "Data tests that can be passed only after a deploy: `ranks_follow_each_other`.",
        "Edited: `challenge_tiers`, `challenges`; as of 2026-06-01 12:00:00 UTC.",
        "| tiers lost | 3 |",
        f"| {name} | 1,234 | -2,500.5 | levels | 0 | 3 | 0 | 1 | 2 |",
        f"{name}: the largest changes",
        "| busy | 170 | Common | 100 |  |",
        "Wins of the month, 2026-05-01 to 2026-06-01",
        "| 1 | busy | 9 | 1 | rival | 9.5 |",
        "| 2 | rival | 8 |  |  |  |",
        "| Spring | 4 | 1.5 | 0 | 2 | 1 |",
    ):
        assert line in lines, line
    # A table begins after an empty line, else it is text.
    for number, line in enumerate(lines):
        if line.startswith("|") and not lines[number - 1].startswith("|"):
            assert lines[number - 1] == "", (number, line)
            assert set(lines[number + 1]) <= set("|-: "), (number, line)
            width = line.count("|")
            table = lines[number : lines.index("", number) if "" in lines[number:] else None]
            assert {row.replace(r"\|", "").count("|") for row in table} == {width}
    for part in (
        "<strong>Passes.</strong>",
        "<h2>Checks of a deploy</h2>",
        "<code>wins_are_counted</code>",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "Wins of the month, 2026-05-01 to 2026-06-01",
        "<td>Spring</td>",
    ):
        assert part in page, part
    assert "<script" not in page
    assert page.count("<h1>") == 1


@pytest.mark.parametrize(
    ("changes", "row"),
    [
        (Preview(), "No model or seed differs."),
        (Preview(FOUND.as_of, ["wins"], 3), "No number changes."),
        (Preview(notes=["wins.unit: the unit gold becomes hunts"]), "gold becomes hunts."),
        (None, "the live version | fails"),
    ],
)
def test_where_nothing_can_be_shown_the_reports_say_why(
    hedge: Hedge,
    finds: Callable[[Review], list[object]],
    tmp_path: Path,
    changes: Preview | None,
    row: str,
) -> None:
    finds(
        dataclasses.replace(
            REVIEW, preview=changes, not_compared=None if changes else "the live version | fails"
        )
    )
    text, page = tmp_path / "review.md", tmp_path / "review.html"
    status, out, err = hedge("--markdown", str(text), "--html", str(page))
    assert (row in text.read_text().replace("\\", ""), row in page.read_text()) == (True, True)
    assert "Checks of a deploy" in page.read_text()
    if changes is None:
        assert (status, err) == (1, "hedge: the head cannot be compared with the base\n")
        assert "not compared: the live version | fails" in out
    else:
        assert (status, err) == (0, "")


def test_the_json_is_the_review(hedge: Hedge, finds: Callable[[Review], list[object]]) -> None:
    finds(REVIEW)
    status, out, _ = hedge("--json", "--fail-if", "tiers_lost > 1")
    found = json.loads(out)
    assert (status, found["passes"], found["exceeded"]) == (1, False, ["tiers_lost > 1"])
    assert found["preview"]["totals"]["tiers_lost"] == 3
    assert set(found) == {field.name for field in dataclasses.fields(Review)}


def test_a_copy_is_said_to_be_changed(
    hedge: Hedge, finds: Callable[[Review], list[object]]
) -> None:
    asked = finds(REVIEW)
    _, _, err = hedge("--url", "postgresql://ada@copy/hedge")
    assert asked[0] == Copy("postgresql://ada@copy/hedge")
    assert err == "hedge ci changes the copy: it deploys the base to it and computes it\n"


def test_equal_projects_need_no_database(hedge: Hedge, project: Path) -> None:
    status, out, err = hedge("--fail-if", "unlocks_won > 0")
    assert (status, err) == (0, "")
    assert out.splitlines()[-1] == "No model, macro, seed or test differs."
    assert hedge("--fail-if", "unlocks_won = 0")[0] == 1


def test_faults_of_seeds_need_no_database(hedge: Hedge, project: Path, tmp_path: Path) -> None:
    relics = project / "seeds" / "relic_items.csv"
    relics.write_text(relics.read_text() + relics.read_text().splitlines()[-1] + "\n")
    status, out, err = hedge("--markdown", str(tmp_path / "review.md"))
    fault = "seeds/relic_items.csv:7: the line repeats line 6: delete one of them"
    assert (status, err) == (
        1,
        "hedge: a deploy would refuse the head; the head cannot be compared with the base\n",
    )
    assert fault in rows(out)
    assert fault.replace("_", r"\_") in (tmp_path / "review.md").read_text()


def test_files_that_cannot_be_read_are_faults(hedge: Hedge, project: Path) -> None:
    (project / "models" / "metrics" / "onchain_pvp.sql").write_bytes("é".encode("latin-1"))
    status, out, _ = hedge("--json")
    assert status == 1
    assert "onchain_pvp.sql:1: the byte 0xe9" in json.loads(out)["refused"][0]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--base", "HEAD~"), "name a base by --base or by --base-project, not by both"),
        (
            ("--url", "postgresql://somebody:secret@127.0.0.1:1/none"),
            "none on 127.0.0.1:1 is the database that commands use here",
        ),
        (("--url", "host=127.0.0.1 port=1 dbname=none"), "is the database that commands use here"),
        (("--url", "postgresql:///none"), "none on 127.0.0.1:1 is the database that commands use"),
        (("--url", "nothing"), "--url is not a database URL"),
    ],
)
def test_what_contradicts_itself_is_refused(
    hedge: Hedge,
    project: Path,
    options: tuple[str, ...],
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (project / "models" / "metrics" / "onchain_pvp.sql").write_text("select 1")
    # as after `eval "$(hedge db url --env)"`
    monkeypatch.setenv("PGHOST", "127.0.0.1")
    monkeypatch.setenv("PGPORT", "1")
    status, out, err = hedge(*options)
    assert (status, out) == (2, "")
    assert sentence in err
    assert "secret" not in err


def test_a_base_that_is_no_project_is_refused(hedge: Hedge, tmp_path: Path) -> None:
    status, _, err = hedge("--base-project", str(tmp_path))
    assert (status, err) == (
        2,
        f"hedge: --base-project names {tmp_path}, which has no dbt_project.yml of Hedge\n",
    )


def test_a_base_that_belongs_to_another_version_is_named(
    hedge: Hedge, project: Path, base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "models" / "metrics" / "onchain_pvp.sql").write_text("select 1")
    (Path(base) / "hedge-files.json").write_text('{"version": "0.0.1", "files": {}}')
    monkeypatch.setattr(pull_requests, "_start_quickly", lambda: None)
    status, _, err = hedge()
    assert status == 1
    assert err.startswith(f"hedge: the base, {base}, cannot be computed: {base} was written for")


def test_text_in_markdown_is_no_markup() -> None:
    assert markdown("a|b\n*c* <d> [e](f) `g` &amp; h_i #1") == (
        r"a\|b \*c\* \<d\> \[e\](f) \`g\` &amp;amp; h\_i \#1"
    )


def test_nothing_is_exceeded_where_nothing_was_compared() -> None:
    review = dataclasses.replace(REVIEW, preview=None, not_compared="no")
    found = pull_requests._judged(review, {"always": lambda totals: totals == Totals()})
    assert (found.exceeded, found.passes) == ([], False)
