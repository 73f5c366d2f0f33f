-- depends: 0013-change-notes

-- Each column of the raw tables has one domain, which check constraints state. Stored
-- rows are mended where that is certain; a row that still breaks a rule moves to
-- raw.rejected_rows with the reason. What was changed is told, one sentence for each
-- table.

create temp table hedge_domains on commit drop as
with
contract_columns as (
    select
        relations.relname as table_name,
        columns.attname as column_name,
        columns.attnum as place,
        columns.atttypid::regtype::text as data_type,
        exists(
            select from pg_index as indexed
            where
                indexed.indrelid = columns.attrelid
                and columns.attnum = any(indexed.indkey)
        ) as is_indexed,
        exists(
            select from pg_constraint as checks
            where
                checks.conrelid = columns.attrelid
                and checks.contype = 'c'
                and columns.attnum = any(checks.conkey)
                and checks.conname <> columns.attname || ' is a number'
        ) as has_rule
    from pg_class as relations
    inner join pg_attribute as columns on relations.oid = columns.attrelid
    where
        relations.relnamespace = 'raw'::regnamespace
        and relations.relname in (
            'discord_interactions', 'hero_summons', 'heroes', 'hunting_drops',
            'hunting_encounters', 'influence_predictions', 'jeweler_events',
            'lp_harvest_events', 'lp_prices_daily', 'lp_stake_events', 'metis_battles',
            'metis_patrol_events', 'pets', 'pvp_matches', 'quest_completions',
            'seasonal_event_actions', 'shell_events', 'shell_raffle_entries',
            'shell_raffle_results', 'token_prices_daily', 'tournament_entries',
            'tournament_matches', 'vendor_transactions', 'wallet_first_seen'
        )
        and columns.attnum > 0
        and not columns.attisdropped
),

rules as (
    select
        *,
        case
            when has_rule then null
            when column_name = 'tx_hash' then '0x and 64 lower-case hex digits'
            -- chains have numbers from 1 on (EIP-155), and the first rank is 1
            when column_name in ('chain_id', 'final_rank') then '1 or more'
            -- uint256 on the chain
            when
                column_name in (
                    'stat_genes', 'visual_genes', 'settings_1', 'settings_2'
                )
                then '0 to 2^256 - 1'
            -- Every other number is an id, an amount, a price, a count or a score, and
            -- the events of the game give them as unsigned numbers.
            when data_type in ('smallint', 'integer', 'bigint', 'numeric')
                then '0 or more'
            when data_type = 'bigint[]' then 'a list of numbers of 0 or more'
            -- an entry of an index holds 2,704 bytes in all
            when data_type = 'text' and is_indexed then 'at most 512 bytes long'
        end as required
    from contract_columns
)

select
    table_name,
    column_name,
    place,
    data_type,
    column_name || ' is ' || required as sentence,
    format(
        case required
            -- a counted repeat in a regular expression would take eight times as long
            when '0x and 64 lower-case hex digits'
                then '%1$I ~ ''^0x[0-9a-f]*$'' and octet_length(%1$I) = 66'
            when '1 or more' then '%1$I >= 1'
            when '0 to 2^256 - 1'
                then
                    '%1$I between 0 and '
                    '11579208923731619542357098500868790785326998466564'
                    '0564039457584007913129639935'
            when '0 or more'
                then
                    '%1$I >= 0'
                    || case
                        -- NaN is more than Infinity, and Infinity than any number
                        when data_type = 'numeric' then ' and %1$I < ''Infinity'''
                        else ''
                    end
            when 'a list of numbers of 0 or more'
                then
                    '(0 <= all (%1$I)) is not false'
                    ' and coalesce(array_ndims(%1$I), 1) = 1'
            when 'at most 512 bytes long' then 'octet_length(%1$I) <= 512'
        end,
        column_name
    ) as expression
from rules
where required is not null;

-- A hash in the one spelling: 0x and lower-case digits; null where it is none.
create function pg_temp.hedge_hash(given text) returns text
language sql immutable
as $$
    select case
        when
            octet_length(btrim(given)) = 66 and lower(btrim(given)) ~ '^0x[0-9a-f]*$'
            then lower(btrim(given))
        when octet_length(btrim(given)) = 64 and lower(btrim(given)) ~ '^[0-9a-f]*$'
            then '0x' || lower(btrim(given))
    end
$$;

do $$
declare
    fact_table record;
    merged bigint;
    mended bigint;
    moved bigint;
begin
    for fact_table in
        select
            domains.table_name as name,
            bool_or(domains.column_name = 'tx_hash') as has_hash,
            bool_or(domains.column_name = 'tx_hash' and key.conkey is not null)
                as has_hash_in_key,
            string_agg(format('(%s)', domains.expression), ' and ' order by place)
                as rules,
            string_agg(
                format(
                    'case when not (%s) then format(%L, left(%I::text, 80)) end',
                    domains.expression,
                    format('%s ''%%s'' breaks the rule: %s',
                        domains.column_name, domains.sentence),
                    domains.column_name
                ),
                ', ' order by place
            ) as faults,
            string_agg(
                case
                    when domains.data_type = 'numeric'
                        then format(
                            'drop constraint %I, ',
                            domains.column_name || ' is a number'
                        )
                    else ''
                end
                || format('add constraint %I check (%s)',
                    domains.sentence, domains.expression),
                ', ' order by place
            ) as changes
        from hedge_domains as domains
        left join pg_constraint as key
            on
                key.conrelid = ('raw.' || domains.table_name)::regclass
                and key.contype = 'p'
                and domains.place = any(key.conkey)
        group by domains.table_name
        order by domains.table_name
    loop
        merged := 0;
        mended := 0;
        -- Of logs that differ only in the spelling of the hash, the newest stays.
        if fact_table.has_hash_in_key then
            execute format(
                'delete from raw.%1$I as fact using ('
                '    select tableoid as part, ctid as tuple, row_number() over ('
                '        partition by pg_temp.hedge_hash(tx_hash), log_index'
                '        order by loaded_at desc, tx_hash desc'
                '    ) as number'
                '    from raw.%1$I where pg_temp.hedge_hash(tx_hash) is not null'
                ') as spelled'
                ' where fact.tableoid = spelled.part and fact.ctid = spelled.tuple'
                '     and spelled.number > 1'
                '     and exists ('
                '         select from raw.%1$I'
                '         where tx_hash <> pg_temp.hedge_hash(tx_hash)'
                '     )',
                fact_table.name
            );
            get diagnostics merged = row_count;
        end if;
        if fact_table.has_hash then
            execute format(
                'update raw.%I set tx_hash = pg_temp.hedge_hash(tx_hash)'
                ' where tx_hash <> pg_temp.hedge_hash(tx_hash)',
                fact_table.name
            );
            get diagnostics mended = row_count;
        end if;
        execute format(
            'with removed as ('
            '    delete from raw.%1$I where not (%2$s)'
            '    returning to_jsonb(%1$I) - ''loaded_at'' as fact,'
            '        concat_ws(''; '', %3$s) as reason'
            ')'
            ' insert into raw.rejected_rows (table_name, file, line, row_text, reason)'
            ' select %1$L, ''migration 0014-exact-facts'', row_number() over (),'
            '     fact::text, reason'
            ' from removed',
            fact_table.name, fact_table.rules, fact_table.faults
        );
        get diagnostics moved = row_count;
        execute format('alter table raw.%I %s', fact_table.name, fact_table.changes);
        if merged + mended + moved > 0 then
            raise info 'raw.%: %', fact_table.name, concat_ws(
                '; ',
                case when merged > 0 then format(
                    'merged %s doubles whose tx_hash was spelled in another way', merged
                ) end,
                case when mended > 0 then format(
                    'wrote %s tx_hash in lower case with 0x', mended
                ) end,
                case when moved > 0 then format(
                    'moved %s rows that break a rule to raw.rejected_rows'
                    ' (file: migration 0014-exact-facts)', moved
                ) end
            );
        end if;
    end loop;
end
$$;

-- What a row is, for docs/raw-tables.md.
comment on table raw.discord_interactions is 'One interaction. Written by: bot';
comment on table raw.hero_summons is
'One summoned hero. Written by: HeroSummoned / HeroDarkSummoned logs';
comment on table raw.heroes is
'One version of a hero. Written by: game API or HeroCore logs';
comment on table raw.hunting_drops is
'One minted reward. Written by: HuntRewardMinted, HuntEquipmentMinted';
comment on table raw.hunting_encounters is
'One hunt. Written by: HuntsDiamond HuntCompleted';
comment on table raw.influence_predictions is
'One vote log (append only). Written by: BattleSpectatorAdded / VoteChanged / '
'Withdrew / Removed';
comment on table raw.jeweler_events is
'One log. Written by: cJEWEL Transfer from/to zero';
comment on table raw.lp_harvest_events is
'One log. Written by: LPStaking RewardClaimed';
comment on table raw.lp_prices_daily is 'Pool x day. Written by: price feed';
comment on table raw.lp_stake_events is
'One log. Written by: LPStaking Deposit, Withdraw';
comment on table raw.metis_battles is
'One battle. Written by: BattleCreated, BattleCompleted';
comment on table raw.metis_patrol_events is
'One patrol. Written by: PVPDiamond PatrolStarted + PatrolCompleted';
comment on table raw.pets is 'One version of a pet. Written by: PetCore';
comment on table raw.pvp_matches is
'Match x participant wallet, so a match has two rows. Written by: DuelCompleted (DFK '
'Chain, Kaia) and BattleCompleted (METIS)';
comment on table raw.quest_completions is
'One quest. Written by: QuestCoreV3 QuestCompleted (+ expedition iterations)';
comment on table raw.seasonal_event_actions is
'One action. Written by: event configuration + gameplay';
comment on table raw.shell_events is
'One log. Written by: ShellsEarned, ShellsClaimed, Daily/Weekly/FrequentShellQuest*';
comment on table raw.shell_raffle_entries is
'One entry action. Written by: raffle contract RaffleEntered';
comment on table raw.shell_raffle_results is 'Raffle x winner. Written by: RaffleDrawn';
comment on table raw.token_prices_daily is 'Token x day. Written by: price feed';
comment on table raw.tournament_entries is
'Tournament x wallet. Written by: tournament registrations and final standings';
comment on table raw.tournament_matches is
'One bracket match. Written by: METIS tournament logs';
comment on table raw.vendor_transactions is
'One log. Written by: gold token transfers to vendor contracts';
comment on table raw.wallet_first_seen is
'Wallet x chain. Written by: explorer first transaction';
