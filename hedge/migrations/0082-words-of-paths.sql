-- depends: 0081-objects-of-logs

-- The paths of the service have new words: chains, favicon.ico.
create or replace function app.is_reserved_id(given text) returns boolean
language sql immutable parallel safe
return (
    lower(given) in (
        'account', 'active', 'admin', 'all', 'api', 'around', 'auth', 'boards',
        'calibration', 'callback', 'chains', 'challenges', 'clusters', 'current',
        'delete', 'deliveries', 'discord', 'edit', 'etl', 'events',
        'favicon.ico', 'find', 'healthz', 'history', 'latest', 'leaderboards', 'me',
        'metrics', 'new', 'none', 'null', 'oauth2-redirect.html', 'openapi.json',
        'primary', 'progress', 'readyz', 'replay', 'request-verification', 'requests',
        'retry', 'run', 'runs', 'schema', 'search', 'season', 'seasons',
        'sessions', 'sign-in', 'sign-out', 'sign-out-everywhere', 'standings',
        'static', 'tables', 'undefined', 'unlink', 'verification', 'verify',
        'wallets', 'webhooks', 'weight', 'weights'
    )
);

-- Stored clusters that break the rule keep their ids, as in 0015-cluster-ids.
do $$
declare
    sentence constant text := 'the cluster_id is no word of a path of the service';
    kept text;
begin
    execute format('alter table app.wallet_clusters drop constraint %I', sentence);
    select string_agg(quote_literal(cluster_id), ', ' order by cluster_id)
    into kept
    from app.wallet_clusters
    where app.is_reserved_id(cluster_id);
    execute format(
        'alter table app.wallet_clusters add constraint %I check (%s)',
        sentence,
        concat_ws(
            ' or ', 'not app.is_reserved_id(cluster_id)', 'cluster_id in (' || kept || ')'
        )
    );
end
$$;
