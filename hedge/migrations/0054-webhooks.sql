-- depends: 0053-events

-- Webhooks: addresses to which a worker sends events, for admins.

-- An event as text, for the readers of streams and for webhooks.
create function app.event_message(event app.events) returns text
language sql stable
return jsonb_build_object(
    'id', event.event_id,
    'type', event.event_type,
    'at', app.utc_text(event.told_at),
    'clusterId', event.cluster_id,
    'leaderboardKey', event.leaderboard_key,
    'details', event.details
)::text;

create table app.webhooks (
    webhook_id bigint generated always as identity primary key,
    url text not null,
    description text not null default '',
    -- the types of events that it gets; null is all
    event_types text[],
    -- signs what is sent, so it cannot be stored as a hash
    secret bytea not null,
    created_at timestamptz not null default now(),
    -- later events have no delivery yet
    planned_until bigint not null,
    constraint "url is an http or https address of at most 1000 characters" check (
        url ~ '^https?://[^[:space:]]+$' and length(url) <= 1000
    ),
    constraint "event_types has known types" check (
        event_types <@ array[
            'progress.changed', 'tier.reached', 'tier.revoked', 'board.completed',
            'board.corrected', 'season.level_reached', 'everything.changed'
        ]
        and event_types <> '{}'
    ),
    constraint "a secret has 24 to 64 bytes" check (length(secret) between 24 and 64)
);

-- What is sent, and what became of it: an event to a webhook. A delivery goes with its
-- event, which is kept for 30 days.
create table app.webhook_deliveries (
    delivery_id bigint generated always as identity primary key,
    webhook_id bigint not null references app.webhooks on delete cascade,
    event_id bigint not null references app.events on delete cascade,
    -- the cluster or the board, whose deliveries follow each other; null is everybody
    subject text collate "C",
    state text not null default 'WAITING',
    attempts integer not null default 0,
    next_attempt_at timestamptz not null default now(),
    attempted_at timestamptz,
    -- of the last attempt: what the target answered, or why there was no answer
    http_status integer,
    error text,
    constraint "an event is delivered to a webhook once" unique (webhook_id, event_id),
    constraint "state is a state of a delivery" check (
        state in ('WAITING', 'DELIVERED', 'FAILED')
    )
);
create index on app.webhook_deliveries (event_id);
create index on app.webhook_deliveries (webhook_id, event_id) where state = 'WAITING';
