-- Merges an account into another.
select merged.merge_id
from
    app.merge_clusters(
        %(kept)s, %(absorbed)s, make_interval(days => %(days)s), %(who)s
    ) as merged
