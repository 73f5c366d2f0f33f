-- Records an attempt of a delivery, which arrived, is tried again after a pause, or is
-- given up.
update app.webhook_deliveries
set
    state = %(state)s,
    attempts = attempts + 1,
    attempted_at = now(),
    next_attempt_at = now() + %(pause)s * interval '1 second',
    http_status = %(http_status)s,
    error = %(error)s
where delivery_id = %(delivery)s
