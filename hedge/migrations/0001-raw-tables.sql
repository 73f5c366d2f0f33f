-- The 24 raw tables. Other programs write them, so names, types and natural keys are a
-- contract. A check constraint is named with the sentence that must be true, which the
-- loader and PostgreSQL's errors quote. Every table has loaded_at, the time of the last
-- insert or update of the row by the database's clock, which incremental runs read; and
-- an index on each wallet column with the event time, which the filter of the scope
-- reads. Keys and addresses are compared byte by byte (collate "C"), so that every
-- server sorts them in the same order.

-- An administrator may have made the schema, for a role that may create none.
do $$
begin
    if to_regnamespace('raw') is null then
        create schema raw;
    end if;
end $$;

-- one interaction; written by: bot
create table raw.discord_interactions (
    interaction_id bigint not null,
    discord_id text collate "C" not null,
    kind text not null,
    command text,
    topic text,
    occurred_at timestamptz not null,
    loaded_at timestamptz not null default now(),
    primary key (interaction_id),
    constraint "kind is COMMAND, MESSAGE, ONBOARDING_STEP, EVENT or HELPFUL"
    check (kind in ('COMMAND', 'MESSAGE', 'ONBOARDING_STEP', 'EVENT', 'HELPFUL')),
    constraint "occurred_at is a finite time" check (isfinite(occurred_at))
);
create index on raw.discord_interactions (loaded_at);
create index on raw.discord_interactions (discord_id, occurred_at);

-- one summoned hero; written by: HeroSummoned / HeroDarkSummoned logs
create table raw.hero_summons (
    chain_id integer not null,
    hero_id bigint not null,
    tx_hash text collate "C",
    log_index integer,
    block_number bigint,
    summoner_wallet text collate "C" not null,
    summoner_id bigint,
    assistant_id bigint,
    stat_genes numeric(78) not null,
    visual_genes numeric(78),
    rarity smallint,
    generation smallint,
    summoned_at timestamptz not null,
    loaded_at timestamptz not null default now(),
    primary key (chain_id, hero_id),
    constraint "summoner_wallet is 0x and 40 lower-case hex digits"
    check (summoner_wallet ~ '^0x[0-9a-f]{40}$'),
    constraint "stat_genes is a number" check (stat_genes <> 'NaN'),
    constraint "visual_genes is a number" check (visual_genes <> 'NaN'),
    constraint "summoned_at is a finite time" check (isfinite(summoned_at))
);
create index on raw.hero_summons (loaded_at);
create index on raw.hero_summons (summoner_wallet, summoned_at);
create index on raw.hero_summons (hero_id);
create index on raw.hero_summons (summoner_id);
create index on raw.hero_summons (assistant_id);

-- one version of a hero; written by: game API or HeroCore logs
create table raw.heroes (
    hero_id bigint not null,
    realm text,
    owner_wallet text collate "C",
    main_class text not null,
    sub_class text,
    profession text,
    rarity smallint not null,
    level smallint not null,
    generation smallint,
    is_rented boolean not null,
    summoner_id bigint,
    assistant_id bigint,
    stat_genes numeric(78),
    updated_at timestamptz not null,
    loaded_at timestamptz not null default now(),
    primary key (hero_id, updated_at),
    constraint "owner_wallet is 0x and 40 lower-case hex digits"
    check (owner_wallet ~ '^0x[0-9a-f]{40}$'),
    constraint "stat_genes is a number" check (stat_genes <> 'NaN'),
    constraint "updated_at is a finite time" check (isfinite(updated_at))
);
create index on raw.heroes (loaded_at);
create index on raw.heroes (owner_wallet, updated_at);
create index on raw.heroes (summoner_id) where summoner_id is not null;
create index on raw.heroes (assistant_id) where assistant_id is not null;

-- one minted reward; written by: HuntRewardMinted, HuntEquipmentMinted
create table raw.hunting_drops (
    tx_hash text collate "C" not null,
    log_index integer not null,
    chain_id integer not null,
    hunt_id bigint not null,
    wallet_address text collate "C" not null,
    item_address text collate "C" not null,
    amount numeric(38) not null,
    equipment_type smallint,
    display_id integer,
    rarity smallint,
    nft_id bigint,
    dropped_at timestamptz not null,
    loaded_at timestamptz not null default now(),
    primary key (tx_hash, log_index),
    constraint "wallet_address is 0x and 40 lower-case hex digits"
    check (wallet_address ~ '^0x[0-9a-f]{40}$'),
    constraint "item_address is 0x and 40 lower-case hex digits"
    check (item_address ~ '^0x[0-9a-f]{40}$'),
    constraint "amount is a number" check (amount <> 'NaN'),
    constraint "dropped_at is a finite time" check (isfinite(dropped_at))
);
create index on raw.hunting_drops (loaded_at);
create index on raw.hunting_drops (wallet_address, dropped_at);

-- one hunt; written by: HuntsDiamond HuntCompleted
create table raw.hunting_encounters (
    chain_id integer not null,
    hunt_id bigint not null,
    tx_hash text collate "C",
    log_index integer,
    block_number bigint,
    wallet_address text collate "C" not null,
    hunt_data_id smallint not null,
    enemy_id text,
    result text not null,
    hero_ids bigint[],
    retries smallint,
    surviving_hero_count smallint,
    surviving_hero_hp integer,
    encountered_at timestamptz not null,
    loaded_at timestamptz not null default now(),
    primary key (chain_id, hunt_id),
    constraint "wallet_address is 0x and 40 lower-case hex digits"
    check (wallet_address ~ '^0x[0-9a-f]{40}$'),
    constraint "result is WIN or LOSS" check (result in ('WIN', 'LOSS')),
    constraint "encountered_at is a finite time" check (isfinite(encountered_at))
);
create index on raw.hunting_encounters (loaded_at);
create index on raw.hunting_encounters (wallet_address, encountered_at);

-- one vote log (append only); written by: BattleSpectatorAdded / VoteChanged / Withdrew
-- / Removed
create table raw.influence_predictions (
    battle_id bigint not null,
    wallet_address text collate "C" not null,
    action text not null,
    side smallint,
    influence numeric(38),
    tx_hash text collate "C" not null,
    log_index integer not null,
    voted_at timestamptz not null,
    loaded_at timestamptz not null default now(),
    primary key (tx_hash, log_index),
    constraint "wallet_address is 0x and 40 lower-case hex digits"
    check (wallet_address ~ '^0x[0-9a-f]{40}$'),
    constraint "action is ADD, CHANGE or WITHDRAW" check (
        action in ('ADD', 'CHANGE', 'WITHDRAW')
    ),
    constraint "influence is a number" check (influence <> 'NaN'),
    constraint "voted_at is a finite time" check (isfinite(voted_at))
);
create index on raw.influence_predictions (loaded_at);
create index on raw.influence_predictions (wallet_address, voted_at);
create index on raw.influence_predictions (battle_id);

-- one log; written by: cJEWEL Transfer from/to zero
create table raw.jeweler_events (
    tx_hash text collate "C" not null,
    log_index integer not null,
    wallet_address text collate "C" not null,
    action text not null,
    jewel_amount numeric(38, 18) not null,
    cjewel_amount numeric(38, 18) not null,
    occurred_at timestamptz not null,
    loaded_at timestamptz not null default now(),
    primary key (tx_hash, log_index),
    constraint "wallet_address is 0x and 40 lower-case hex digits"
    check (wallet_address ~ '^0x[0-9a-f]{40}$'),
    constraint "action is DEPOSIT or WITHDRAW" check (
        action in ('DEPOSIT', 'WITHDRAW')
    ),
    constraint "jewel_amount is a number" check (jewel_amount <> 'NaN'),
    constraint "cjewel_amount is a number" check (cjewel_amount <> 'NaN'),
    constraint "occurred_at is a finite time" check (isfinite(occurred_at))
);
create index on raw.jeweler_events (loaded_at);
create index on raw.jeweler_events (wallet_address, occurred_at);

-- one log; written by: LPStaking RewardClaimed
create table raw.lp_harvest_events (
    tx_hash text collate "C" not null,
    log_index integer not null,
    wallet_address text collate "C" not null,
    chain_id integer not null,
    pool_id smallint not null,
    reward_amount numeric(38, 18),
    reward_token text,
    harvested_at timestamptz not null,
    loaded_at timestamptz not null default now(),
    primary key (tx_hash, log_index),
    constraint "wallet_address is 0x and 40 lower-case hex digits"
    check (wallet_address ~ '^0x[0-9a-f]{40}$'),
    constraint "reward_amount is a number" check (reward_amount <> 'NaN'),
    constraint "harvested_at is a finite time" check (isfinite(harvested_at))
);
create index on raw.lp_harvest_events (loaded_at);
create index on raw.lp_harvest_events (wallet_address, harvested_at);

-- pool x day; written by: price feed
create table raw.lp_prices_daily (
    price_date date not null,
    chain_id integer not null,
    pool_id smallint not null,
    usd_per_lp numeric(30, 12) not null,
    loaded_at timestamptz not null default now(),
    primary key (price_date, chain_id, pool_id),
    constraint "price_date is a finite date" check (isfinite(price_date)),
    constraint "usd_per_lp is a number" check (usd_per_lp <> 'NaN')
);
create index on raw.lp_prices_daily (loaded_at);
create index on raw.lp_prices_daily (chain_id, pool_id, price_date);

-- one log; written by: LPStaking Deposit, Withdraw
create table raw.lp_stake_events (
    tx_hash text collate "C" not null,
    log_index integer not null,
    wallet_address text collate "C" not null,
    chain_id integer not null,
    pool_id smallint not null,
    action text not null,
    lp_amount numeric(38, 18) not null,
    occurred_at timestamptz not null,
    loaded_at timestamptz not null default now(),
    primary key (tx_hash, log_index),
    constraint "wallet_address is 0x and 40 lower-case hex digits"
    check (wallet_address ~ '^0x[0-9a-f]{40}$'),
    constraint "action is DEPOSIT or WITHDRAW" check (
        action in ('DEPOSIT', 'WITHDRAW')
    ),
    constraint "lp_amount is a number" check (lp_amount <> 'NaN'),
    constraint "occurred_at is a finite time" check (isfinite(occurred_at))
);
create index on raw.lp_stake_events (loaded_at);
create index on raw.lp_stake_events (wallet_address, occurred_at);
create index on raw.lp_stake_events (chain_id, pool_id);

-- one battle; written by: BattleCreated, BattleCompleted
create table raw.metis_battles (
    chain_id integer not null,
    battle_id bigint not null,
    host_wallet text collate "C",
    opponent_wallet text collate "C",
    winner_wallet text collate "C",
    winner_side smallint,
    settings_1 numeric(78),
    settings_2 numeric(78),
    created_at timestamptz,
    completed_at timestamptz,
    loaded_at timestamptz not null default now(),
    primary key (chain_id, battle_id),
    constraint "host_wallet is 0x and 40 lower-case hex digits"
    check (host_wallet ~ '^0x[0-9a-f]{40}$'),
    constraint "opponent_wallet is 0x and 40 lower-case hex digits"
    check (opponent_wallet ~ '^0x[0-9a-f]{40}$'),
    constraint "winner_wallet is 0x and 40 lower-case hex digits"
    check (winner_wallet ~ '^0x[0-9a-f]{40}$'),
    constraint "settings_1 is a number" check (settings_1 <> 'NaN'),
    constraint "settings_2 is a number" check (settings_2 <> 'NaN'),
    constraint "created_at is a finite time" check (isfinite(created_at)),
    constraint "completed_at is a finite time" check (isfinite(completed_at))
);
create index on raw.metis_battles (loaded_at);

-- one patrol; written by: PVPDiamond PatrolStarted + PatrolCompleted
create table raw.metis_patrol_events (
    chain_id integer not null,
    patrol_id bigint not null,
    tx_hash text collate "C",
    log_index integer,
    wallet_address text collate "C" not null,
    trial_id smallint,
    stage smallint,
    difficulty text,
    fights_completed smallint,
    result text not null,
    completed_at timestamptz not null,
    loaded_at timestamptz not null default now(),
    primary key (chain_id, patrol_id),
    constraint "wallet_address is 0x and 40 lower-case hex digits"
    check (wallet_address ~ '^0x[0-9a-f]{40}$'),
    constraint "result is WIN or LOSS" check (result in ('WIN', 'LOSS')),
    constraint "completed_at is a finite time" check (isfinite(completed_at))
);
create index on raw.metis_patrol_events (loaded_at);
create index on raw.metis_patrol_events (wallet_address, completed_at);

-- one version of a pet; written by: PetCore
create table raw.pets (
    pet_id bigint not null,
    chain_id integer not null,
    owner_wallet text collate "C",
    egg_type smallint,
    rarity smallint not null,
    appearance integer,
    family text,
    variant text not null,
    updated_at timestamptz not null,
    loaded_at timestamptz not null default now(),
    primary key (pet_id, chain_id, updated_at),
    constraint "owner_wallet is 0x and 40 lower-case hex digits"
    check (owner_wallet ~ '^0x[0-9a-f]{40}$'),
    constraint "variant is NORMAL, ODD or ULTRA_ODD"
    check (variant in ('NORMAL', 'ODD', 'ULTRA_ODD')),
    constraint "updated_at is a finite time" check (isfinite(updated_at))
);
create index on raw.pets (loaded_at);
create index on raw.pets (owner_wallet, updated_at);

-- match x participant wallet; written by: DuelCompleted (DFK Chain, Kaia) and
-- BattleCompleted (METIS); already both
create table raw.pvp_matches (
    realm text collate "C" not null,
    match_id text collate "C" not null,
    wallet_address text collate "C" not null,
    opponent_wallet text collate "C",
    queue_type text,
    is_ranked boolean not null,
    outcome text not null,
    hero_deaths smallint,
    score_before bigint,
    score_after bigint,
    tx_hash text collate "C",
    log_index integer,
    matched_at timestamptz not null,
    loaded_at timestamptz not null default now(),
    primary key (realm, match_id, wallet_address),
    constraint "wallet_address is 0x and 40 lower-case hex digits"
    check (wallet_address ~ '^0x[0-9a-f]{40}$'),
    constraint "opponent_wallet is 0x and 40 lower-case hex digits"
    check (opponent_wallet ~ '^0x[0-9a-f]{40}$'),
    constraint "queue_type is SOLO, SQUAD, WAR, PACK, PRIVATE or PRACTICE"
    check (queue_type in ('SOLO', 'SQUAD', 'WAR', 'PACK', 'PRIVATE', 'PRACTICE')),
    constraint "outcome is WIN, LOSS or DRAW" check (
        outcome in ('WIN', 'LOSS', 'DRAW')
    ),
    constraint "matched_at is a finite time" check (isfinite(matched_at))
);
create index on raw.pvp_matches (loaded_at);
create index on raw.pvp_matches (wallet_address, matched_at);

-- one quest; written by: QuestCoreV3 QuestCompleted (+ expedition iterations)
create table raw.quest_completions (
    chain_id integer not null,
    quest_id bigint not null,
    tx_hash text collate "C",
    log_index integer,
    wallet_address text collate "C" not null,
    hero_id bigint,
    hero_count smallint,
    quest_instance_id smallint not null,
    quest_type smallint,
    level smallint,
    attempts smallint,
    status smallint not null,
    started_at timestamptz,
    completed_at timestamptz not null,
    loaded_at timestamptz not null default now(),
    primary key (chain_id, quest_id),
    constraint "wallet_address is 0x and 40 lower-case hex digits"
    check (wallet_address ~ '^0x[0-9a-f]{40}$'),
    constraint "quest_instance_id is 1 to 6" check (quest_instance_id between 1 and 6),
    constraint "started_at is a finite time" check (isfinite(started_at)),
    constraint "completed_at is a finite time" check (isfinite(completed_at))
);
create index on raw.quest_completions (loaded_at);
create index on raw.quest_completions (wallet_address, completed_at);

-- one action; written by: event configuration + gameplay
create table raw.seasonal_event_actions (
    event_key text collate "C" not null,
    wallet_address text collate "C" not null,
    action_kind text collate "C" not null,
    ref_id text collate "C" not null,
    occurred_at timestamptz not null,
    loaded_at timestamptz not null default now(),
    primary key (event_key, wallet_address, action_kind, ref_id),
    constraint "wallet_address is 0x and 40 lower-case hex digits"
    check (wallet_address ~ '^0x[0-9a-f]{40}$'),
    constraint "action_kind is PARTICIPATION, QUEST or BOSS_KILL"
    check (action_kind in ('PARTICIPATION', 'QUEST', 'BOSS_KILL')),
    constraint "occurred_at is a finite time" check (isfinite(occurred_at))
);
create index on raw.seasonal_event_actions (loaded_at);
create index on raw.seasonal_event_actions (wallet_address, occurred_at);

-- one log; written by: ShellsEarned, ShellsClaimed, Daily/Weekly/FrequentShellQuest*
create table raw.shell_events (
    tx_hash text collate "C" not null,
    log_index integer not null,
    chain_id integer not null,
    wallet_address text collate "C" not null,
    event_type text not null,
    source text,
    shell_amount numeric(38) not null,
    occurred_at timestamptz not null,
    loaded_at timestamptz not null default now(),
    primary key (tx_hash, log_index),
    constraint "wallet_address is 0x and 40 lower-case hex digits"
    check (wallet_address ~ '^0x[0-9a-f]{40}$'),
    constraint "event_type is EARN, CLAIM or SPEND"
    check (event_type in ('EARN', 'CLAIM', 'SPEND')),
    constraint "shell_amount is a number" check (shell_amount <> 'NaN'),
    constraint "occurred_at is a finite time" check (isfinite(occurred_at))
);
create index on raw.shell_events (loaded_at);
create index on raw.shell_events (wallet_address, occurred_at);

-- one entry action; written by: raffle contract RaffleEntered
create table raw.shell_raffle_entries (
    raffle_id bigint not null,
    wallet_address text collate "C" not null,
    tickets integer,
    tx_hash text collate "C" not null,
    log_index integer not null,
    entered_at timestamptz not null,
    loaded_at timestamptz not null default now(),
    primary key (tx_hash, log_index),
    constraint "wallet_address is 0x and 40 lower-case hex digits"
    check (wallet_address ~ '^0x[0-9a-f]{40}$'),
    constraint "entered_at is a finite time" check (isfinite(entered_at))
);
create index on raw.shell_raffle_entries (loaded_at);
create index on raw.shell_raffle_entries (wallet_address, entered_at);

-- raffle x winner; written by: RaffleDrawn
create table raw.shell_raffle_results (
    raffle_id bigint not null,
    winner_wallet text collate "C" not null,
    prize_token text,
    prize_amount numeric(38),
    tx_hash text collate "C",
    log_index integer,
    drawn_at timestamptz not null,
    loaded_at timestamptz not null default now(),
    primary key (raffle_id, winner_wallet),
    constraint "winner_wallet is 0x and 40 lower-case hex digits"
    check (winner_wallet ~ '^0x[0-9a-f]{40}$'),
    constraint "prize_amount is a number" check (prize_amount <> 'NaN'),
    constraint "drawn_at is a finite time" check (isfinite(drawn_at))
);
create index on raw.shell_raffle_results (loaded_at);
create index on raw.shell_raffle_results (winner_wallet, drawn_at);

-- token x day; written by: price feed
create table raw.token_prices_daily (
    price_date date not null,
    token text collate "C" not null,
    usd_price numeric(30, 12) not null,
    source text,
    loaded_at timestamptz not null default now(),
    primary key (price_date, token),
    constraint "price_date is a finite date" check (isfinite(price_date)),
    constraint "usd_price is a number" check (usd_price <> 'NaN')
);
create index on raw.token_prices_daily (loaded_at);

-- tournament x wallet; written by: tournament registrations and final standings
create table raw.tournament_entries (
    chain_id integer not null,
    tournament_id bigint not null,
    wallet_address text collate "C" not null,
    is_official boolean not null,
    registered_at timestamptz not null,
    final_rank integer,
    ended_at timestamptz,
    loaded_at timestamptz not null default now(),
    primary key (chain_id, tournament_id, wallet_address),
    constraint "wallet_address is 0x and 40 lower-case hex digits"
    check (wallet_address ~ '^0x[0-9a-f]{40}$'),
    constraint "registered_at is a finite time" check (isfinite(registered_at)),
    constraint "ended_at is a finite time" check (isfinite(ended_at))
);
create index on raw.tournament_entries (loaded_at);
create index on raw.tournament_entries (wallet_address, registered_at);

-- one bracket match; written by: METIS tournament logs
create table raw.tournament_matches (
    tx_hash text collate "C" not null,
    log_index integer not null,
    chain_id integer not null,
    tournament_id bigint not null,
    bracket_slot integer,
    player_a text collate "C" not null,
    player_b text collate "C",
    winner_wallet text collate "C",
    block_number bigint,
    completed_at timestamptz not null,
    loaded_at timestamptz not null default now(),
    primary key (tx_hash, log_index),
    constraint "player_a is 0x and 40 lower-case hex digits" check (
        player_a ~ '^0x[0-9a-f]{40}$'
    ),
    constraint "player_b is 0x and 40 lower-case hex digits" check (
        player_b ~ '^0x[0-9a-f]{40}$'
    ),
    constraint "winner_wallet is 0x and 40 lower-case hex digits"
    check (winner_wallet ~ '^0x[0-9a-f]{40}$'),
    constraint "completed_at is a finite time" check (isfinite(completed_at))
);
create index on raw.tournament_matches (loaded_at);
create index on raw.tournament_matches (player_a, completed_at);
create index on raw.tournament_matches (player_b, completed_at);

-- one log; written by: gold token transfers to vendor contracts
create table raw.vendor_transactions (
    tx_hash text collate "C" not null,
    log_index integer not null,
    chain_id integer not null,
    wallet_address text collate "C" not null,
    vendor text,
    method text not null,
    item_id text,
    gold_amount numeric(38, 3) not null,
    direction text not null,
    occurred_at timestamptz not null,
    loaded_at timestamptz not null default now(),
    primary key (tx_hash, log_index),
    constraint "wallet_address is 0x and 40 lower-case hex digits"
    check (wallet_address ~ '^0x[0-9a-f]{40}$'),
    constraint "gold_amount is a number" check (gold_amount <> 'NaN'),
    constraint "direction is SPEND or EARN" check (direction in ('SPEND', 'EARN')),
    constraint "occurred_at is a finite time" check (isfinite(occurred_at))
);
create index on raw.vendor_transactions (loaded_at);
create index on raw.vendor_transactions (wallet_address, occurred_at);

-- wallet x chain; written by: explorer first transaction
create table raw.wallet_first_seen (
    chain text collate "C" not null,
    address text collate "C" not null,
    first_tx_at timestamptz not null,
    loaded_at timestamptz not null default now(),
    primary key (chain, address),
    constraint "address is 0x and 40 lower-case hex digits" check (
        address ~ '^0x[0-9a-f]{40}$'
    ),
    constraint "first_tx_at is a finite time" check (isfinite(first_tx_at))
);
create index on raw.wallet_first_seen (loaded_at);
create index on raw.wallet_first_seen (address, first_tx_at);

-- Rejected rows: their file and line, the text of the row, and the reason.
create table raw.rejected_rows (
    table_name text not null,
    file text not null,
    line bigint not null,
    row_text text not null,
    reason text not null,
    rejected_at timestamptz not null default now(),
    primary key (table_name, file, line)
);
create index on raw.rejected_rows (rejected_at);
