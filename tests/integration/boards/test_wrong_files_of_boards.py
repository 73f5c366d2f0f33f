"""Wrong files of boards and seasons are refused with file and line, and nothing is written."""

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from hedge import catalogue
from hedge.errors import UsageError
from tests.integration.boards import BOARDS, FIRST, SEASONS, WEIGHTS, rows
from tests.support import edit


def replaced(name: str, old: str, new: str) -> Callable[[Path], None]:
    return lambda folder: edit(folder / name, old, new)


def appended(name: str, text: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).write_text((folder / name).read_text() + text)


#: The end of the line of the hunters' board, which its keys of rank are.
RANKS = "motherclucker_kills,ALL_TIME,true,true,false,1000,7,false,desc,desc,,,desc,,,desc,dense,"
HUNTERS = "onchain_hunting,wins,onchain_hunting,motherclucker_kills,ALL_TIME,true,true,false,1000,7"
REFUSED = [
    (
        replaced(BOARDS, HUNTERS, HUNTERS.replace("g,wins", "g,winz")),
        "leaderboard_defs.csv:4: board lb_hunting_pve: no metric onchain_hunting.winz; did you "
        "mean onchain_hunting.wins?",
    ),
    (
        replaced(BOARDS, HUNTERS, HUNTERS.replace("_kills", "_kilss")),
        "leaderboard_defs.csv:4: board lb_hunting_pve: no metric onchain_hunting.motherclucker_"
        "kilss; did you mean onchain_hunting.motherclucker_kills?",
    ),
    (
        replaced(BOARDS, ",hunting_pve,", ",hunting_pvp,"),
        "leaderboard_defs.csv:4: board lb_hunting_pve: no category hunting_pvp; did you mean "
        "hunting_pve?",
    ),
    (
        replaced(BOARDS, f"season_progress,{FIRST}", "season_progress,season_1_awakning"),
        "leaderboard_defs.csv:10: board lb_season_1_points: no season season_1_awakning; did you "
        "mean season_1_awakening?",
    ),
    (
        replaced(BOARDS, HUNTERS, HUNTERS.replace("ALL_TIME", "WEEKLLY")),
        "leaderboard_defs.csv:4: time_window is 'WEEKLLY', not one of DAILY, WEEKLY, MONTHLY, "
        "SEASON, ALL_TIME; did you mean WEEKLY?",
    ),
    (
        replaced(BOARDS, HUNTERS, HUNTERS.replace("1000", "0")),
        "leaderboard_defs.csv:4: board lb_hunting_pve: max_entries is 1 to 100000",
    ),
    (
        replaced(BOARDS, HUNTERS, HUNTERS.replace("1000", "many")),
        "leaderboard_defs.csv:4: max_entries is 'many', not a whole number",
    ),
    (
        replaced(BOARDS, HUNTERS, HUNTERS.replace("true,true", "true,yes")),
        "leaderboard_defs.csv:4: is_public is 'yes': write true or false",
    ),
    (
        replaced(BOARDS, "\nlb_hunting_pve,", "\nlb_hero_levels,"),
        "leaderboard_defs.csv:4: line 3 has lb_hero_levels already",
    ),
    (
        replaced(BOARDS, ",time_window,", ",time_windows,"),
        "leaderboard_defs.csv:1: no column 'time_windows'; did you mean time_window?: its columns",
    ),
    (
        replaced(BOARDS, ",metric_key,fall", ",fall"),
        "leaderboard_defs.csv:1: the header lacks the column metric_key: its columns are key, ",
    ),
    (
        replaced(BOARDS, "key,name,", "key,key,"),
        "leaderboard_defs.csv:1: the header names the column key twice",
    ),
    (
        replaced(BOARDS, f",{HUNTERS},", f",{HUNTERS.partition(',true,false')[0]},"),
        "leaderboard_defs.csv:4: the row has 22 values for the 26 columns of the first line: "
        "fourth_direction, ranking, last_key, state would have none",
    ),
    (
        replaced(BOARDS, "Arena Victors (Daily)", "Arena, of the day"),
        "leaderboard_defs.csv:7: the row has 27 values for the 26 columns of the first line: put a "
        "value with a comma in quotes",
    ),
    (
        replaced(BOARDS, f",{HUNTERS},false,desc,", f",{HUNTERS},false,down,"),
        "leaderboard_defs.csv:4: metric_direction is 'down', not one of asc, desc",
    ),
    (
        replaced(BOARDS, RANKS, RANKS.replace(",dense,", ",row,")),
        "leaderboard_defs.csv:4: board lb_hunting_pve: the ranking row gives equals different "
        "ranks and needs a last key that decides between them: cluster_id",
    ),
    (
        replaced(BOARDS, RANKS, f"{RANKS}cluster_id"),
        "leaderboard_defs.csv:4: board lb_hunting_pve: the last key cluster_id is for the ranking "
        "row: with dense, equals share a rank",
    ),
    (appended(BOARDS, "\n"), "leaderboard_defs.csv:13: the line is empty: delete it"),
    (
        appended(BOARDS, 'a,"b\n'),
        "leaderboard_defs.csv:13: a quote is not closed, or one inside a value is not doubled: ",
    ),
    (
        lambda folder: (folder / BOARDS).write_bytes(b"key\n\xe9\n"),
        "leaderboard_defs.csv:2: the byte 0xe9, which is 'é' in Latin-1, is not UTF-8",
    ),
    (
        lambda folder: (folder / BOARDS).unlink(),
        "leaderboard_defs.csv cannot be read: No such file or directory",
    ),
    (
        replaced(SEASONS, "2026-11-30T00:00:00Z", "tomorrow"),
        "seasons.csv:2: ends_at is 'tomorrow', not an ISO 8601 time such as 2026-11-01T00:00Z",
    ),
    (
        replaced(SEASONS, "2026-11-30T00:00:00Z", "2026-01-01T00:00:00Z"),
        f"seasons.csv:2: season {FIRST}: a season ends after it starts",
    ),
    (
        appended(SEASONS, "winter,Winter,2026-11-29,2027-01-01,true,SEASON,live\n"),
        f"seasons.csv:3: season winter overlaps {FIRST}, and only one can be active at a time",
    ),
    (
        replaced(WEIGHTS, f"{FIRST},hero_riser,1", f"{FIRST},hero_rizer,1"),
        "season_weights.csv:7: no challenge hero_rizer; did you mean hero_riser?",
    ),
    (
        replaced(WEIGHTS, f"{FIRST},hero_riser,1", f"{FIRST},hero_riser,0"),
        "season_weights.csv:7: the weight of hero_riser is 0, not a number above 0 with at most 6 "
        "decimals",
    ),
    (
        replaced(WEIGHTS, f"{FIRST},hero_riser,1", f"{FIRST},hero_riser,one"),
        "season_weights.csv:7: weight is 'one', not a number",
    ),
    (
        replaced(WEIGHTS, f"{FIRST},hero_riser,1", "season_1_awakning,hero_riser,1"),
        "season_weights.csv:7: seasons.csv has no season season_1_awakning; did you mean "
        "season_1_awakening?",
    ),
    (
        replaced(WEIGHTS, f"{FIRST},hero_riser,1", f"{FIRST},herbalist_master,1"),
        "season_weights.csv:7: line 6 has season_1_awakening herbalist_master already",
    ),
]


@pytest.mark.parametrize(("make", "sentence"), REFUSED, ids=[one for _, one in REFUSED])
def test_a_wrong_file_is_refused_with_its_line_and_writes_nothing(
    installed: psycopg.Connection, folder: Path, make: Callable[[Path], None], sentence: str
) -> None:
    before = rows(installed)
    make(folder)
    plan = catalogue.plan_boards if sentence.startswith(BOARDS) else catalogue.plan_seasons
    with pytest.raises(UsageError) as refused:
        plan(installed, folder)
    assert str(refused.value).startswith(f"{folder}/{sentence}")
    assert rows(installed) == before


def test_every_wrong_row_is_told(installed: psycopg.Connection, folder: Path) -> None:
    file = folder / BOARDS
    file.write_text(file.read_text().replace("onchain_pvp,wins", "onchain_pvp,winz"))
    with pytest.raises(UsageError) as refused:
        catalogue.plan_boards(installed, folder)
    told = str(refused.value).splitlines()
    assert [line.partition("csv:")[2].partition(":")[0] for line in told] == ["7", "8", "9"]
