-- depends: 0080-calls-of-contracts

-- The hero or pet that a log concerns, as a word; null for other logs. Their logs do
-- not share the first indexed parameter. The first topics are those of Transfer, which
-- has a fourth topic if the token is one of a kind; PetHatchedV2 and PetUpdatedV2; and
-- HeroStateUpdated, HeroSummoned and HeroDarkSummoned.
create function app.object_of_log(
    topic0 bytea, topic2 bytea, topic3 bytea, payload bytea
)
returns bytea
language sql immutable parallel safe
as $$
select case
    when
        topic0
        = '\xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef'::bytea
        then topic3
    when
        topic0 in (
            '\x42459f7533fc44ab879698a653550d751e8f861d5e8fe6e8f10d783fd5e5d7b6'::bytea,
            '\x399a761065f71547cf33771590e18f942f8f7ffd486383e4483a0fbf68a13957'::bytea
        )
        then topic2
    when
        topic0 in (
            '\x15e21b409382f6f986de32a0b9f5a95ebd8136d32193b2c48bad50f3acadc3c5'::bytea,
            '\xef277373d709abc6be9d4926ac62b54991f4de2b6f8718079ae3d735ded22340'::bytea,
            '\x6a279777b266cc44f99bd02b26a3c6f0f50a38ccfe5cbdc19747d8c95e34d950'::bytea
        )
        then substr(payload, 1, 32)
end
$$;
comment on function app.object_of_log(bytea, bytea, bytea, bytea) is
'The hero or pet that a log concerns, as a word; null for other logs';

create index chain_logs_object on raw.chain_logs (
    app.object_of_log(topic0, topic2, topic3, data), block_number, log_index
)
where app.object_of_log(topic0, topic2, topic3, data) is not null;

-- The generation of a summoned hero may become known later, and with it that of its
-- versions.
create function app.note_generations() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    insert into app.undecoded_spans (chain_id, from_block, to_block, table_name)
    select distinct after.chain_id, after.block_number, after.block_number, 'heroes'
    from new_rows as after
    inner join old_rows as before
        on after.chain_id = before.chain_id and after.hero_id = before.hero_id
    where
        after.decoded_at is not null
        and after.block_number is not null
        and after.generation is distinct from before.generation
        and exists (select from app.chain_decoders where table_name = 'heroes');
    return null;
end
$$;
revoke execute on function app.note_generations() from public;
create trigger note_generations after update on raw.hero_summons
referencing old table as old_rows new table as new_rows
for each statement execute function app.note_generations();
alter table raw.hero_summons enable always trigger note_generations;
