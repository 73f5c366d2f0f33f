{# The logs by which quests end. #}
{{ decoded_log(
    'quest_core',
    'QuestCompleted(uint256 indexed questId, address indexed player, uint256 indexed heroId,
    (uint256 id, uint256 questInstanceId, uint8 level, uint256[] heroes, address player, uint256
    startBlock, uint256 startAtTime, uint256 completeAtTime, uint8 attempts, uint8 status, uint8
    questType) quest)',
    bigints=['startBlock', 'startAtTime', 'completeAtTime']
) }}
