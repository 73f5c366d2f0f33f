-- depends: 0160-buckets-restored-and-repaired

-- A worker that is away cannot take part in removing its copies. So that runs go on
-- without it, copies are forgotten, which concerns the coordinator alone, before their
-- schemas are removed.

-- Forgets all copies: runs compute on the coordinator from then on. The caller holds
-- the deploy lock.
create or replace function app.end_copying() returns void
language plpgsql
set client_min_messages = warning
as $$
declare
    found record;
begin
    for found in
        select triggers.tgname, triggers.tgrelid::regclass as facts
        from pg_trigger as triggers
        where
            triggers.tgfoid in (
                'app.note_facts_to_copy'::regproc, 'app.note_table_to_copy'::regproc
            )
    loop
        execute format('drop trigger %I on %s', found.tgname, found.facts);
    end loop;
    drop trigger if exists copy_moved on app.wallets_to_place;
    delete from app.copied_tables;
    delete from app.copied_views;
    delete from app.facts_to_copy;
    delete from app.wallets_to_copy;
    update app.buckets set copied_from = null;
end
$$;

-- Removes the schemas of copies, on the workers as well. A worker that was replaced by
-- a new one has none of them.
create function app.drop_copies() returns void
language plpgsql
set client_min_messages = warning
as $$
declare
    found record;
begin
    for found in
        select nspname from pg_namespace
        where nspname = 'everybody_copy' or nspname ~ '^bucket_[0-9]+_copy$'
    loop
        execute format('drop schema if exists %I cascade', found.nspname);
    end loop;
end
$$;
comment on function app.drop_copies() is
'Removes the copies of buckets that app.end_copying has forgotten';
