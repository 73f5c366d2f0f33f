-- Lets deliveries of a webhook be sent again at once, with all of their attempts: those
-- with the given numbers, or all that failed. Returns their numbers.
update app.webhook_deliveries
set
    state = 'WAITING',
    attempts = 0,
    next_attempt_at = now(),
    error = null
where
    webhook_id = %(webhook)s
    and (
        delivery_id = any(%(deliveries)s)
        or (%(deliveries)s::bigint[] is null and state = 'FAILED')
    )
returning delivery_id
