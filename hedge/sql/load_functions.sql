-- How the loader reads the text of a value that is not written as PostgreSQL writes it.
-- A function of a fault returns why a text cannot be read, as the end of a sentence
-- that begins with the column and the value, and null where it can. PostgreSQL puts
-- the body of such a function into the statement, as long as all of it is immutable
-- (format() is not); a call for each value would take ten times as long.

-- A number: decimal digits with an optional sign, point and exponent. The column has
-- this many decimals and admits values from low to high, and with them every whole
-- number of so many digits.
create or replace function pg_temp.hedge_number_fault(
    given text, decimals integer, digits integer, low numeric, high numeric, range text
) returns text
language sql immutable
as $$
    select case
        when given !~ '[^0-9]' and octet_length(given) between 1 and digits then null
        when given !~ '^[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]{1,3})?$'
            then 'is not a decimal number'
        -- 1.0033E+76 may stand for any number that begins with these digits
        when
            given ~ '[eE]'
            and octet_length(coalesce(substring(given from '[.]([0-9]*)'), ''))
            - substring(given from '[eE](.*)$')::integer < decimals
            then 'is in exponent form, and its digits do not reach ' || case decimals
                when 0 then 'the units' else 'the ' || decimals::text || 'th decimal'
            end
        when octet_length(given) > 1000 or not given::numeric between low and high
            then range
        when scale(trim_scale(given::numeric)) > decimals
            then case decimals
                when 0 then 'is not a whole number'
                else 'has more than ' || decimals::text || ' decimals'
            end
    end
$$;

-- An instant: ISO 8601, in UTC without an offset; or whole seconds (10 digits) or
-- milliseconds (13 digits) since 1970.
create or replace function pg_temp.hedge_time_fault(given text) returns text
language sql immutable
as $$
    select case
        when
            translate(given, '0123456789', '0000000000') in (
                '0000-00-00T00:00:00Z', '0000-00-00 00:00:00', '0000-00-00T00:00:00.000Z',
                '0000-00-00 00:00:00.000 UTC'
            )
            then null
        when given ~ '^[1-9][0-9]{9}([0-9]{3})?$' then null
        when translate(given, '0123456789', '0000000000') = '0000-00-00'
            then 'is a day and no time: its midnight is ' || given || 'T00:00Z'
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

-- The instant that a text without a fault names; null where there is no such day or
-- time.
create or replace function pg_temp.hedge_time(given text) returns timestamptz
language plpgsql stable
as $$
begin
    return case
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
    spelled text := given || case when octet_length(given) = 10 and given like '____-%'
        then 'T00:00Z' else '' end;
    at timestamp;
begin
    if pg_temp.hedge_time_fault(spelled) is null then
        at := pg_temp.hedge_time(spelled);
    end if;
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
