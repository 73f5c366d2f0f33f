-- The exclusions that a value of a cluster rests on as of an instant: those of the
-- cluster, unless from a board or a season alone, of its wallets, and of any fact.
select known.exclusion_id
from app.exclusions as known
where
    known.starts_at <= %(as_of)s
    and %(as_of)s < least(known.ends_at, coalesce(known.ended_at, 'infinity'))
    and num_nonnulls(known.board_key, known.season_id) = 0
    and (
        known.raw_table is not null
        or known.exclusion_id in (
            select concerned.exclusion_id
            from app.exclusions_of_cluster(%(cluster)s) as concerned
        )
    )
order by known.exclusion_id
