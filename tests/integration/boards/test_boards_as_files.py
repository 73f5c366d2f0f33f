"""Boards and seasons as files: what an export writes, and what applying an edited file does."""

import json
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from hedge import boards, catalogue, seasons
from hedge.boards import Board
from hedge.catalogue import Change, FieldChange, applying, files
from hedge.errors import HedgeError, UsageError
from hedge.seasons import Season
from tests import Hedge
from tests.integration.boards import BOARDS, FIRST, SEASONS, WEIGHTS, rows
from tests.support import edit

#: A board and a season of which every field is another than the default.
BOARD = Board(
    key="odd",
    name='Odd, "quoted"',
    description="First line.\nSecond line; ends with a blank. ",
    category_key="pvp_competition",
    metric_source="onchain_pvp",
    metric_key="wins",
    fallback_metric_source="onchain_hunting",
    fallback_metric_key="wins",
    time_window="WEEKLY",
    is_active=False,
    is_public=False,
    verified_only=True,
    max_entries=7,
    corrected_for_days=0,
    is_frozen=True,
    metric_direction="asc",
    fallback_direction="asc",
    third_metric_source="onchain_quests",
    third_metric_key="mining_quests",
    third_direction="asc",
    fourth_metric_source="onchain_quests",
    fourth_metric_key="foraging_quests",
    fourth_direction="asc",
    ranking="row",
    last_key="cluster_id",
)
#: A year in which there is no other season.
YEAR = datetime(2027, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)
#: A run of a board that has entries.
HAS_ENTRIES = (
    "insert into app.leaderboard_runs"
    " (leaderboard_key, status, as_of, row_count, started_at, finished_at)"
    " values ('lb_hero_levels', 'COMPLETE', now(), 3, now(), now())"
)


def test_what_is_exported_is_applied_to_another_database(
    installed: psycopg.Connection, tmp_path: Path
) -> None:
    boards.add(installed, BOARD)
    before = boards.all_boards(installed), seasons.all_seasons(installed)
    weights = seasons.weights(installed, FIRST)
    catalogue.export_boards(installed, tmp_path / "new" / "folder")
    catalogue.export_seasons(installed, tmp_path / "new" / "folder")
    installed.execute("delete from app.leaderboard_defs; delete from app.seasons")
    folder = tmp_path / "new" / "folder"
    # a board of points of a season needs the season
    for plan, apply in (
        (catalogue.plan_seasons, catalogue.apply_seasons),
        (catalogue.plan_boards, catalogue.apply_boards),
    ):
        planned = plan(installed, folder)
        assert {change.action for change in planned} == {"created"}
        apply(installed, folder, planned)
        assert plan(installed, folder) == []
    assert (boards.all_boards(installed), seasons.all_seasons(installed)) == before
    assert seasons.weights(installed, FIRST) == weights
    assert len(before[0]) == 12
    assert len(weights) == 20


def test_what_is_exported_as_it_is_changes_nothing(
    installed: psycopg.Connection, folder: Path
) -> None:
    before = rows(installed)
    assert catalogue.plan_boards(installed, folder) == []
    assert catalogue.plan_seasons(installed, folder) == []
    assert rows(installed) == before
    texts = {file.name: file.read_text() for file in folder.iterdir()}
    catalogue.export_boards(installed, folder)
    catalogue.export_seasons(installed, folder)
    assert {file.name: file.read_text() for file in folder.iterdir()} == texts


def test_a_plan_names_what_changes_and_writes_nothing(
    installed: psycopg.Connection, folder: Path
) -> None:
    installed.execute(HAS_ENTRIES)
    boards.edit(installed, "lb_hunting_pve", is_active=False)
    before = rows(installed)
    edit(folder / BOARDS, "Arena Victors (Daily)", "Arena of the day")
    lines = (folder / BOARDS).read_text().splitlines(keepends=True)
    # of two that the file does not name, one is inactive already
    kept = [line for line in lines if not line.startswith(("lb_hero_levels,", "lb_hunting_pve,"))]
    new = "new,New,,pvp_competition,onchain_pvp,wins,,,DAILY,true,true,false,1000,7,false"
    new += ",desc,desc,,,desc,,,desc,dense,,live\n"
    (folder / BOARDS).write_text("".join([*kept, new]))
    planned = catalogue.plan_boards(installed, folder)
    assert planned == [
        Change(
            "lb_hero_levels",
            "Top Hero Trainers",
            "archived",
            True,
            [FieldChange("is_active", True, False)],
        ),
        Change(
            "lb_pvp_daily_wins",
            "Arena of the day",
            "changed",
            False,
            [FieldChange("name", "Arena Victors (Daily)", "Arena of the day")],
        ),
        Change("new", "New", "created", False, []),
    ]
    assert rows(installed) == before
    catalogue.apply_boards(installed, folder, planned)
    assert not boards.board(installed, "lb_hero_levels").is_active
    assert boards.board(installed, "new").is_active
    assert catalogue.plan_boards(installed, folder) == []


def test_weights_of_a_season_are_added_changed_and_removed(
    installed: psycopg.Connection, folder: Path
) -> None:
    edit(folder / WEIGHTS, f"{FIRST},hero_riser,1\n", f"{FIRST},hero_riser,1.5\n")
    edit(folder / WEIGHTS, f"{FIRST},relic_tracker,3\n", "")
    with (folder / WEIGHTS).open("a") as file:
        file.write(f"{FIRST},vendor_tycoon,2\n")
    before = rows(installed)
    (planned,) = catalogue.plan_seasons(installed, folder)
    assert (planned.key, planned.action) == (FIRST, "changed")
    assert [(one.name, one.before, one.after) for one in planned.fields] == [
        ("weight of hero_riser", 1, 1.5),
        ("weight of relic_tracker", 3, None),
        ("weight of vendor_tycoon", None, 2),
    ]
    assert rows(installed) == before
    catalogue.apply_seasons(installed, folder, [planned])
    assert catalogue.plan_seasons(installed, folder) == []
    found = {one.challenge_key: one.weight for one in seasons.weights(installed, FIRST)}
    assert len(found) == 20
    assert (found["hero_riser"], found["vendor_tycoon"]) == (1.5, 2)
    assert "relic_tracker" not in found


def test_a_season_takes_the_place_of_an_active_one(
    installed: psycopg.Connection, folder: Path
) -> None:
    """Two active seasons may not overlap: the one that is archived makes room first."""
    installed.execute(
        "insert into analytics.season_progress values (%s, 'a', 1, 1, '{}', now())", [FIRST]
    )
    (folder / WEIGHTS).write_text("season_id,challenge_key,weight\nautumn,hero_riser,2\n")
    (folder / SEASONS).write_text(
        "scoring,id,name,starts_at,ends_at,is_active\n"
        "LIFETIME,autumn,Autumn,2026-10-01,2026-12-01T02:00:00+02:00,true\n"
    )
    planned = catalogue.plan_seasons(installed, folder)
    assert [(one.key, one.action, one.has_results) for one in planned] == [
        ("autumn", "created", False),
        (FIRST, "archived", True),
    ]
    catalogue.apply_seasons(installed, folder, planned)
    autumn = seasons.season(installed, "autumn")
    assert (autumn.scoring, autumn.weights) == ("LIFETIME", 1)
    assert f"{autumn.ends_at:%Y-%m-%d %H}" == "2026-12-01 00"
    # nothing is deleted
    first = seasons.season(installed, FIRST)
    assert (first.is_active, first.weights) == (False, 20)
    assert catalogue.plan_seasons(installed, folder) == []


def test_what_was_changed_after_it_was_shown_is_not_written(
    installed: psycopg.Connection, folder: Path
) -> None:
    edit(folder / BOARDS, "Arena Victors (Daily)", "Arena of the day")
    planned = catalogue.plan_boards(installed, folder)
    boards.edit(installed, "lb_pvp_daily_wins", name="Another name")
    with pytest.raises(HedgeError, match="is not what was shown any more: nothing was written"):
        catalogue.apply_boards(installed, folder, planned)
    assert boards.board(installed, "lb_pvp_daily_wins").name == "Another name"


@pytest.mark.parametrize(
    ("changes", "has_results"),
    [
        ("", True),
        ("row_count = 0", False),
        ("status = 'FAILED', error = 'why'", False),
        ("leaderboard_key = 'lb_hunting_pve'", False),
    ],
)
def test_players_see_entries_of_a_complete_run_that_has_some(
    installed: psycopg.Connection, folder: Path, changes: str, has_results: bool
) -> None:
    installed.execute(HAS_ENTRIES)
    if changes:
        installed.execute(f"update app.leaderboard_runs set {changes}")
    edit(folder / BOARDS, "Top Hero Trainers", "Trainers")
    (planned,) = catalogue.plan_boards(installed, folder)
    assert planned.has_results == has_results


@pytest.mark.parametrize(
    ("put", "apply", "tables"),
    [
        ("_put_boards", catalogue.apply_boards, {"leaderboard_defs"}),
        ("_put_seasons", catalogue.apply_seasons, {"seasons", "season_challenge_weights"}),
    ],
)
def test_nobody_else_writes_while_a_plan_is_compared_and_applied(
    installed: psycopg.Connection,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    put: str,
    apply: Callable,
    tables: set[str],
) -> None:
    held: list[str] = []

    def look(connection: psycopg.Connection, _: Path) -> list[Change]:
        held.extend(
            name
            for (name,) in connection.execute(
                "select relname from pg_locks inner join pg_class on relation = pg_class.oid"
                " where mode = 'ShareRowExclusiveLock' and pid = pg_backend_pid() and granted"
            )
        )
        return []

    monkeypatch.setattr(applying, put, look)
    apply(installed, folder, [])
    assert tables <= set(held)


def test_equal_values_are_the_same_text_and_a_time_without_a_zone_is_of_utc(
    installed: psycopg.Connection, folder: Path
) -> None:
    edit(folder / WEIGHTS, f"{FIRST},hero_riser,1\n", f"{FIRST},hero_riser,1.00\n")
    edit(folder / SEASONS, "2026-11-30T00:00:00Z", "2026-11-30")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "Pacific/Auckland")
        time.tzset()
        assert catalogue.plan_seasons(installed, folder) == []
    time.tzset()
    for number, text in (("1.50", "1.5"), ("100", "100"), ("0.000", "0")):
        line = files.write(
            folder, files.SeasonWeight, [files.SeasonWeight("s", "c", Decimal(number))]
        )
        assert line.read_text() == f"season_id,challenge_key,weight\ns,c,{text}\n"


def test_seasons_are_exported_in_one_order(installed: psycopg.Connection, folder: Path) -> None:
    """Whatever the one in which they were created, and so are their weights."""
    for name, year in (("winter", 2029), ("autumn", 2028)):
        seasons.add(
            installed,
            Season(name, name, *(datetime(year + n, 1, 1, tzinfo=UTC) for n in (0, 1))),
        )
        weights = [{"challenge_key": key, "weight": "2"} for key in ("vendor_tycoon", "hero_riser")]
        seasons.put_weights(installed, name, weights)
    catalogue.export_seasons(installed, folder)
    keys = {
        name: [line.split(",")[:count] for line in (folder / name).read_text().splitlines()[1:]]
        for name, count in ((SEASONS, 1), (WEIGHTS, 2))
    }
    assert len(keys[SEASONS]) == 3
    assert len(keys[WEIGHTS]) == 24
    assert keys == {name: sorted(found) for name, found in keys.items()}


def test_a_folder_that_cannot_be_written_is_named(
    installed: psycopg.Connection, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"file/leaderboard_defs\.csv cannot be written"):
        catalogue.export_boards(installed, tmp_path / "file")


def test_the_commands_show_ask_and_apply(
    connection: psycopg.Connection,
    hedge: Hedge,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    catalogue.install(connection)
    connection.execute(HAS_ENTRIES)
    seasons.add(
        connection,
        Season("winter", "W", *YEAR),
    )
    assert hedge("boards", "export", "kept") == (0, "kept/leaderboard_defs.csv written\n", "")
    written = "kept/seasons.csv written\nkept/season_weights.csv written\n"
    assert hedge("seasons", "export", "kept") == (0, written, "")
    nothing = "Nothing changes: the {} are those of kept.\n"
    assert hedge("boards", "apply", "kept") == (0, nothing.format("boards"), "")
    assert hedge("seasons", "apply", "kept") == (0, nothing.format("seasons"), "")

    # a board and a season that nobody sees results of are changed without a question
    edit(Path("kept") / BOARDS, "Arena Victors (Daily)", "Arena of the day")
    edit(Path("kept") / SEASONS, "winter,W,", "winter,Winter,")
    status, out, _ = hedge("boards", "apply", "kept", "--dry-run")
    assert re.search(
        r"lb_pvp_daily_wins +changed +name +Arena Victors \(Daily\) +Arena of the", out
    )
    assert out.endswith("\n1 changed: nothing was written (--dry-run)\n")
    assert boards.board(connection, "lb_pvp_daily_wins").name == "Arena Victors (Daily)"
    assert hedge("boards", "apply", "kept")[1].endswith("\n1 changed\n")
    assert boards.board(connection, "lb_pvp_daily_wins").name == "Arena of the day"
    assert hedge("seasons", "apply", "kept")[1].endswith("\n1 changed\n")
    assert seasons.season(connection, "winter").name == "Winter"

    edit(Path("kept") / BOARDS, "Top Hero Trainers", "Trainers")
    status, _, told = hedge("boards", "apply", "kept")
    assert (status, told) == (
        2,
        "hedge: lb_hero_levels: players see entries of it: nothing was written: --yes applies "
        "without a question\n",
    )
    assert boards.board(connection, "lb_hero_levels").name == "Top Hero Trainers"
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("typer.confirm", lambda *_, **__: False)
    refused = "hedge: lb_hero_levels: players see entries of it: nothing was written\n"
    assert hedge("boards", "apply", "kept")[::2] == (2, refused)
    assert boards.board(connection, "lb_hero_levels").name == "Top Hero Trainers"
    monkeypatch.setattr("typer.confirm", lambda *_, **__: pytest.fail("--yes asks nothing"))
    status, out, _ = hedge("boards", "apply", "kept", "--yes", "--json")
    assert json.loads(out) == {
        "changes": [
            {
                "key": "lb_hero_levels",
                "name": "Trainers",
                "action": "changed",
                "has_results": True,
                "fields": [{"name": "name", "before": "Top Hero Trainers", "after": "Trainers"}],
            }
        ],
        "applied": True,
    }
    assert boards.board(connection, "lb_hero_levels").name == "Trainers"
