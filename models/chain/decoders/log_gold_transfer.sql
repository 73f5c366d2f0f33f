{# The logs by which gold moves; from or to no address where it is made or ends. #}
{{ decoded_log(
    'gold',
    'Transfer(address indexed from, address indexed to, uint256 value)',
    names={'from': 'sender', 'to': 'receiver'}
) }}
