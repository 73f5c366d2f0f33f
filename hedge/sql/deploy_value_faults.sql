-- What is wrong with the values of a metric source that was computed aside, the first
-- row of each kind of fault: fault, metric_key, cluster_id, window_key, value and how
-- many rows have the fault.
with

faults as (

    select
        'two rows' as fault,
        null as metric_key,
        cluster_id,
        window_key,
        count(*)::text as value
    from computed
    group by cluster_id, window_key
    having count(*) > 1

    union all

    select
        'no key' as fault,
        null as metric_key,
        cluster_id,
        window_key,
        null as value
    from computed
    where cluster_id is null or window_key is null

    union all

    select
        'unknown cluster' as fault,
        null as metric_key,
        cluster_id,
        window_key,
        null as value
    from computed
    where
        cluster_id not in (
            select clusters.cluster_id from app.wallet_clusters as clusters
        )

    union all

    select
        'unknown window' as fault,
        null as metric_key,
        cluster_id,
        window_key,
        null as value
    from computed
    where
        window_key not in (
            select windows.window_key from computed_windows as windows
        )

    union all

    select
        case
            -- JSON has no such numbers: they are strings
            when jsonb_typeof(value) = 'string' then 'not a number'
            when abs(number) >= 1e54 then 'too large'
            else 'below zero'
        end as fault,
        metric_key,
        cluster_id,
        window_key,
        case
            when jsonb_typeof(value) = 'string' then value #>> '{}'
            when abs(number) >= 1e54 then to_char(number, '9.99EEEE')
            else number::text
        end as value
    from computed_values
    where jsonb_typeof(value) = 'string' or number < 0 or number >= 1e54

    union all

    select
        'always null' as fault,
        metric_key,
        min(cluster_id) as cluster_id,
        min(window_key) as window_key,
        count(*)::text as value
    from computed_values
    group by metric_key
    having bool_and(value = 'null')

),

counted as (

    select
        *,
        count(*) over (partition by fault, metric_key) as number_of_rows,
        row_number() over (
            partition by fault, metric_key
            order by cluster_id nulls first, window_key nulls first
        ) as place
    from faults

)

select
    fault,
    metric_key,
    cluster_id,
    window_key,
    number_of_rows,
    trim(value) as value
from counted
where place = 1
order by fault, metric_key
