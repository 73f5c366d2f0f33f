-- The functions in SQL of models that make two computations as of one instant differ:
-- volatile ones, and those that read the clock. names and texts are two arrays of the
-- same length.
with

models as (

    select
        given.name,
        -- without strings and comments
        regexp_replace(
            given.text, '''[^'']*''|--[^\n]*|\{#.*?#\}|/\*.*?\*/', ' ', 'g'
        ) as code
    from unnest(%(names)s::text[], %(texts)s::text[]) as given (name, text)

),

called as (

    select
        models.name,
        lower(calls.match[1]) as schema_name,
        lower(calls.match[2]) as function_name
    from models
    cross join
        lateral regexp_matches(
            models.code, '(?:\m([a-zA-Z_]\w*)\.)?\m([a-zA-Z_]\w*)\s*\(', 'g'
        ) as calls (match)

)

select distinct
    called.name,
    called.function_name || '()' as function_name
from called
inner join pg_proc as procs on called.function_name = procs.proname
inner join pg_namespace as namespaces on procs.pronamespace = namespaces.oid
where
    coalesce(called.schema_name, 'pg_catalog') = namespaces.nspname
    and (
        procs.provolatile = 'v'
        or (
            namespaces.nspname = 'pg_catalog'
            and procs.proname in (
                'now', 'statement_timestamp', 'transaction_timestamp'
            )
        )
    )

union

select
    models.name,
    lower(words.match[1]) as function_name
from models
cross join
    lateral regexp_matches(
        models.code,
        '\m(current_date|current_time|current_timestamp|localtime|localtimestamp)\M',
        'gi'
    ) as words (match)
order by name, function_name
