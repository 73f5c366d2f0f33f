"""hedge doctor finds rewards that wait for somebody, cannot be settled, or do not add up."""

import psycopg

from hedge import doctor
from tests.faults.examining import each_of, is_found_until_it_is_mended

SEASON = (
    "insert into app.seasons (id, name, starts_at, ends_at)"
    " values ('s', 'S', now() - interval '40 days', now() - interval '9 days');"
    "insert into app.players (discord_id) values ('1');"
    "insert into app.wallet_clusters select 'c', player_id from app.players;"
)
DEFINITION = (
    "insert into app.reward_definitions"
    " (season_id, reward_key, name, kind, level, leaderboard_key, rank_from, rank_to)"
    " values ('s', 'r', 'R', {});"
)
LEVEL, RANK = "'LEVEL', 1, null, null, null", "'RANK', null, {}, 1, 3"
FREEZE = (
    "insert into app.final_standings (season_id, leaderboard_key, run_id, as_of)"
    " values ('s', {}, 1, now())"
)
ENTITLE = (
    "insert into app.rewards (season_id, reward_key, cluster_id, name, quantity, state, claimed_at,"
    " entitled_at, run_id, changed_by) values ('s', 'r', 'c', 'R', 1, {}, now(), 1, 'run 1');"
)
FAULTS = [
    (
        "rewards",
        SEASON + DEFINITION.format(RANK.format("null")),
        "season s is over for more than a week, and its standings are not final",
        FREEZE.format("null"),
    ),
    (
        "rewards",
        SEASON + DEFINITION.format(RANK.format("'b'")),
        "season s gives reward r for ranks of board b, which has no final run of it",
        FREEZE.format("'b'"),
    ),
    (
        "rewards",
        SEASON + DEFINITION.format(LEVEL) + ENTITLE.format("'CLAIMED', now() - interval '15 days'"),
        "1 claimed rewards of season s wait, the first one since ",
        "update app.rewards set state = 'REFUSED', changed_by = 'admin', note = 'no'",
    ),
    (
        "rewards",
        SEASON
        + DEFINITION.format(LEVEL)
        + ENTITLE.format("'OPEN', null")
        + "delete from app.reward_changes",
        "of season s, 0 rewards were entitled, and the states are those of 1",
        "delete from app.rewards",
    ),
]


@each_of(FAULTS)
def test_a_fault_is_found_and_what_is_mended_is_not(
    transaction: psycopg.Connection, name: str, fault: str, sentence: str, cure: str
) -> None:
    is_found_until_it_is_mended(transaction, name, fault, sentence, cure)


def test_a_final_run_of_a_board_is_missed_a_day_after_the_season(
    transaction: psycopg.Connection,
) -> None:
    transaction.execute(SEASON + DEFINITION.format(RANK.format("'b'")))
    for ended, number in (("24 hours", 1), ("23 hours 59 minutes 59.999999 seconds", 0)):
        transaction.execute(f"update app.seasons set ends_at = now() - interval '{ended}'")
        (result,) = doctor.examine(transaction, ["rewards"])
        assert len(result.findings) == number
