-- depends: 0036-loaded-days

-- How many requests of a subject (an address or an account, by its hash) were counted
-- for a rate limit since an instant. It is in the database so that all processes of the
-- service count together, and unlogged because its rows matter for a minute.
create unlogged table app.rate_limits (
    subject_hash bytea primary key,
    counted_since timestamptz not null,
    requests integer not null
);
create index on app.rate_limits (counted_since);
