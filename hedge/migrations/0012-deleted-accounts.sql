-- depends: 0011-hidden-sessions

-- An account whose wallets were all unlinked before it was deleted has rows in marts,
-- too. A deleted link requests the run that deletes them, whether or not it had ended.
create or replace function app.request_runs_of_links() returns trigger
language plpgsql
as $$
begin
    if tg_op = 'INSERT' then
        insert into app.etl_requests (cluster_id, reason, caused_by)
        select distinct cluster_id, 'wallet linked',
            nullif(current_setting('hedge.request_id', true), '')
        from new_links
        where unlinked_at is null;
    elsif tg_op = 'UPDATE' then
        insert into app.etl_requests (cluster_id, reason, caused_by)
        select distinct new_links.cluster_id, 'wallet unlinked',
            nullif(current_setting('hedge.request_id', true), '')
        from new_links
        inner join old_links on new_links.link_id = old_links.link_id
        where new_links.unlinked_at is distinct from old_links.unlinked_at;
    else
        insert into app.etl_requests (cluster_id, reason, caused_by)
        select distinct cluster_id, 'account deleted',
            nullif(current_setting('hedge.request_id', true), '')
        from old_links;
    end if;
    return null;
end
$$;
