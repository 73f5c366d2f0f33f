-- A webhook; no row where there is no such one.
select webhook_id
from app.webhooks
where webhook_id = %(webhook)s
