-- The newest runs, how long each took, and where in the run each model begins and ends;
-- with a run_id only that run. Models run side by side; x is null for one of which it
-- is not known when it began.
with

newest as (

    select
        runs.*,
        extract(epoch from coalesce(runs.finished_at, now()) - runs.started_at)
            as seconds
    from app.etl_runs as runs
    where runs.run_id = %(run)s or %(run)s::bigint is null
    order by runs.run_id desc
    limit 25

),

longest as (select greatest(max(seconds), 0.001) as seconds from newest),

models as (

    select
        newest.run_id,
        newest.seconds as seconds_of_run,
        models.place,
        models.entry ->> 'name' as name,
        models.entry ->> 'state' as state,
        (models.entry ->> 'rows')::bigint as row_count,
        (models.entry ->> 'seconds')::numeric as seconds,
        (models.entry ->> 'began')::numeric as began
    from newest
    cross join
        jsonb_array_elements(newest.models) with ordinality as models (entry, place)

)

select
    newest.run_id,
    newest.kind,
    newest.scope_size,
    newest.as_of,
    newest.state,
    newest.started_at,
    newest.finished_at,
    newest.error,
    newest.caused_by,
    round(newest.seconds, 1) as seconds,
    round(newest.seconds * 100 / longest.seconds, 2) as length,
    coalesce(
        (
            select
                jsonb_agg(
                    jsonb_build_object(
                        'name', models.name,
                        'state', models.state,
                        'rows', models.row_count,
                        'seconds', models.seconds,
                        'x',
                        case
                            when models.began is not null
                                then
                                    round(
                                        least(models.began, models.seconds_of_run)
                                        * 100
                                        / longest.seconds,
                                        2
                                    )
                        end,
                        -- none lies outside of its run
                        'length', round(
                            least(
                                models.seconds,
                                models.seconds_of_run
                                - least(
                                    coalesce(models.began, 0), models.seconds_of_run
                                )
                            )
                            * 100
                            / longest.seconds,
                            2
                        )
                    )
                    order by models.began, models.place
                )
            from models
            where models.run_id = newest.run_id
        ),
        '[]'
    ) as models
from newest
cross join longest
order by newest.run_id desc
