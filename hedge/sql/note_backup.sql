-- Notes a backup that was made, and returns when it ended.
insert into app.backups (file_name, host_name, size_in_bytes, began_at, ended_at)
values (%(file)s, %(host)s, %(size)s, %(began_at)s, clock_timestamp())
returning ended_at
