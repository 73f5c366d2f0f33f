{# The logs of matches of tournaments on METIS. #}
{{ decoded_log(
    'pvp_diamond',
    'TournamentMatch(uint256 indexed tournamentId, address indexed playerA, address indexed
    playerB, uint256 bracketSlot, address winner, uint256 word3, uint256 word4, uint256 word5)',
    bigints=['bracketSlot']
) }}
