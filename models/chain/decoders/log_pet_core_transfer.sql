{# The logs by which pets change their owner; from no address where they are made. #}
{{ decoded_log(
    'pet_core',
    'Transfer(address indexed from, address indexed to, uint256 indexed tokenId)',
    names={'from': 'sender', 'to': 'receiver'},
    of_object=true
) }}
