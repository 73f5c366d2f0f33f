-- Stores what came of a preview.
update app.exclusion_previews
set finished_at = now(), answer = %(answer)s, error = %(error)s
where preview_id = %(preview)s
