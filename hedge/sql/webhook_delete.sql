-- Deletes a webhook with its deliveries.
delete from app.webhooks
where webhook_id = %(webhook)s
returning webhook_id
