"""The boards and seasons of the game, in the CSV files of this folder."""

from dataclasses import dataclass
from pathlib import Path

import psycopg

from hedge import boards, seasons
from hedge.boards import Board
from hedge.catalogue import files
from hedge.catalogue.files import SeasonWeight
from hedge.seasons import Season

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Installed:
    """The ids of the seasons and the keys of the boards that were inserted."""

    seasons: list[str]
    boards: list[str]


def install(connection: psycopg.Connection) -> Installed:
    """Insert the boards and seasons of the catalogue that are missing, in one transaction.

    Existing ones are not changed; the weights of a season are inserted only with the season.
    """
    weights = [line.record for line in files.read(FOLDER, SeasonWeight)]
    with connection.transaction():
        known_seasons = {season.id for season in seasons.all_seasons(connection)}
        new_seasons = [
            line.record
            for line in files.read(FOLDER, Season)
            if line.record.id not in known_seasons
        ]
        for season in new_seasons:
            seasons.add(connection, season)
            given = [one.given() for one in weights if one.season_id == season.id]
            seasons.put_weights(connection, season.id, given)
        known_boards = {board.key for board in boards.all_boards(connection)}
        new_boards = [
            line.record for line in files.read(FOLDER, Board) if line.record.key not in known_boards
        ]
        for board in new_boards:
            boards.add(connection, board)
    return Installed([season.id for season in new_seasons], [board.key for board in new_boards])
