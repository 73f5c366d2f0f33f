"""The rules of the ordering keys of boards and of their ranking."""

from tests.statements_of_rules import Case, update, words

#: A second and a third ordering key of a board.
THREE_KEYS = "fallback_metric_key = 'b', third_metric_key = 'c'"

CHECKS_OF_ORDERING_KEYS = [
    Case(
        "leaderboard_defs",
        "a direction is asc or desc",
        [
            statement
            for name in ("metric", "fallback", "third", "fourth")
            for statement in words("leaderboard_defs", f"{name}_direction", "", "DESC", "up")
        ],
        [
            statement
            for name in ("metric", "fallback", "third", "fourth")
            for statement in words("leaderboard_defs", f"{name}_direction", "asc", "desc")
        ],
    ),
    Case(
        "leaderboard_defs",
        "a source of the third or fourth metric has a key",
        update("leaderboard_defs", "third_metric_source = 'onchain_pvp'")
        + update("leaderboard_defs", "fourth_metric_source = 'onchain_pvp'"),
        update("leaderboard_defs", f"{THREE_KEYS}, third_metric_source = 's'")
        + update(
            "leaderboard_defs", f"{THREE_KEYS}, fourth_metric_key = 'd', fourth_metric_source = 's'"
        ),
    ),
    Case(
        "leaderboard_defs",
        "no ordering key is missing before the last",
        update("leaderboard_defs", "third_metric_key = 'c'")
        + update("leaderboard_defs", "fallback_metric_key = 'b', fourth_metric_key = 'd'"),
        update("leaderboard_defs", THREE_KEYS)
        + update("leaderboard_defs", f"{THREE_KEYS}, fourth_metric_key = 'd'"),
    ),
    Case(
        "leaderboard_defs",
        "the ranking is dense, standard or row",
        words("leaderboard_defs", "ranking", "", "ordinal"),
        words("leaderboard_defs", "ranking", "dense", "standard")
        + update("leaderboard_defs", "ranking = 'row', last_key = 'cluster_id'"),
    ),
    Case(
        "leaderboard_defs",
        "the ranking row, and no other, has a last key, cluster_id",
        update("leaderboard_defs", "ranking = 'row'")
        + update("leaderboard_defs", "last_key = 'cluster_id'")
        + update("leaderboard_defs", "ranking = 'row', last_key = 'name'"),
        update("leaderboard_defs", "ranking = 'row', last_key = 'cluster_id'"),
    ),
]
