-- The oldest version that the database serves, and whether it serves a version.
select
    app.oldest_served_version() as oldest,
    string_to_array(%(version)s, '.')::integer[]
    >= string_to_array(app.oldest_served_version(), '.')::integer[] as is_served
