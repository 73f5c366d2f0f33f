-- For the rest of the transaction: the as-of instant, the links and the exclusions with
-- which the evidence of a difference is read. Empty links are those that are active
-- now, and without exclusions they are those of the as-of instant.
select
    set_config('hedge.as_of', %(as_of)s::timestamptz::text, true) as as_of,
    set_config(
        'hedge.links_as_of', coalesce(%(links_as_of)s::timestamptz::text, ''), true
    ) as links_as_of,
    set_config(
        'hedge.counted_exclusions', coalesce(%(exclusions)s::bigint[]::text, ''), true
    ) as exclusions
