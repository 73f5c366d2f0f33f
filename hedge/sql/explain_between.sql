-- The difference of a value between two instants by its causes, from what
-- explain_evidence found as of both. A fact counted at an instant where it was known
-- and its wallet was linked then. `facts`: it happened, ended or changed in between;
-- `links`: a wallet was linked or unlinked; `late`: it happened before the first
-- instant, and was loaded or changed after it; `rest`: what else makes the difference
-- to what was said. Of a metric that does not add up, `facts` is all that differs
-- between both instants by what is known now.
with

earlier as (

    select
        facts.*,
        count(*) over (
            partition by facts.what, facts.natural_key, facts.occurred_at
            rows unbounded preceding
        ) as ordinal
    from jsonb_to_recordset(%(before)s::jsonb) as facts (
        what text,
        natural_key jsonb,
        occurred_at timestamptz,
        contribution numeric,
        is_private boolean,
        was_known boolean,
        was_linked boolean
    )

),

later as (

    select
        facts.*,
        count(*) over (
            partition by facts.what, facts.natural_key, facts.occurred_at
            rows unbounded preceding
        ) as ordinal
    from jsonb_to_recordset(%(after)s::jsonb) as facts (
        what text,
        natural_key jsonb,
        occurred_at timestamptz,
        contribution numeric,
        is_private boolean,
        was_known boolean,
        was_linked boolean
    )

),

compared as (

    select
        coalesce(later.what, earlier.what) as what,
        coalesce(later.natural_key, earlier.natural_key) as natural_key,
        coalesce(later.occurred_at, earlier.occurred_at) as occurred_at,
        coalesce(later.is_private, earlier.is_private) as is_private,
        coalesce(later.contribution, 0) * case
            when not %(is_sum)s or later.was_known and later.was_linked then 1 else 0
        end
        - coalesce(earlier.contribution, 0) * case
            when not %(is_sum)s or earlier.was_known and earlier.was_linked then 1
            else 0
        end as amount,
        case
            when not %(is_sum)s then 'facts'
            when earlier.what is null or later.what is null then 'facts'
            when earlier.was_linked <> later.was_linked then 'links'
            when earlier.was_known <> later.was_known then 'late'
            else 'facts'
        end as cause
    from earlier
    full join later
        on
            earlier.what = later.what
            and earlier.natural_key = later.natural_key
            and earlier.ordinal = later.ordinal
            and coalesce(earlier.occurred_at, '-infinity')
            = coalesce(later.occurred_at, '-infinity')

),

moved as (

    select * from compared
    where amount <> 0

),

causes as (

    select
        known.cause,
        known.place,
        coalesce(sum(moved.amount), 0) as amount,
        count(moved.amount) as facts,
        coalesce(bool_or(moved.is_private), false) as is_private
    from (values ('facts', 1), ('links', 2), ('late', 3)) as known (cause, place)
    left join moved on known.cause = moved.cause
    group by known.cause, known.place

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
        %(difference)s::numeric - coalesce((select sum(causes.amount) from causes), 0)
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
    where %(sees_private)s or not moved.is_private
    order by
        moved.occurred_at desc nulls last,
        abs(moved.amount) desc,
        moved.natural_key asc
    limit %(limit)s
)
