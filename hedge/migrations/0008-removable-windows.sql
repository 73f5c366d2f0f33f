-- depends: 0007-links-of-a-cluster

-- Which rows of cluster_metrics a run may delete as stale
-- (models/progress/cluster_metrics.sql).

-- The windows that running runs compute. Runs of boards and seasons put windows into
-- cluster_metrics that do not always exist; another run must not delete them meanwhile.
create function app.running_windows() returns text[]
language sql stable parallel safe
return array(
    select unnest(runs.windows) from app.etl_runs as runs
    where runs.state = 'RUNNING'
);

-- Whether the run of this session may delete rows of a window. A run that names its
-- windows deletes only rows of those; any other run spares the windows of running runs.
-- The second argument is app.running_windows(), passed in a subquery so that it is
-- executed once and not for each row.
create function app.is_removable_window(window_key text, running_windows text[])
returns boolean
language sql stable parallel safe
return case
    when app.windows() is not null then window_key = any(app.windows())
    else window_key <> all(running_windows)
end;
