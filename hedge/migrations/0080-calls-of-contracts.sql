-- depends: 0078-complete-to

-- What contracts answer to the calls that the seed chain_calls names: the whole answer,
-- so that several values of one answer are asked for once, and the block at whose end
-- it was so. What was stored before was one word of an answer, of an unknown block.
drop trigger note_new_results on raw.chain_call_results;
drop trigger note_changed_results on raw.chain_call_results;
delete from raw.chain_call_results;
alter table raw.chain_call_results
drop column result,
add column block_number bigint not null,
add column answer bytea,
drop constraint chain_call_results_pkey,
add primary key (chain_id, contract, called_function, argument, block_number);
comment on table raw.chain_call_results is
'What contracts answered to the calls of the seed chain_calls. Written by: '
'hedge chain follow';
comment on column raw.chain_call_results.block_number is
'The block at whose end the contract answered so';
comment on column raw.chain_call_results.answer is
'What the function returned, encoded; null where the contract refused the call';

-- The calls that facts want which lack a value. They are made by who follows the chain,
-- and go when they are answered.
create table app.chain_wanted_calls (
    chain_id integer not null,
    contract text collate "C" not null,
    called_function text collate "C" not null,
    argument numeric(78) not null,
    -- of the fact
    block_number bigint not null,
    -- whether only the state at the end of that block answers
    is_of_block boolean not null,
    table_name text collate "C" not null,
    -- when the node last did not have that state
    lacked_at timestamptz,
    primary key (
        chain_id, contract, called_function, argument, block_number, is_of_block,
        table_name
    )
);
comment on table app.chain_wanted_calls is
'The calls to contracts that facts want which lack a value, until they are answered';

-- Why the calls that could supply what a fact lacks have not done so.
alter table raw.pending_facts add column calls text;
comment on column raw.pending_facts.calls is
'What the calls that could supply the missing values are at; null where there is none';

-- An answer completes facts that want it: their logs are decoded again.
create or replace function app.note_called() returns trigger
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
    with answered as (
        delete from app.chain_wanted_calls as wanted using new_results as results
        where
            wanted.chain_id = results.chain_id
            and wanted.contract = results.contract
            and wanted.called_function = results.called_function
            and wanted.argument = results.argument
            and (
                not wanted.is_of_block or wanted.block_number = results.block_number
            )
        returning wanted.chain_id, wanted.block_number, wanted.table_name
    )
    insert into app.undecoded_spans (chain_id, from_block, to_block, table_name)
    select distinct
        answered.chain_id, answered.block_number, answered.block_number,
        answered.table_name
    from answered;
    return null;
end
$$;
create trigger note_new_results after insert on raw.chain_call_results
referencing new table as new_results
for each statement execute function app.note_called();
alter table raw.chain_call_results enable always trigger note_new_results;

-- A word of an answer as the text of a value: a number, true or false, or an address;
-- null where there is no such word, or it is no such value.
create function app.called_value(answer bytea, place integer, kind text)
returns text
language sql immutable parallel safe
as $$
select case kind
    when 'number' then app.abi_numeric(answer, 32 * place)::text
    when 'boolean' then case app.abi_numeric(answer, 32 * place)
        when 0 then 'false'
        when 1 then 'true'
    end
    when 'address' then case
        when app.abi_numeric(answer, 32 * place) < 2::numeric ^ 160
            then app.abi_hex(answer, 32 * place + 12, 20)
    end
end
$$;
comment on function app.called_value(bytea, integer, text) is
'A word of what a contract returned, as the text of a number, boolean or address';
