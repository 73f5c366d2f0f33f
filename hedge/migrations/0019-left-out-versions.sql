-- depends: 0013-change-notes

-- Versions that were left out. Indexers send a version of each hero and pet at every
-- look, and most of them equal the version before. `hedge load` keeps only the key of
-- such a version, whose values are those of the stored version before it. Where a
-- different version arrives late for a time in between, the left-out version becomes a
-- row.

create table raw.left_out_heroes (
    hero_id bigint not null,
    updated_at timestamptz not null,
    primary key (hero_id, updated_at)
);
create table raw.left_out_pets (
    pet_id bigint not null,
    chain_id integer not null,
    updated_at timestamptz not null,
    primary key (pet_id, chain_id, updated_at)
);

-- Other programs write raw.heroes and raw.pets as if nothing was left out. Triggers
-- keep it true that the values of a left-out version are those of the version before:
-- - A version is inserted: the next left-out version becomes a row where the inserted
--   one differs from the version before, and no other one is in between.
-- - A version is deleted, or gets another key: the left-out versions for which it stood
--   are deleted. As rows they would bring back a value that was to be forgotten.
--
-- hedge/loading/versions.py compares the versions that it loads before it stores them,
-- and sets hedge.versions_are_compared meanwhile.
do $do$
declare
    facts text;
    object_columns text;
    body text;
begin
    for facts, object_columns in
        values ('heroes', '(\1.hero_id)'), ('pets', '(\1.pet_id, \1.chain_id)')
    loop
        -- x.OBJECT stands for the columns of x that identify the hero or pet
        body := regexp_replace(
            $body$
declare
    known_again raw.FACTS[];
begin
    if current_setting('hedge.versions_are_compared', true) = 'on' then
        return null;
    end if;
    if tg_op = 'INSERT' then
        select
            array_agg(
                jsonb_populate_record(
                    stored,
                    jsonb_build_object(
                        'updated_at', left_out.updated_at, 'loaded_at', now()
                    )
                )
            )
        into known_again
        from new_rows as late
        cross join lateral (
            select following.updated_at
            from raw.left_out_FACTS as following
            where
                following.OBJECT = late.OBJECT
                and following.updated_at > late.updated_at
            order by following.updated_at
            limit 1
        ) as left_out
        cross join lateral (
            select before
            from raw.FACTS as before
            where
                before.OBJECT = late.OBJECT
                and before.updated_at < late.updated_at
                and not exists (
                    select from new_rows as other
                    where
                        other.OBJECT = before.OBJECT
                        and other.updated_at = before.updated_at
                )
            order by before.updated_at desc
            limit 1
        ) as versions (stored)
        where
            to_jsonb(late) - '{updated_at, loaded_at}'::text[]
            is distinct from to_jsonb(stored) - '{updated_at, loaded_at}'::text[]
            and not exists (
                select from raw.FACTS as between_them
                where
                    between_them.OBJECT = late.OBJECT
                    and between_them.updated_at > late.updated_at
                    and between_them.updated_at < left_out.updated_at
            );
        delete from raw.left_out_FACTS as left_out
        using (
            select * from new_rows
            union all
            select * from unnest(known_again)
        ) as known
        where
            left_out.OBJECT = known.OBJECT
            and left_out.updated_at = known.updated_at;
        perform set_config('hedge.versions_are_compared', 'on', true);
        insert into raw.FACTS
        select * from unnest(known_again)
        on conflict do nothing;
        perform set_config('hedge.versions_are_compared', '', true);
    elsif tg_op = 'TRUNCATE' then
        truncate raw.left_out_FACTS;
    else
        delete from raw.left_out_FACTS as left_out
        using old_rows as before
        where
            left_out.OBJECT = before.OBJECT
            and left_out.updated_at > before.updated_at
            and not exists (
                select from raw.FACTS as stored
                where
                    stored.OBJECT = before.OBJECT
                    and stored.updated_at >= before.updated_at
                    and stored.updated_at <= left_out.updated_at
            );
    end if;
    return null;
end
$body$,
            '(\w+)\.OBJECT', object_columns, 'g'
        );
        execute replace(
            format(
                $statements$
create function app.keep_left_out_FACTS() returns trigger language plpgsql
security definer set search_path = pg_catalog, pg_temp
as %L;
revoke execute on function app.keep_left_out_FACTS() from public;
create trigger keep_left_out_inserted after insert on raw.FACTS
referencing new table as new_rows
for each statement execute function app.keep_left_out_FACTS();
create trigger keep_left_out_updated after update on raw.FACTS
referencing old table as old_rows
for each statement execute function app.keep_left_out_FACTS();
create trigger keep_left_out_deleted after delete on raw.FACTS
referencing old table as old_rows
for each statement execute function app.keep_left_out_FACTS();
create trigger keep_left_out_truncated after truncate on raw.FACTS
for each statement execute function app.keep_left_out_FACTS();
alter table raw.FACTS enable always trigger keep_left_out_inserted;
alter table raw.FACTS enable always trigger keep_left_out_updated;
alter table raw.FACTS enable always trigger keep_left_out_deleted;
alter table raw.FACTS enable always trigger keep_left_out_truncated;
                $statements$,
                body
            ),
            'FACTS', facts
        );
    end loop;
end
$do$;
