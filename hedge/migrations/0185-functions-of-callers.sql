-- depends: 0176-moves-of-few-facts

-- A function that is no security definer gives nobody a right: its statements are those
-- of whoever calls it, and PostgreSQL refuses them to anybody else than the owners of
-- the tables. So these are everybody's, and `hedge db grant` grants them all.
grant execute on function app.own_buckets() to public;
grant execute on function app.clusters_of_exclusion(app.exclusions) to public;

-- A security definer that changes rows is only for the role that runs: whoever may
-- connect could have marked board runs as stale.
revoke execute on function app.follow_planned_exclusions(timestamptz) from public;
