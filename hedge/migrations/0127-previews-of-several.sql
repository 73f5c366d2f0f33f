-- depends: 0126-since-when-retired

-- A preview can be of several clusters, each of which would be excluded by itself: all
-- of those that a rule proposes.
alter table app.exclusion_previews
add column clusters text[] collate "C" not null default '{}';
comment on column app.exclusion_previews.clusters is
'The clusters that would be excluded, each by itself, where it is about several';

create or replace function app.previewed_exclusion() returns setof app.exclusions
language sql stable parallel safe
as $$
    select previewed.*
    from (
        select nullif(current_setting('hedge.previewed_exclusion', true), '')::jsonb
            as described
    ) as given
    cross join lateral jsonb_array_elements(
        case jsonb_typeof(given.described)
            when 'array' then given.described
            else jsonb_build_array(given.described)
        end
    ) as listed (described)
    cross join lateral
        jsonb_populate_record(null::app.exclusions, listed.described) as previewed
    where given.described is not null
$$;
comment on function app.previewed_exclusion() is
'The exclusions that a preview computes with, in place of those of their numbers';
