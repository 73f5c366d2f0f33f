-- depends: 0104-words-of-merges

-- Whose name everybody may see, in one place: queries for readers take names from here
-- alone. Without a row, a player shows none.
create view app.shown_names as
select
    players.player_id,
    players.display_name,
    -- as the search compares it; null where no name is recorded that is this one
    taken.folded
from app.players
left join app.names_of_players as taken
    on
        players.player_id = taken.player_id
        and players.display_name = taken.display_name
where players.show_on_boards and players.display_name is not null;
comment on view app.shown_names is
'The names that players show to everybody: those who have agreed to it';

-- How old the last run over all changes and the last full run may be, in one place, for
-- the page of an admin and hedge doctor; the rules of alerts have the same limits. The
-- demo world is computed as of a fixed instant, and is as old as its load.
create view app.regular_runs as
with

kinds (what, words, kinds, longest) as (

    values
    (
        'changes',
        'run over all changes',
        array['FULL', 'INCREMENTAL'],
        interval '1 hour'
    ),
    ('full', 'full run', array['FULL'], interval '2 days')

),

succeeded as (

    select
        kinds.what,
        kinds.words,
        kinds.longest,
        max(runs.as_of) as latest
    from kinds
    left join app.last_good_runs as runs on runs.kind = any(kinds.kinds)
    group by kinds.what, kinds.words, kinds.longest

)

select
    succeeded.what,
    succeeded.words,
    succeeded.longest,
    succeeded.latest,
    case
        when succeeded.latest is not null
            then greatest(
                succeeded.latest,
                (select max(world.loaded_at) from app.made_up_world as world)
            )
    end as since
from succeeded;
comment on view app.regular_runs is
'The runs that are due again and again: how old the last good one may be, and is';
