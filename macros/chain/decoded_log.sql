{# The logs of one event of a contract, decoded: a row per log, with the block's time, whether the log
   is decodable, and its parameters under their names in snake_case. A parameter of a tuple is a column
   for each component, tuple__component. Where a log does not decode, its parameters are null.

   A log is of the event if its chain and address are those of the contract (seed chain_contracts), its
   first topic is that of the event (seed chain_events), and it has as many topics as the event has.
   Nothing here keeps conditions on the chain, the block or topic1 from reaching the indexes of
   chain_logs.

   Usage: {{ decoded_log('pvp_diamond', 'BattleCreated(uint256 indexed battleId, address host)') }}
   - contract (string): the name of the contract in chain_contracts
   - signature (string): the event with the types and names of its parameters, as in chain_events
   - names (dict[string, string]): other names for columns, by the name of the parameter in snake_case
   - bigints (list[string]): the parameters that are bigint though their type is wider; those whose
     name ends with Id or Ids are anyway
   - event (optional[string]): the event in chain_events, if the signature has another name
   - of_object (bool): whether app.object_of_log knows the hero or pet of the event; then the
     column object_word has it, which an index finds #}
{% macro decoded_log(
    contract, signature, names={}, bigints=[], event=none, of_object=false
) -%}
    {%- set match = modules.re.fullmatch('(\\w+) *\\((.*)\\)', ' '.join(signature.split())) -%}
    {%- if match is none -%}
        {{- exceptions.raise_compiler_error("'" ~ signature ~ "' is no signature of an event, such as"
            ~ " 'Transfer(address indexed sender, address indexed receiver, uint256 amount)'") -}}
    {%- endif -%}
    {%- set parameters = abi_parameters(match.group(2)) -%}
    {%- set in_data = abi_log_data(bigints) -%}
    {%- set in_topics = [] -%}
    {%- set checks = [] -%}
    {%- for node in parameters if node.indexed -%}
        {%- set topic = 'logs.topic' ~ loop.index -%}
        {%- if abi_is_dynamic(node) or node.components or node.sizes -%}
            {#- of a value that is no word a topic has the hash alone -#}
            {%- do in_topics.append({'name': node.name ~ '_hash',
                'value': 'app.abi_hex(' ~ topic ~ ', 0, 32)'}) -%}
        {%- else -%}
            {%- set of_topic = dict(in_data, payload=topic, checks=checks) -%}
            {%- do in_topics.append({'name': node.name, 'value': abi_walk(node, '0', of_topic)}) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- set others = parameters | rejectattr('indexed') | list -%}
    {%- set values = abi_walk_tuple(others, '0', in_data) -%}
    {%- set topics = in_topics | length -%}
    select
        logs.chain_id,
        logs.block_number,
        app.abi_hex(logs.block_hash, 0, 32) as block_hash,
        app.abi_hex(logs.tx_hash, 0, 32) as tx_hash,
        logs.log_index,
        contracts.address,
        logs.topic1,
        {%- if of_object %}
        app.object_of_log(logs.topic0, logs.topic2, logs.topic3, logs.data) as object_word,
        {%- endif %}
        logs.removed_at,
        coalesce(
            blocks.block_time,
            (
                -- a file named no block, so that it is the canonical one
                select canonical.block_time
                from {{ source('chain', 'chain_blocks') }} as canonical
                where
                    logs.block_hash is null
                    and logs.chain_id = canonical.chain_id
                    and logs.block_number = canonical.block_number
                    and canonical.removed_at is null
            )
        ) as occurred_at,
        decoded.is_decodable
        {%- for column in abi_columns(in_topics + values) %},
        case when decoded.is_decodable then {{ column.value }} end
            as {{ names.get(column.name, column.name) }}
        {%- endfor %}

    from {{ source('chain', 'chain_logs') }} as logs
    inner join {{ ref('chain_contracts') }} as contracts
        on
            contracts.contract = '{{ contract }}'
            and logs.chain_id = contracts.chain_id
            and logs.address = decode(substr(contracts.address, 3), 'hex')
            and (
                contracts.from_block is null
                or logs.block_number >= contracts.from_block
            )
            and (contracts.to_block is null or logs.block_number <= contracts.to_block)
    left join {{ source('chain', 'chain_blocks') }} as blocks
        on
            logs.chain_id = blocks.chain_id
            and logs.block_number = blocks.block_number
            and logs.block_hash = blocks.block_hash
    {%- for step in in_data.steps %}
    {{ step }}
    {%- endfor %}
    cross join lateral (
        select
            coalesce(
                {{ (checks + in_data.checks) | join('\n                and ') }},
                false
            ) as is_decodable
        -- so that it is computed once and not for each parameter
        offset 0
    ) as decoded
    where
        logs.topic0 = (
            select decode(substr(events.topic0, 3), 'hex')
            from {{ ref('chain_events') }} as events
            where
                events.contract = '{{ contract }}'
                and events.event = '{{ event or match.group(1) }}'
        )
        {%- if topics %}
        and logs.topic{{ topics }} is not null
        {%- endif %}
        {%- if topics < 3 %}
        and logs.topic{{ topics + 1 }} is null
        {%- endif %}
{%- endmacro %}


{# What abi_walk adds to when it walks the data of a log.

   - bigints (list[string]): the parameters that are bigint though their type is wider #}
{% macro abi_log_data(bigints) -%}
    {{- return({
        'payload': 'logs.data', 'bigints': bigints, 'names': [], 'steps': [], 'checks': [],
    }) -}}
{%- endmacro %}


{# Values as columns, each with its name in snake_case; a component as tuple__component.

   - values (list[any]): names and values, as abi_walk returns them
   - prefix (string): what the names begin with #}
{% macro abi_columns(values, prefix='') -%}
    {%- set found = [] -%}
    {%- for one in values -%}
        {%- set name = prefix ~ snake_case(one.name) -%}
        {%- if one.value is string -%}
            {%- do found.append({'name': name, 'value': one.value}) -%}
        {%- else -%}
            {%- do found.extend(abi_columns(one.value, name ~ '__')) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(found) -}}
{%- endmacro %}
