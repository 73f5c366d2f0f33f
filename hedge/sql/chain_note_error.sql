-- Notes what keeps a follower from going on, null where nothing does.
update app.chain_followers
set
    error = %(error)s,
    is_halted = %(is_halted)s,
    failing_since = case
        when %(error)s::text is not null then coalesce(failing_since, now())
    end
where
    chain_id = %(chain)s
    and (error, is_halted) is distinct from (%(error)s::text, %(is_halted)s)
