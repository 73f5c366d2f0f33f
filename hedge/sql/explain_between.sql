-- The difference of a value between two instants by its causes, from what
-- explain_evidence found step by step: before; with the links of after; with its
-- exclusions, too; and after. A fact counts at an instant where it was loaded when the
-- run of that instant read.
--
-- `late`: loaded or changed after the first instant, before which it happened; `links`:
-- a wallet was linked or unlinked; `exclusions`: begun or ended; `facts`: it happened,
-- ended or changed in between; `rules`: what other deployed rules make of the same
-- facts; `rest`: what else makes the difference to what was said. Of a metric that is
-- no sum of events, `facts` is all that differs by what is known now, and nothing is
-- `late`.
--
-- By the evidence of today, what was said at an instant has a remainder. Until the
-- first value by the rules of after (`ruled`), it is what the rules make; from there on
-- the same rules have computed, and it is the rest.
with

read as (

    select
        facts.*,
        sides.side,
        count(*) over (
            partition by
                sides.side, facts.what, facts.natural_key, facts.occurred_at
            rows unbounded preceding
        ) as ordinal
    from (
        values
        ('before', %(before)s::jsonb),
        ('linked', %(linked)s::jsonb),
        ('excluded', %(excluded)s::jsonb),
        ('after', %(after)s::jsonb),
        ('ruled', %(ruled)s::jsonb)
    ) as sides (side, listed)
    cross join
        lateral jsonb_to_recordset(sides.listed) as facts (
            what text,
            natural_key jsonb,
            occurred_at timestamptz,
            contribution numeric,
            is_private boolean,
            loaded_at timestamptz
        )

),

compared as (

    select
        read.what,
        read.natural_key,
        read.occurred_at,
        bool_or(read.is_private) as is_private,
        coalesce(
            max(read.loaded_at) <= %(since)s::timestamptz or not %(is_sum)s, true
        )::int as was_known,
        coalesce(
            max(read.loaded_at) <= %(until)s::timestamptz or not %(is_sum)s, true
        )::int as is_known,
        coalesce(
            max(read.loaded_at) <= %(ruled_until)s::timestamptz or not %(is_sum)s, true
        )::int as was_ruled,
        coalesce(sum(read.contribution) filter (where read.side = 'before'), 0)
            as at_before,
        coalesce(sum(read.contribution) filter (where read.side = 'linked'), 0)
            as linked,
        coalesce(sum(read.contribution) filter (where read.side = 'excluded'), 0)
            as excluded,
        coalesce(sum(read.contribution) filter (where read.side = 'after'), 0)
            as at_after,
        coalesce(sum(read.contribution) filter (where read.side = 'ruled'), 0)
            as ruled
    from read
    group by read.what, read.natural_key, read.occurred_at, read.ordinal

),

moved as (

    select
        compared.what,
        compared.natural_key,
        compared.occurred_at,
        compared.is_private,
        steps.cause,
        steps.amount
    from compared
    cross join
        lateral (
            values
            ('late', compared.at_before * (compared.is_known - compared.was_known)),
            ('links', (compared.linked - compared.at_before) * compared.is_known),
            ('exclusions', (compared.excluded - compared.linked) * compared.is_known),
            ('facts', (compared.at_after - compared.excluded) * compared.is_known)
        ) as steps (cause, amount)
    where
        steps.amount <> 0
        -- whoever may not know of exclusions finds them in what is left
        and (%(sees_exclusions)s or steps.cause <> 'exclusions')

),

causes as (

    select
        known.cause,
        known.place,
        coalesce(sum(moved.amount), 0) as amount,
        count(moved.natural_key) as facts,
        coalesce(bool_or(moved.is_private), false) as is_private
    from (
        values ('facts', 1), ('links', 2), ('late', 3), ('exclusions', 4)
    ) as known (cause, place)
    left join moved on known.cause = moved.cause
    group by known.cause, known.place

    union all

    select
        'rules' as cause,
        5 as place,
        coalesce(
            %(ruled_difference)s::numeric
            - sum(
                compared.ruled * compared.was_ruled
                - compared.at_before * compared.was_known
            ),
            %(ruled_difference)s::numeric,
            0
        ) as amount,
        0 as facts,
        false as is_private
    from compared

)

(
    select
        'cause' as part,
        causes.cause,
        trim_scale(causes.amount) as amount,
        causes.facts,
        null::timestamptz as occurred_at,
        null as what,
        null::jsonb as natural_key,
        (%(sees_private)s or not causes.is_private) as is_complete
    from causes
    order by causes.place
)

union all

select
    'cause' as part,
    'rest' as cause,
    trim_scale(
        %(difference)s::numeric - (select sum(causes.amount) from causes)
    ) as amount,
    0 as facts,
    null as occurred_at,
    null as what,
    null as natural_key,
    true as is_complete

union all

(
    select
        'fact' as part,
        moved.cause,
        trim_scale(moved.amount) as amount,
        1 as facts,
        moved.occurred_at,
        moved.what,
        case
            when %(sees_wallets)s then moved.natural_key
            else app.without_wallets(moved.natural_key)
        end as natural_key,
        true as is_complete
    from moved
    where
        moved.natural_key is not null
        and (%(sees_private)s or not moved.is_private)
    order by
        moved.occurred_at desc nulls last,
        abs(moved.amount) desc,
        moved.natural_key asc,
        moved.cause asc
    limit %(limit)s
)
