"""Names of players are unique by their looks; a season is not called as a path of the service."""

from typing import Any

from yoyo import step

from hedge import names
from hedge.errors import UsageError, listed

__depends__ = {"0049-describe-shown-wallets"}

_TABLE = """
-- What the display name of a player is found by (NFKC and case folding) and how it
-- looks (hedge/names). PostgreSQL folds by the locale of the database, so Python
-- computes them. A row counts while it has the display name of its player.
create table app.names_of_players (
    player_id bigint primary key references app.players on delete cascade,
    display_name text not null,
    folded text collate "C" not null,
    look text collate "C" not null,
    folded_look text collate "C" not null
);
create index on app.names_of_players (folded);
create unique index "no two display names look alike"
on app.names_of_players (look);
create unique index "no two display names look alike in lower case"
on app.names_of_players (folded_look);
-- no display name is the id of somebody else's cluster
create index on app.wallet_clusters (lower(cluster_id));
drop index if exists app.players_lower_idx;
"""

_INSERT = """
insert into app.names_of_players
values (%(player)s, %(display_name)s, %(folded)s, %(look)s, %(folded_look)s)
on conflict do nothing
"""

#: A season of that id keeps it, because ids are published.
_SEASONS = """
do $$
declare
    kept text;
begin
    select string_agg(quote_literal(id), ', ' order by id)
    into kept
    from app.seasons
    where lower(id) = 'active';
    execute format(
        'alter table app.seasons add constraint'
        ' "the id is not active, a word of a path: choose another" check (%s)',
        concat_ws(' or ', 'lower(id) <> ''active''', 'id in (' || kept || ')')
    );
    if kept is not null then
        raise info 'app.seasons: a season keeps an id that /seasons/active hides: %', kept;
    end if;
end
$$
"""


def create(connection: Any) -> None:
    """Create the table and the rule, and take the display names in.

    The oldest account keeps a name. A name that is like it, or that no player can choose any more,
    is removed, and what it was is told. The names of boards and seasons are kept until somebody
    changes them.
    """
    cursor = connection.cursor()
    cursor.execute(_TABLE)
    cursor.execute(_SEASONS)
    cursor.execute(
        "select player_id, display_name from app.players"
        " where display_name is not null order by player_id"
    )
    removed = []
    for player, stored in cursor.fetchall():
        try:
            name = names.display_name(stored)
        except UsageError:
            is_kept = False
        else:
            cursor.execute(_INSERT, {"player": player} | vars(name))
            is_kept = cursor.rowcount > 0
        if not is_kept or name.display_name != stored:
            cursor.execute(
                "update app.players set display_name = %s where player_id = %s",
                [name.display_name if is_kept else None, player],
            )
        if not is_kept:
            removed.append(f"{stored!r} of player {player}")
    if removed:
        cursor.execute(
            "select set_config('hedge.told', %s, true)",
            [
                "app.players: display names that players cannot choose any more, or that look"
                f" like the name of an older account, were removed: {', '.join(listed(removed))}"
            ],
        )
        cursor.execute("do $$ begin raise info '%', current_setting('hedge.told'); end $$")


steps = [step(create)]
