-- The last run of each kind that has succeeded, by its as-of instant: that instant, in
-- seconds since 1970, and how long it took. What a demo world was loaded with is as old
-- as its load (app.regular_runs).
select
    kind,
    extract(
        epoch from case
            when kind in ('FULL', 'INCREMENTAL')
                then greatest(
                    as_of,
                    (select max(world.loaded_at) from app.made_up_world as world)
                )
            else as_of
        end
    )::double precision as as_of,
    extract(epoch from finished_at - started_at)::double precision as seconds
from app.last_good_runs
order by kind
