-- Tell the triggers of this transaction why facts are deleted, by which file, and
-- whether their values are to be forgotten.
select
    set_config('hedge.removal_reason', %(reason)s, true) as reason,
    set_config('hedge.removed_by', %(file)s, true) as file,
    set_config('hedge.forget_removed', %(forget)s, true) as forget
