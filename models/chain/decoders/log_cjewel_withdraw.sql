{# The logs by which locked JEWEL is taken back. #}
{{ decoded_log(
    'cjewel',
    'Withdraw(address indexed provider, uint256 value, uint256 timestamp)'
) }}
