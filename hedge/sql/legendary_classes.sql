-- The four classes of Summoner of Legends and whether a cluster summoned them.
select
    classes.name,
    coalesce((metrics.metrics -> 'onchain_summoning' -> classes.flag)::boolean, false)
        as is_done
from analytics.cluster_metrics as metrics
cross join (
    values
    (1, 'Dragoon', 'has_dragoon'),
    (2, 'Sage', 'has_sage'),
    (3, 'Spellbow', 'has_spellbow'),
    (4, 'DreadKnight', 'has_dreadknight')
) as classes (place, name, flag)
where metrics.cluster_id = %(cluster_id)s and metrics.window_key = 'all_time'
order by classes.place
