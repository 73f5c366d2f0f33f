{# The logs by which the state of heroes changes. #}
{{ decoded_log(
    'hero_core',
    'HeroStateUpdated(address indexed owner, uint256 heroId, (uint256 staminaFullAt, uint256
    hpFullAt, uint256 mpFullAt, uint16 level, uint64 xp, address currentQuest, uint8 sp, uint8
    status) heroState)',
    bigints=['staminaFullAt', 'hpFullAt', 'mpFullAt', 'xp'],
    of_object=true
) }}
