"""The rules of the tables of rewards and final standings, as those of
tests/rules_of_the_app_tables.py, and the functions and triggers that write them."""

from tests.references_of_the_app_tables import Reference
from tests.rules_of_the_app_tables import Case, update, words

WORLD = """
insert into app.reward_definitions (season_id, reward_key, name, kind, level)
values ('s', 'r', 'R', 'LEVEL', 1);
insert into app.final_standings (season_id, leaderboard_key, run_id, as_of)
values ('s', 'b', 1, now());
insert into app.final_entries (standing_id, cluster_id, rank, score)
select min(standing_id), 'c1', 1, 1 from app.final_standings;
insert into app.rewards
(season_id, reward_key, cluster_id, name, quantity, entitled_at, run_id, changed_by)
values ('s', 'r', 'c1', 'R', 1, now(), 1, 'run 1');
insert into app.reward_wallets select 's', 'r', 'a', reward_id from app.rewards;
insert into app.forgotten_reward_wallets values ('s', 'r', 'h')
"""
_RANKS = "kind = 'RANK', level = null, rank_from = 1, rank_to"
_REWARD = (
    "insert into app.rewards"
    " (season_id, reward_key, cluster_id, name, quantity, entitled_at, run_id, changed_by, state,"
    " note, claimed_at, fulfilled_at)"
    " values ('s', 'r', '{}', 'R', 1, now(), 1, 'run 1', '{}', '{}', {}, {})"
)


def _reward(
    state: str, note: str = "", claimed: str = "null", fulfilled: str = "null", cluster: str = "c2"
) -> str:
    return _REWARD.format(cluster, state, note, claimed, fulfilled)


CHECKS = [
    Case(
        "reward_definitions",
        "the reward is 1 to 64 letters, digits, _, . or -",
        words("reward_definitions", "reward_key", "", "a b", "-a", "a" * 65),
        [
            "insert into app.reward_definitions (season_id, reward_key, name, kind, level)"
            f" values ('s', '{'a' * 64}', 'R', 'LEVEL', 1), ('s', 'A.b-c_1', 'R', 'LEVEL', 1)"
        ],
    ),
    Case(
        "reward_definitions",
        "the name of a reward has 1 to 200 characters",
        words("reward_definitions", "name", "", "a" * 201),
        words("reward_definitions", "name", "a", "a" * 200),
    ),
    Case(
        "reward_definitions",
        "the quantity of a reward is above 0",
        update("reward_definitions", "quantity = 0", "quantity = -1"),
        update("reward_definitions", "quantity = 0.000001"),
    ),
    Case(
        "reward_definitions",
        "the kind of a reward is LEVEL or RANK",
        # the other rule is broken as well by any further word
        update("reward_definitions", f"{_RANKS} = 2".replace("RANK'", "PLACE'")),
        update("reward_definitions", f"{_RANKS} = 2"),
    ),
    Case(
        "reward_definitions",
        "a reward is for a level, or for ranks from 1 on",
        update(
            "reward_definitions",
            "level = 0",
            "level = null",
            "rank_from = 1",
            "leaderboard_key = 'b'",
            f"{_RANKS} = 0",
            f"{_RANKS} = null",
            "kind = 'RANK', level = null, rank_from = 0, rank_to = 1",
            "kind = 'RANK', rank_from = 1, rank_to = 1",
        ),
        update("reward_definitions", f"{_RANKS} = 1", f"{_RANKS} = 2, leaderboard_key = 'b'"),
    ),
    Case(
        "reward_definitions",
        "a reward is valid until a finite time",
        update("reward_definitions", "valid_until = 'infinity'", "valid_until = '-infinity'"),
        update("reward_definitions", "valid_until = now()"),
    ),
    Case(
        "final_standings",
        "a season is frozen once",
        [
            "insert into app.final_standings (season_id, run_id, as_of)"
            " values ('s', 1, now()), ('s', 2, now())"
        ],
        ["insert into app.final_standings (season_id, run_id, as_of) values ('s', 1, now())"],
    ),
    Case(
        "final_standings",
        "a board of a season is frozen once",
        [
            "insert into app.final_standings (season_id, leaderboard_key, run_id, as_of)"
            " values ('s', 'b', 2, now())"
        ],
        [
            "insert into app.final_standings (season_id, leaderboard_key, run_id, as_of)"
            " values ('s', 'b2', 2, now())"
        ],
    ),
    Case(
        "rewards",
        "the state of a reward is known",
        [_reward("GIVEN"), _reward("open")],
        [_reward("OPEN"), _reward("LAPSED")],
    ),
    Case(
        "rewards",
        "what was decided was claimed",
        [
            _reward("OPEN", claimed="now()"),
            _reward("LAPSED", claimed="now()"),
            _reward("CLAIMED"),
            _reward("FULFILLED", claimed="now()"),
            _reward("FULFILLED", fulfilled="now()"),
            _reward("REFUSED", claimed="now()"),
            _reward("REFUSED", "why"),
            _reward("TAKEN_BACK"),
        ],
        [
            _reward("CLAIMED", claimed="now()"),
            _reward("FULFILLED", claimed="now()", fulfilled="now()"),
            _reward("REFUSED", "why", "now()"),
            _reward("TAKEN_BACK", "why"),
        ],
    ),
    Case(
        "rewards",
        "a cluster has a reward once",
        [_reward("OPEN", cluster="c1"), _reward("LAPSED", cluster="c1")],
        [_reward("TAKEN_BACK", "why", cluster="c1"), _reward("OPEN")],
    ),
]
REFERENCES = [
    Reference(
        "reward_definitions_season_id_fkey",
        "delete from app.rewards; update app.reward_definitions set season_id = 'no'",
        "delete from app.rewards; delete from app.seasons",
        "app.reward_definitions",
        cascades=False,
    ),
    Reference(
        "final_standings_season_id_fkey",
        "update app.final_standings set season_id = 'no'",
        "delete from app.rewards; delete from app.reward_definitions; delete from app.seasons",
        "app.final_standings",
        cascades=True,
    ),
    Reference(
        "final_entries_standing_id_fkey",
        "update app.final_entries set standing_id = -1",
        "delete from app.final_standings",
        "app.final_entries",
        cascades=True,
    ),
    Reference(
        "final_entries_cluster_id_fkey",
        "update app.final_entries set cluster_id = 'no'",
        "delete from app.wallet_links; delete from app.wallet_clusters",
        "app.final_entries",
        cascades=True,
    ),
    Reference(
        "rewards_season_id_reward_key_fkey",
        "update app.rewards set reward_key = 'no'",
        "delete from app.reward_definitions",
        "app.rewards",
        cascades=False,
    ),
    Reference(
        "rewards_cluster_id_fkey",
        "update app.rewards set cluster_id = 'no'",
        "delete from app.wallet_links; delete from app.wallet_clusters",
        "app.rewards",
        cascades=True,
    ),
    Reference(
        "reward_wallets_reward_id_fkey",
        "update app.reward_wallets set reward_id = -1",
        "delete from app.rewards",
        "app.reward_wallets",
        cascades=True,
    ),
    Reference(
        "reward_changes_reward_id_fkey",
        "update app.reward_changes set reward_id = -1",
        "delete from app.rewards",
        "app.reward_changes",
        cascades=True,
    ),
]
#: Functions of the schema app. in_process/test_rewards*.py test them.
FUNCTIONS = (
    "check_reward",
    "entitle",
    "forget_reward",
    "freeze_standings",
    "is_disputed",
    "keep_final_seasons",
    "move_rewards",  # in_process/test_rewards_of_merged_accounts.py
    "rewards_to_take_back",
    "settle_rewards",
    "tell_of_rewards",
)
TRIGGERS = (
    ("app.rewards", "check_reward"),
    ("app.rewards", "forget_reward"),
    ("app.seasons", "keep_final_seasons"),
    ("app.cluster_merges", "move_rewards_of_a_merge"),
    ("app.cluster_merges", "move_rewards_of_an_undo"),
    ("app.rewards", "tell_changed_rewards"),
    ("app.rewards", "tell_new_rewards"),
)
