-- depends: 0090-rarity

-- The edges between which values are counted: they grow as 1, 2, 3, 5, 7, 10, 20, from
-- a millionth on. Runs count between them (macros/runs/count_progress.sql), and pages
-- show the empty stretches as well.
create function app.value_edges() returns numeric[]
language sql immutable parallel safe
return (
    select array_agg(trim_scale(digits * 10::numeric ^ place) order by place, digits)
    from generate_series(-6, 54) as place
    cross join unnest(array[1, 2, 3, 5, 7]::numeric[]) as first_digits (digits)
);
comment on function app.value_edges() is
'The edges between which values of challenges are counted, the smallest first';

-- In the order in which players have reached a tier, by the facts where they tell it,
-- else by the run that saw it first: one lookup finds the first, and one the latest.
-- The index before had those with reached_at and those without apart.
do $$
begin
    if to_regclass('analytics.tier_unlocks') is not null then
        drop index if exists analytics.tier_unlocks_of_tiers;
        create index tier_unlocks_of_tiers on analytics.tier_unlocks
        (challenge_key, tier_code, kind, coalesce(reached_at, unlocked_at), unlocked_at)
        where revoked_at is null;
    end if;
end
$$;
