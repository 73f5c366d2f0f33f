-- depends: 0014-exact-facts

-- One rule for the ids of clusters, so that every route reaches every cluster: the rule
-- of the keys of boards and seasons. The words of which the paths of the service are
-- made are no ids: one of them would hide a cluster, or be hidden by it, wherever a
-- path names a cluster or a list.
create function app.is_cluster_id(given text) returns boolean
language sql immutable parallel safe
return (
    given ~ '^[A-Za-z0-9][A-Za-z0-9_.-]*$' and octet_length(given) <= 64
);

create function app.is_reserved_id(given text) returns boolean
language sql immutable parallel safe
return lower(given) in (
    'account', 'active', 'admin', 'all', 'api', 'around', 'auth', 'boards',
    'calibration', 'callback', 'challenges', 'clusters', 'current', 'delete', 'discord',
    'edit', 'etl', 'find', 'healthz', 'latest', 'leaderboards', 'me', 'metrics', 'new',
    'none', 'null', 'oauth2-redirect.html', 'openapi.json', 'primary', 'progress',
    'readyz', 'request-verification', 'requests', 'retry', 'run', 'runs', 'schema',
    'search', 'season', 'seasons', 'sign-in', 'sign-out', 'static', 'tables',
    'undefined', 'unlink', 'verification', 'verify', 'wallets', 'weight', 'weights'
);

-- A published id cannot be changed, so stored clusters that break a rule keep their
-- ids: the constraint names them.
do $$
declare
    rule record;
    kept text;
begin
    alter table app.wallet_clusters drop constraint "cluster_id is not empty";
    for rule in
        select *
        from (values
            (
                'the cluster_id is 1 to 64 letters, digits, _, . or -',
                'app.is_cluster_id(cluster_id)'
            ),
            (
                'the cluster_id is no word of a path of the service',
                'not app.is_reserved_id(cluster_id)'
            )
        ) as rules (sentence, expression)
    loop
        execute format(
            'select string_agg(quote_literal(cluster_id), '', '' order by cluster_id)'
            ' from app.wallet_clusters where not (%s)',
            rule.expression
        ) into kept;
        execute format(
            'alter table app.wallet_clusters add constraint %I check (%s)',
            rule.sentence,
            concat_ws(' or ', rule.expression, 'cluster_id in (' || kept || ')')
        );
        if kept is not null then
            raise info 'app.wallet_clusters: clusters that were stored before the rule'
                ' "%" keep their ids, which some routes may not reach: %',
                rule.sentence, kept;
        end if;
    end loop;
end
$$;
