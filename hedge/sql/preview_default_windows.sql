-- The windows that a run computes by default, as of the instant of the session.
select window_key from analytics.windows
order by window_key
