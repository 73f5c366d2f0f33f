-- The windows that a run computes by default, as of the instant of the session.
create temporary table if not exists computed_windows as
select window_key from analytics.windows
