{# The logs by which hunts drop equipment. #}
{{ decoded_log(
    'hunts_diamond',
    'HuntEquipmentMinted(uint256 indexed huntId, address indexed item, address indexed player,
    uint8 equipmentType, uint16 displayId, uint8 rarity, uint256 nftId)'
) }}
