-- depends: 0097-entitling

-- The paths of the service have new words: fulfil, refuse and files of rewards.
create or replace function app.is_reserved_id(given text) returns boolean
language sql immutable parallel safe
return (
    lower(given) in (
        'account', 'active', 'admin', 'all', 'api', 'around', 'auth', 'board.csv',
        'board.json', 'boards', 'calibration', 'callback', 'catalogue', 'chains',
        'challenge', 'challenges', 'claim', 'clusters', 'compare', 'current', 'delete',
        'deliveries', 'discord', 'edit', 'entries.csv', 'entries.json', 'etl', 'events',
        'favicon.ico', 'find', 'fulfil', 'healthz', 'history', 'language', 'latest',
        'leaderboards', 'levels', 'me', 'metrics', 'new', 'none', 'null',
        'oauth2-redirect.html', 'openapi.json', 'preview.png', 'primary', 'progress',
        'readyz', 'refuse', 'replay', 'request-verification', 'requests', 'retry',
        'rewards', 'rewards.csv', 'run', 'runs', 'schema', 'search', 'season',
        'season.png', 'seasons', 'sessions', 'sign-in', 'sign-out',
        'sign-out-everywhere', 'standings', 'static', 'tables', 'undefined', 'unlink',
        'values', 'verification', 'verify', 'wallets', 'webhooks', 'weight', 'weights',
        'winners'
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
