-- Compute the challenge_progress rows of six metric sources from the raw tables, in one script
-- that is tuned by hand for this purpose alone: each fact is read once for both windows,
-- mutations are counted once per hero, and no intermediate result is stored. It reads ladders
-- and genes from the seeds and writes bench.challenge_progress. A comment that begins with the name
-- of a source begins its statements (bench/column_store.py).
--
-- psql -v as_of=2026-11-21T00:00Z -f bench/six_sources.sql
\set ON_ERROR_STOP on
set timezone = 'UTC';
set jit = off;
set work_mem = '256MB';

create schema if not exists bench;
create table if not exists bench.challenge_progress (
    cluster_id text collate "C" not null,
    challenge_key text collate "C" not null,
    value numeric(60, 6) not null,
    unlocked boolean not null,
    tier text not null,
    rolling_value numeric(60, 6) not null,
    rolling_tier text not null,
    last_computed_at timestamptz not null,
    primary key (cluster_id, challenge_key)
);

create temporary table wallets as
select cluster_id, address from app.wallet_links where unlinked_at is null;
create index on wallets (address);
analyze wallets;

create temporary table bounds as
select
    :'as_of'::timestamptz as ends_at,
    :'as_of'::timestamptz - 180 * interval '24 hours' as rolling_from;

-- one row per cluster and challenge with a value; the last statement writes them all
create temporary table found (
    cluster_id text collate "C", challenge_key text, value numeric, rolling_value numeric
);

-- onchain_hunting
insert into found
select w.cluster_id, v.challenge_key, sum(v.value), sum(case when e.recent then v.value else 0 end)
from (
    select
        wallet_address,
        hunt_data_id,
        encountered_at >= b.rolling_from as recent
    from raw.hunting_encounters, bounds as b
    where result = 'WIN' and encountered_at < b.ends_at
) as e
inner join wallets as w on e.wallet_address = w.address
cross join lateral (
    values
    ('hunters_triumph', 1),
    ('motherclucker_slayer', (e.hunt_data_id = 2)::integer),
    ('mad_boar_slayer', (e.hunt_data_id = 1)::integer)
) as v (challenge_key, value)
group by w.cluster_id, v.challenge_key;

insert into found
select
    w.cluster_id,
    'clucker_miracle',
    1,
    max((e.encountered_at >= b.rolling_from)::integer)
from raw.hunting_encounters as e
inner join wallets as w on e.wallet_address = w.address
cross join bounds as b
where
    e.result = 'WIN' and e.hunt_data_id = 2 and e.encountered_at < b.ends_at
    and e.surviving_hero_count = 1 and e.surviving_hero_hp = 1
group by w.cluster_id;

insert into found
select
    w.cluster_id,
    'relic_tracker',
    sum(d.amount),
    coalesce(sum(d.amount) filter (where d.dropped_at >= b.rolling_from), 0)
from raw.hunting_drops as d
inner join analytics.relic_items as i on d.item_address = i.item_address
inner join wallets as w on d.wallet_address = w.address
cross join bounds as b
where d.dropped_at < b.ends_at
group by w.cluster_id;

-- onchain_quests
insert into found
select
    w.cluster_id,
    case when q.quest_instance_id = 2 then 'herbalist_master' else 'miner_master' end,
    count(*),
    count(*) filter (where q.completed_at >= b.rolling_from)
from raw.quest_completions as q
inner join wallets as w on q.wallet_address = w.address
cross join bounds as b
where q.status = 2 and q.quest_instance_id in (2, 3, 4) and q.completed_at < b.ends_at
group by 1, 2;

-- onchain_heroes: the version that is valid at the end, which is the same in both windows
insert into found
select o.cluster_id, v.challenge_key, v.value, v.value
from (
    select w.cluster_id, sum(h.level) as levels, count(*) as heroes
    from (
        select distinct on (h.hero_id) h.owner_wallet, h.level, h.is_rented
        from raw.heroes as h
        cross join bounds as b
        where h.updated_at < b.ends_at
        order by h.hero_id, h.updated_at desc
    ) as h
    inner join wallets as w on h.owner_wallet = w.address
    where not h.is_rented
    group by w.cluster_id
) as o
cross join lateral (
    values ('hero_riser', o.levels), ('house_of_heroes', o.heroes)
) as v (challenge_key, value);

-- onchain_pvp: matches between two wallets of one cluster do not count
insert into found
with
matches as (
    select
        w.cluster_id, m.outcome, m.hero_deaths, m.matched_at, m.realm, m.match_id,
        m.is_ranked, m.opponent_wallet,
        count(*) over (partition by w.cluster_id, m.realm, m.match_id) as own_wallets
    from raw.pvp_matches as m
    inner join wallets as w on m.wallet_address = w.address
),
numbered as (
    select
        m.*,
        m.matched_at >= b.rolling_from as recent,
        count(*) filter (where m.outcome <> 'WIN') over (
            partition by m.cluster_id order by m.matched_at, m.realm, m.match_id
        ) as run_number
    from matches as m
    cross join bounds as b
    left join wallets as o on m.opponent_wallet = o.address
    where
        m.is_ranked and m.own_wallets = 1 and m.matched_at < b.ends_at
        and o.cluster_id is distinct from m.cluster_id
),
runs as (
    select
        cluster_id,
        count(*) as played,
        count(*) filter (where recent) as played_recently,
        count(*) filter (where outcome = 'WIN') as wins,
        count(*) filter (where outcome = 'WIN' and recent) as wins_recently,
        max((outcome = 'WIN' and hero_deaths = 0)::integer) as flawless,
        max((outcome = 'WIN' and hero_deaths = 0 and recent)::integer) as flawless_recently
    from numbered
    group by cluster_id, run_number
),
per_cluster as (
    select
        cluster_id,
        sum(played) as played, sum(played_recently) as played_recently,
        sum(wins) as wins, sum(wins_recently) as wins_recently,
        max(wins) as streak, max(wins_recently) as streak_recently,
        max(flawless) as flawless, max(flawless_recently) as flawless_recently
    from runs
    group by cluster_id
)
select p.cluster_id, v.challenge_key, v.value, v.rolling_value
from per_cluster as p
cross join lateral (
    values
    ('arena_challenger', p.played, p.played_recently),
    ('arena_victor', p.wins, p.wins_recently),
    ('win_streak', p.streak, p.streak_recently),
    ('flawless_victory', coalesce(p.flawless, 0), coalesce(p.flawless_recently, 0))
) as v (challenge_key, value, rolling_value);

-- onchain_summoning: genes of all heroes once, mutations of all heroes once
create temporary table origins as
select distinct on (hero_id) hero_id, stat_genes, summoner_id, assistant_id,
    summoner_wallet, summoned_at, rarity, true as was_summoned
from raw.hero_summons
order by hero_id, chain_id;
create unique index on origins (hero_id);
insert into origins
select distinct on (hero_id) hero_id, stat_genes, summoner_id, assistant_id,
    null, null, null, false
from raw.heroes as h
where stat_genes is not null and not exists (select from origins as o where o.hero_id = h.hero_id)
order by hero_id, updated_at desc;
analyze origins;

create temporary table genes as
select
    o.hero_id,
    s.slot,
    mod(div(o.stat_genes, 32::numeric ^ (44 - 4 * s.slot)), 1048576)::integer as gene
from origins as o
cross join (values (0), (1), (3), (4), (5), (6)) as s (slot);
create index on genes (hero_id);
analyze genes;

create temporary table mutations as
select
    c.hero_id,
    count(*) as mutations,
    count(distinct case when c.slot <= 1 then c.slot when c.slot <= 4 then 3 else 5 end)
        as domains
from genes as c
inner join origins as o on c.hero_id = o.hero_id
inner join genes as s on o.summoner_id = s.hero_id and c.slot = s.slot
inner join genes as a on o.assistant_id = a.hero_id and c.slot = a.slot
where
    exists (
        select from analytics.mutation_pairs as p
        inner join analytics.hero_traits as t on p.trait = t.trait and p.child = t.name
        where
            t.gene = c.gene % 32
            and p.trait = case
                when c.slot <= 1 then 'class' when c.slot <= 4 then 'passive_skill'
                else 'active_skill'
            end
    )
    and c.gene % 32 not in (s.gene % 32, s.gene / 32 % 32, s.gene / 1024 % 32, s.gene / 32768)
    and c.gene % 32 not in (a.gene % 32, a.gene / 32 % 32, a.gene / 1024 % 32, a.gene / 32768)
group by c.hero_id;
create unique index on mutations (hero_id);
analyze mutations;

insert into found
with
summons as (
    select
        w.cluster_id,
        h.summoned_at >= b.rolling_from as recent,
        h.rarity,
        t.name as class_name,
        coalesce(m.mutations, 0) as mutations,
        coalesce(m.domains, 0) as domains,
        coalesce(m.mutations >= 1 and s.mutations >= 3 and a.mutations >= 3, false) as royal
    from raw.hero_summons as h
    inner join wallets as w on h.summoner_wallet = w.address
    cross join bounds as b
    left join mutations as m on h.hero_id = m.hero_id
    left join mutations as s on h.summoner_id = s.hero_id
    left join mutations as a on h.assistant_id = a.hero_id
    left join analytics.hero_traits as t
        on
            t.trait = 'class'
            and mod(div(h.stat_genes, 32::numeric ^ 44), 1048576)::integer % 32 = t.gene
    where h.summoned_at < b.ends_at
),
per_cluster as (
    select
        cluster_id,
        recent.is_wanted,
        max((domains >= 2)::integer) as perfect_pairing,
        count(*) filter (where summons.mutations >= 3) as mutagenic_specialist,
        count(*) filter (where rarity = 4) as mythmaker,
        count(*) filter (where royal) as royal_lineage,
        (
            count(distinct class_name) filter (
                where class_name in ('Dragoon', 'Sage', 'Spellbow', 'DreadKnight')
            ) = 4
        )::integer as summoner_of_legends
    from summons
    cross join (values (true), (false)) as recent (is_wanted)
    where summons.recent or not recent.is_wanted
    group by cluster_id, recent.is_wanted
)
select
    p.cluster_id,
    v.challenge_key,
    max(v.value) filter (where not p.is_wanted),
    coalesce(max(v.value) filter (where p.is_wanted), 0)
from per_cluster as p
cross join lateral (
    values
    ('perfect_pairing', p.perfect_pairing),
    ('mutagenic_specialist', p.mutagenic_specialist),
    ('mythmaker', p.mythmaker),
    ('royal_lineage', p.royal_lineage),
    ('summoner_of_legends', p.summoner_of_legends)
) as v (challenge_key, value)
group by p.cluster_id, v.challenge_key;

-- onchain_lp: the spans in which a cluster held an amount
create temporary table stretches as
with
balances as (
    select
        w.cluster_id, e.chain_id, e.pool_id, e.occurred_at as held_from,
        sum(case e.action when 'DEPOSIT' then e.lp_amount else -e.lp_amount end) over o as amount,
        coalesce(lead(e.occurred_at) over o, 'infinity') as held_until
    from raw.lp_stake_events as e
    inner join wallets as w on e.wallet_address = w.address
    window o as (
        partition by w.cluster_id, e.chain_id, e.pool_id
        order by e.occurred_at, e.tx_hash, e.log_index
    )
),
numbered as (
    select
        *,
        count(*) filter (where amount <= 0) over (
            partition by cluster_id, chain_id, pool_id order by held_from
        ) as holding
    from balances
    where held_from < held_until
)
select n.*
from numbered as n
cross join bounds as b
where n.amount > 0 and n.held_from < b.ends_at;

insert into found
with
stretched as (
    select
        s.*,
        b.ends_at,
        greatest(s.held_from, b.rolling_from) as recent_from,
        least(s.held_until, b.ends_at) as ends,
        s.held_until > b.rolling_from as is_recent
    from stretches as s
    cross join bounds as b
),
valued as (
    select
        s.*,
        case when s.held_until >= s.ends_at then s.amount * (
            select p.usd_per_lp from raw.lp_prices_daily as p
            where
                p.chain_id = s.chain_id and p.pool_id = s.pool_id
                and p.price_date <= (s.ends_at - interval '1 microsecond')::date
            order by p.price_date desc
            limit 1
        ) end as usd,
        d.days,
        case when s.is_recent then d.days * datemultirange(daterange(
            s.recent_from::date, (s.ends - interval '1 microsecond')::date, '[]'
        )) end as recent_days
    from stretched as s
    left join (
        select chain_id, pool_id, min(price_date) as first_day, min(usd_per_lp) as lowest
        from raw.lp_prices_daily
        group by chain_id, pool_id
    ) as f on s.chain_id = f.chain_id and s.pool_id = f.pool_id
    cross join lateral (
        select case
            when s.amount * f.lowest >= 1
                then case
                    when
                        greatest(s.held_from::date, f.first_day)
                        <= (s.ends - interval '1 microsecond')::date
                        then datemultirange(daterange(
                            greatest(s.held_from::date, f.first_day),
                            (s.ends - interval '1 microsecond')::date, '[]'
                        ))
                end
            else (
                select range_agg(daterange(
                    greatest(s.held_from::date, p.price_date),
                    least((s.ends - interval '1 microsecond')::date, p.last_day), '[]'
                ))
                from (
                    select
                        price_date,
                        usd_per_lp,
                        lead(price_date, 1, 'infinity') over (order by price_date) - 1 as last_day
                    from raw.lp_prices_daily as p
                    where p.chain_id = s.chain_id and p.pool_id = s.pool_id
                ) as p
                where
                    s.amount * p.usd_per_lp >= 1
                    and greatest(s.held_from::date, p.price_date)
                    <= least((s.ends - interval '1 microsecond')::date, p.last_day)
            )
        end as days
    ) as d
),
holdings as (
    select
        cluster_id, chain_id, pool_id, holding,
        max(ends) - min(held_from) as held_for,
        max(ends) filter (where is_recent) - min(recent_from) filter (where is_recent)
            as held_recently,
        sum(usd) as usd,
        range_agg(days) as days,
        range_agg(recent_days) as recent_days
    from valued
    group by cluster_id, chain_id, pool_id, holding
),
pools as (
    select
        cluster_id,
        max(held_for) as held_for, max(held_recently) as held_recently,
        sum(usd) as usd, range_agg(days) as days, range_agg(recent_days) as recent_days
    from holdings
    group by cluster_id, chain_id, pool_id
),
per_cluster as (
    select
        cluster_id,
        coalesce(sum(usd), 0) as usd,
        count(*) filter (where usd >= 1) as pools,
        coalesce(floor(extract(epoch from max(held_for)) / 86400), 0) as held_for,
        coalesce(floor(extract(epoch from max(held_recently)) / 86400), 0) as held_recently,
        (
            select coalesce(sum(upper(r) - lower(r)), 0) from unnest(range_agg(days)) as r
        ) as days,
        (
            select coalesce(sum(upper(r) - lower(r)), 0) from unnest(range_agg(recent_days)) as r
        ) as recent_days
    from pools
    group by cluster_id
)
select p.cluster_id, v.challenge_key, v.value, v.rolling_value
from per_cluster as p
cross join lateral (
    values
    ('lp_depth', p.usd, p.usd),
    ('lp_diversified', p.pools, p.pools),
    ('diamond_hand_lp', p.held_for, p.held_recently),
    ('market_maker', p.days, p.recent_days)
) as v (challenge_key, value, rolling_value);

insert into found
select
    w.cluster_id,
    'yield_harvester',
    count(*),
    count(*) filter (where h.harvested_at >= b.rolling_from)
from raw.lp_harvest_events as h
inner join wallets as w on h.wallet_address = w.address
cross join bounds as b
where h.harvested_at < b.ends_at
group by w.cluster_id;

-- every cluster has a row for every challenge
insert into bench.challenge_progress
with
ladders as (
    select
        c.key as challenge_key,
        array_agg(t.threshold_value order by t.sort_order) as thresholds,
        array_agg(t.tier_code order by t.sort_order) as codes
    from analytics.challenges as c
    inner join analytics.challenge_tiers as t on c.key = t.challenge_key
    where
        c.state = 'live'
        and c.metric_source in (
            'onchain_heroes', 'onchain_pvp', 'onchain_hunting', 'onchain_lp',
            'onchain_summoning', 'onchain_quests'
        )
    group by c.key
)
select
    c.cluster_id,
    l.challenge_key,
    coalesce(f.value, 0)::numeric(60, 6),
    coalesce(f.value >= l.thresholds[1], false),
    coalesce(l.codes[width_bucket(f.value, l.thresholds)], 'NONE'),
    coalesce(f.rolling_value, 0)::numeric(60, 6),
    coalesce(l.codes[width_bucket(f.rolling_value, l.thresholds)], 'NONE'),
    b.ends_at
from app.wallet_clusters as c
cross join ladders as l
cross join bounds as b
left join found as f on c.cluster_id = f.cluster_id and l.challenge_key = f.challenge_key
on conflict (cluster_id, challenge_key) do update set
    value = excluded.value,
    unlocked = excluded.unlocked,
    tier = excluded.tier,
    rolling_value = excluded.rolling_value,
    rolling_tier = excluded.rolling_tier,
    last_computed_at = excluded.last_computed_at;
