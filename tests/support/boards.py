"""Boards for tests."""

from hedge.board_definitions import Board

#: Ranks all wins.
WINS = Board(
    key="wins",
    name="Wins",
    category_key="pvp_competition",
    metric_source="onchain_pvp",
    metric_key="wins",
    time_window="ALL_TIME",
)
