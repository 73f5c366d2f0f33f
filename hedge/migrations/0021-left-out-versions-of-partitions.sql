-- depends: 0019-left-out-versions

-- The triggers that keep left-out versions true (0019-left-out-versions.sql), also on
-- partitions: a statement on a partition fires only the triggers of the partition.
-- Creates those that are missing or switched off; every deploy calls it.
create function app.watch_left_out_versions() returns void
language plpgsql
as $$
declare
    facts text;
    part regclass;
begin
    for facts, part in
        select tables.name, tree.relid
        from unnest('{heroes, pets}'::text[]) as tables (name)
        cross join lateral (
            select to_regclass('raw.' || tables.name) as relid
            union
            select relid from pg_partition_tree('raw.' || tables.name)
        ) as tree
        where (
            select count(*) < 4
            from pg_trigger
            where
                tgrelid = tree.relid
                and tgname in (
                    'keep_left_out_inserted', 'keep_left_out_updated',
                    'keep_left_out_deleted', 'keep_left_out_truncated'
                )
                and tgenabled = 'A'
        )
    loop
        execute format(
            $triggers$
            create or replace trigger keep_left_out_inserted after insert on %1$s
            referencing new table as new_rows
            for each statement execute function app.%2$I();
            create or replace trigger keep_left_out_updated after update on %1$s
            referencing old table as old_rows
            for each statement execute function app.%2$I();
            create or replace trigger keep_left_out_deleted after delete on %1$s
            referencing old table as old_rows
            for each statement execute function app.%2$I();
            create or replace trigger keep_left_out_truncated after truncate on %1$s
            for each statement execute function app.%2$I();
            alter table %1$s enable always trigger keep_left_out_inserted;
            alter table %1$s enable always trigger keep_left_out_updated;
            alter table %1$s enable always trigger keep_left_out_deleted;
            alter table %1$s enable always trigger keep_left_out_truncated
            $triggers$,
            part, 'keep_left_out_' || facts
        );
    end loop;
end
$$;
