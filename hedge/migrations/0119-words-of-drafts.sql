-- depends: 0118-definition-changes

-- The paths of the service have new words: of drafts and the history of definitions, of
-- exclusions with their previews, of suspects and of merges by an admin.
-- They are added to those that there are, whichever migration has brought these.
do $$
declare
    words text;
begin
    select string_agg(quote_literal(known.word), ', ' order by known.word)
    into words
    from (
        select matches.found[1] as word
        from regexp_matches(
            pg_get_functiondef('app.is_reserved_id(text)'::regprocedure),
            '''([^'']+)''',
            'g'
        ) as matches (found)
        union
        select unnest(
            array[
                'accept', 'apply', 'audit', 'check', 'decisions', 'dismiss', 'end',
                'exclusion-previews', 'exclusions', 'merges', 'part', 'players', 'preview',
                'previews', 'state', 'suspects', 'undo'
            ]
        )
    ) as known;
    execute format(
        'create or replace function app.is_reserved_id(given text) returns boolean'
        ' language sql immutable parallel safe return (lower(given) in (%s))',
        words
    );
end
$$;

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
