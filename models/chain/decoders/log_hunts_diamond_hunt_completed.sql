{# The logs by which hunts end. #}
{{ decoded_log(
    'hunts_diamond',
    'HuntCompleted(uint256 huntId, (uint256 id, uint256 huntDataId, uint256 startBlock, uint256[]
    heroIds, address player, uint8 status, uint256 resultSubmittedTimestamp, uint256[]
    petXpBonuses, uint256 startAtTime, uint256 retries, (address item, uint16 submittedAmount,
    uint16 usedAmount)[] consumableItems) hunt, bool huntWon, uint256[] heroIds)',
    bigints=['startBlock', 'resultSubmittedTimestamp', 'startAtTime', 'retries']
) }}
