-- What was live since a run, oldest first, except the definitions that are restored.
select
    live.started_at as live_since,
    projects.deployed_by,
    coalesce(live.definitions, 'unknown') as definitions
from app.live_definitions as live
left join app.deployed_projects as projects
    on live.definitions = projects.definitions
where
    live.run_id > %(run)s
    and live.definitions is distinct from %(restored)s
order by live.run_id
