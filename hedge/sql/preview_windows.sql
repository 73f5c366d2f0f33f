-- The windows that stand at the as-of instant of the session.
select window_key from analytics.windows
order by window_key
