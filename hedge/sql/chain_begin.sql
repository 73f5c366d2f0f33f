-- Notes that a follower begins; returns the highest block that is final, -1 for none.
insert into app.chain_followers as kept (chain_id)
values (%(chain)s)
on conflict (chain_id) do update set started_at = now()
returning coalesce(kept.final_number, -1) as final_number
