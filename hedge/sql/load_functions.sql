-- How the loader reads the text of a value that is not written as PostgreSQL writes it.
-- A function of a fault returns why a text cannot be read, as the end of a sentence
-- that begins with the column and the value, and null where it can.

-- A number: decimal digits with an optional sign, point and exponent. The column has
-- this many decimals and admits values from low to high.
create or replace function pg_temp.hedge_number_fault(
    given text, decimals integer, low numeric, high numeric, range text
) returns text
language sql immutable
as $$
    select case
        when given !~ '^[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]{1,3})?$'
            then 'is not a decimal number'
        -- 1.0033E+76 may stand for any number that begins with these digits
        when
            given ~ '[eE]'
            and octet_length(coalesce(substring(given from '[.]([0-9]*)'), ''))
            - substring(given from '[eE](.*)$')::integer < decimals
            then format(
                'is in exponent form, and its digits do not reach %s', case decimals
                    when 0 then 'the units' else format('the %sth decimal', decimals)
                end
            )
        when octet_length(given) > 1000 or not given::numeric between low and high
            then range
        when scale(trim_scale(given::numeric)) > decimals
            then case decimals
                when 0 then 'is not a whole number'
                else format('has more than %s decimals', decimals)
            end
    end
$$;

-- An instant: ISO 8601, in UTC without an offset; or whole seconds (10 digits) or
-- milliseconds (13 digits) since 1970.
create or replace function pg_temp.hedge_time_fault(given text) returns text
language sql immutable
as $$
    select case
        when given ~ '^[1-9][0-9]{9}([0-9]{3})?$' then null
        when
            given !~ (
                '^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?'
                ' ?([Zz]|[Uu][Tt][Cc]|[-+][0-9]{2}(:?[0-9]{2})?)?$'
            )
            then 'is not an ISO 8601 time'
        when given ~ '[.][0-9]{6}[0-9]*[1-9]'
            then 'has more than 6 decimals of a second'
    end
$$;

-- The instant that a text names; null where there is no such day or time.
create or replace function pg_temp.hedge_time(given text) returns timestamptz
language plpgsql stable
as $$
begin
    return case
        when pg_temp.hedge_time_fault(given) is not null then null
        when given ~ '^[0-9]+$'
            then timestamptz 'epoch' + given::bigint * case octet_length(given)
                when 10 then interval '1 second' else interval '1 millisecond'
            end
        else given::timestamptz
    end;
exception when data_exception then
    return null;
end
$$;

-- The day that a text names, as a date or as its first instant.
create or replace function pg_temp.hedge_date(given text) returns date
language plpgsql stable
as $$
declare
    at timestamp := pg_temp.hedge_time(
        case when given ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' then given || 'T00:00Z' else given end
    );
begin
    return case when at = date_trunc('day', at) then at::date end;
end
$$;

-- A list of whole numbers, as PostgreSQL writes an array.
create or replace function pg_temp.hedge_list(given text) returns bigint[]
language plpgsql immutable
as $$
begin
    return case
        when regexp_replace(given, '\mnull\M', '', 'gi') !~ '[^-+0-9{},." ]'
            then regexp_replace(given, '[.]0*(?=[,"} ])', '', 'g')::bigint[]
    end;
exception when data_exception then
    return null;
end
$$;

-- Hexadecimal digits: lower case, with 0x.
create or replace function pg_temp.hedge_hex(given text) returns text
language sql immutable
as $$
    select case when lower(given) like '0x%' then lower(given) else '0x' || lower(given) end
$$;
