-- Counts a request of a subject. Returns how many there were in the current minute,
-- which begins with a request, and in how many seconds it ends. A minute that begins
-- later than now, which a clock that was set back leaves behind, is over.
with expired as (
    delete from app.rate_limits
    where
        subject_hash in (
            select earlier.subject_hash from app.rate_limits as earlier
            where
                earlier.counted_since < now() - interval '1 minute'
                and earlier.subject_hash <> %(subject_hash)s
            order by earlier.counted_since
            limit 100
            for update skip locked
        )
)

insert into app.rate_limits as counted (subject_hash, counted_since, requests)
values (%(subject_hash)s, now(), 1)
on conflict (subject_hash) do update
    set
        counted_since = case
            when
                counted.counted_since > now() - interval '1 minute'
                and counted.counted_since <= now()
                then counted.counted_since
            else now()
        end,
        requests = case
            when
                counted.counted_since > now() - interval '1 minute'
                and counted.counted_since <= now()
                then counted.requests + 1
            else 1
        end
returning
    counted.requests,
    ceil(
        extract(epoch from counted.counted_since + interval '1 minute' - now())
    )::integer as seconds
