-- depends: 0070-chain-logs

-- What views read of the data of logs. A payload is data as the ABI of contracts
-- encodes it, and a place is a position in it in bytes, from 0. No function raises:
-- what is not there, or not what it has to be, is null or false. They are single
-- expressions, which PostgreSQL puts into the query that calls them.

create function app.abi_uint(payload bytea, place integer)
returns bigint
language sql immutable parallel safe
as $$
select case
    when
        octet_length(payload) >= place + 32
        -- below 2^63
        and substr(payload, place + 1, 25)
        < '\x00000000000000000000000000000000000000000000000080'::bytea
    then ('x' || encode(substr(payload, place + 25, 8), 'hex'))::bit(64)::bigint
end
$$;
comment on function app.abi_uint(bytea, integer) is
'The word at a place as a number; null where it is 2^63 or more';

create function app.abi_numeric(payload bytea, place integer)
returns numeric
language sql immutable parallel safe
as $$
select case
    when octet_length(payload) < place + 32 then null
    when
        substr(payload, place + 1, 25)
        < '\x00000000000000000000000000000000000000000000000080'::bytea
    then ('x' || encode(substr(payload, place + 25, 8), 'hex'))::bit(64)::bigint
    else
        -- 4 and four times 7 bytes, each of which a bigint holds
        ('x' || encode(substr(payload, place + 1, 4), 'hex'))::bit(32)::bigint
        * 26959946667150639794667015087019630673637144422540572481103610249216
        + ('x' || encode(substr(payload, place + 5, 7), 'hex'))::bit(56)::bigint
        * 374144419156711147060143317175368453031918731001856
        + ('x' || encode(substr(payload, place + 12, 7), 'hex'))::bit(56)::bigint
        * 5192296858534827628530496329220096
        + ('x' || encode(substr(payload, place + 19, 7), 'hex'))::bit(56)::bigint
        * 72057594037927936::numeric
        + ('x' || encode(substr(payload, place + 26, 7), 'hex'))::bit(56)::bigint
end
$$;
comment on function app.abi_numeric(bytea, integer) is
'The word at a place as a number without a sign';

create function app.abi_signed(payload bytea, place integer)
returns numeric
language sql immutable parallel safe
as $$
select app.abi_numeric(payload, place) - case
    when substr(payload, place + 1, 1) >= '\x80'::bytea
    then 115792089237316195423570985008687907853269984665640564039457584007913129639936
    else 0
end
$$;
comment on function app.abi_signed(bytea, integer) is
'The word at a place as a number with a sign';

create function app.abi_hex(payload bytea, place integer, width integer)
returns text
language sql immutable parallel safe
as $$
select '0x' || encode(substr(payload, place + 1, width), 'hex')
$$;
comment on function app.abi_hex(bytea, integer, integer) is
'So many bytes at a place, as 0x and hex digits';

create function app.abi_is_zero(payload bytea, place integer, width integer)
returns boolean
language sql immutable parallel safe
as $$
select
    substr(payload, place + 1, width)
    = substr(
        '\x0000000000000000000000000000000000000000000000000000000000000000'::bytea,
        1, width
    )
$$;
comment on function app.abi_is_zero(bytea, integer, integer) is
'Whether so many bytes at a place, at most 32, are there and zero';

create function app.abi_is_signed(payload bytea, place integer, width integer)
returns boolean
language sql immutable parallel safe
as $$
select
    substr(payload, place + 1, width)
    = substr(
        case
            when substr(payload, place + width + 1, 1) < '\x80'::bytea
            then
                '\x0000000000000000000000000000000000000000000000000000000000000000'
                ::bytea
            else
                '\xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff'
                ::bytea
        end,
        1, width
    )
$$;
comment on function app.abi_is_signed(bytea, integer, integer) is
'Whether so many bytes at a place continue the sign of the number that follows them';

create function app.abi_place(word bigint, frame integer, head integer, ends integer)
returns integer
language sql immutable parallel safe
as $$
select case
    when word >= head and word < ends - frame then frame + word::integer
end
$$;
comment on function app.abi_place(bigint, integer, integer, integer) is
'The place that a pointer means, a word that counts from a frame; null where that is'
' within the first bytes of the frame, its head, or behind the end';

create function app.abi_count(word bigint, place integer, width integer, ends integer)
returns integer
language sql immutable parallel safe
as $$
select case when word <= (ends - place) / width then word::integer end
$$;
comment on function app.abi_count(bigint, integer, integer, integer) is
'How many items an array has, which begin at a place and are so many bytes wide; null'
' where the payload ends before them';

create function app.abi_is_padded(payload bytea, place integer, width integer)
returns boolean
language sql immutable parallel safe
as $$
select app.abi_is_zero(payload, place + width, (32 - width % 32) % 32)
$$;
comment on function app.abi_is_padded(bytea, integer, integer) is
'Whether so many bytes at a place are followed by zeros to the end of their last word';

-- The well-formed sequences of the Unicode Standard, as hex digits.
create function app.abi_is_utf8(payload bytea, place integer, width integer)
returns boolean
language sql immutable parallel safe
as $$
select
    encode(substr(payload, place + 1, width), 'hex')
    ~ (
        '^([0-7].|(c[2-9a-f]|d.)[89ab].|e0[ab].[89ab].|e[1-9a-cef]([89ab].){2}'
        || '|ed[89].[89ab].|f0[9ab].([89ab].){2}|f[1-3]([89ab].){3}'
        || '|f48.([89ab].){2})*$'
    )
$$;
comment on function app.abi_is_utf8(bytea, integer, integer) is
'Whether so many bytes at a place are text in UTF-8';

create function app.abi_text(payload bytea, place integer, width integer)
returns text
language sql immutable parallel safe
as $$
select case
    when position('\x00'::bytea in substr(payload, place + 1, width)) = 0
    then convert_from(substr(payload, place + 1, width), 'UTF8')
end
$$;
comment on function app.abi_text(bytea, integer, integer) is
'So many bytes at a place as text, which they have to be; null where it has a character'
' of code 0, which no text of PostgreSQL can have';
