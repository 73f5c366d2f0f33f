// SPDX-License-Identifier: MIT
// The events of the game's contracts, with their signatures, and for each a function that emits it
// with what it is given. Compiled by `python -m tests.contracts`.
pragma solidity 0.8.30;

/// One transaction may have several logs.
abstract contract Batched {
    function batch(bytes[] calldata calls) external {
        for (uint256 place = 0; place < calls.length; place++) {
            (bool done, ) = address(this).delegatecall(calls[place]);
            require(done);
        }
    }
}

contract Cjewel is Batched {
    struct User {
        uint256 amount;
        uint256 govTokenBalance;
        uint256 end;
        uint256 rewardDebt;
        uint256 availableSubBalance;
        uint32 subscriptionCount;
    }

    event Deposit(address indexed provider, User user, uint256 govTokenReceived, uint256 timestamp);
    event Transfer(address indexed from, address indexed to, uint256 value);
    event Withdraw(address indexed provider, uint256 value, uint256 timestamp);

    function deposit(
        address provider,
        User calldata user,
        uint256 govTokenReceived,
        uint256 timestamp
    ) external {
        emit Deposit(provider, user, govTokenReceived, timestamp);
    }

    function transfer(address from, address to, uint256 value) external {
        emit Transfer(from, to, value);
    }

    function withdraw(address provider, uint256 value, uint256 timestamp) external {
        emit Withdraw(provider, value, timestamp);
    }
}

contract DfkDuel is Batched {
    struct Player1ScoreChange {
        uint256 duelId;
        uint16 base;
        uint32 streakBonus;
        uint16 miscBonus;
        uint32 diffBonus;
        uint64 scoreBefore;
        uint64 scoreAfter;
    }

    struct Duel {
        uint256 id;
        address player1;
        address player2;
        uint256 player1DuelEntry;
        uint256 player2DuelEntry;
        address winner;
        uint256[] player1Heroes;
        uint256[] player2Heroes;
        uint256 startBlock;
        uint8 duelType;
        uint8 status;
        Player1ScoreChange player1ScoreChange;
    }

    struct Metadata {
        uint256 boostedBackground;
        uint256 boostedStat;
    }

    struct DuelEntry {
        uint256 id;
        address player;
        uint256[] heroes;
        uint256 startBlock;
        uint256 heroPower;
        uint256 score;
        uint256 scoreAfter;
        uint256 tokenFee;
        uint256 duelId;
        uint8 duelType;
        uint8 status;
        uint64 winStreak;
        uint64 loseStreak;
        bool useLockedTokens;
        uint8 numEntries;
        uint8 matched;
        Metadata metadata;
    }

    struct Equipment {
        uint256 equippedSlots;
        uint256 petId;
        uint256 weapon1Id;
        uint256 weapon2Id;
        uint256 offhand1Id;
        uint256 offhand2Id;
        uint256 armorId;
        uint256 accessoryId;
    }

    struct Hero1Score {
        uint8 roll;
        uint16 elementBonus;
        uint16 statValue;
        uint16 backgroundBonus;
        uint16 classBonus;
        uint16 subclassBonus;
        uint16 equipmentBonus;
        uint16 total;
        Equipment equipment;
    }

    struct Hero1Snapshot {
        uint256 petId;
        uint8 petRarity;
    }

    struct TurnResult {
        uint16 turn;
        uint256 player1HeroId;
        uint256 player2HeroId;
        uint8 stat;
        uint8 background;
        Hero1Score hero1Score;
        Hero1Score hero2Score;
        uint256 winnerHeroId;
        address winnerPlayer;
        Hero1Snapshot hero1Snapshot;
        Hero1Snapshot hero2Snapshot;
    }

    event DuelCompleted(
        uint256 indexed duelId,
        address indexed player1,
        address indexed player2,
        Duel duel
    );
    event DuelCreated(
        uint256 indexed duelId,
        address indexed player1,
        address indexed player2,
        Duel duel
    );
    event DuelEntryCreated(
        uint256 id,
        address indexed player,
        uint256[] heroIds,
        DuelEntry duelEntry
    );
    event PlayerScoreChanged(
        uint256 indexed duelId,
        address indexed player,
        Player1ScoreChange playerScoreChange
    );
    event TurnOutcome(
        uint256 indexed duelId,
        uint256 indexed player1HeroId,
        uint256 indexed player2HeroId,
        TurnResult turnResult
    );

    function duelCompleted(
        uint256 duelId,
        address player1,
        address player2,
        Duel calldata duel
    ) external {
        emit DuelCompleted(duelId, player1, player2, duel);
    }

    function duelCreated(
        uint256 duelId,
        address player1,
        address player2,
        Duel calldata duel
    ) external {
        emit DuelCreated(duelId, player1, player2, duel);
    }

    function duelEntryCreated(
        uint256 id,
        address player,
        uint256[] calldata heroIds,
        DuelEntry calldata duelEntry
    ) external {
        emit DuelEntryCreated(id, player, heroIds, duelEntry);
    }

    function playerScoreChanged(
        uint256 duelId,
        address player,
        Player1ScoreChange calldata playerScoreChange
    ) external {
        emit PlayerScoreChanged(duelId, player, playerScoreChange);
    }

    function turnOutcome(
        uint256 duelId,
        uint256 player1HeroId,
        uint256 player2HeroId,
        TurnResult calldata turnResult
    ) external {
        emit TurnOutcome(duelId, player1HeroId, player2HeroId, turnResult);
    }
}

contract DuelsRaffleMaster is Batched {
    struct RaffleType {
        uint256 id;
        address[] rewards;
        uint256[] rewardAmounts;
        uint256 maxWinners;
        uint64 duration;
    }

    event RaffleClosed(uint256 indexed raffleId);
    event RaffleDrawn(uint256 indexed raffleId, address indexed winner);
    event RaffleEntered(address indexed user, uint256 indexed raffleId, uint256 tickets);
    event RaffleStarted(uint256 indexed raffleId, RaffleType raffleType);

    function raffleClosed(uint256 raffleId) external {
        emit RaffleClosed(raffleId);
    }

    function raffleDrawn(uint256 raffleId, address winner) external {
        emit RaffleDrawn(raffleId, winner);
    }

    function raffleEntered(address user, uint256 raffleId, uint256 tickets) external {
        emit RaffleEntered(user, raffleId, tickets);
    }

    function raffleStarted(uint256 raffleId, RaffleType calldata raffleType) external {
        emit RaffleStarted(raffleId, raffleType);
    }
}

contract Gold is Batched {
    event Transfer(address indexed from, address indexed to, uint256 value);

    function transfer(address from, address to, uint256 value) external {
        emit Transfer(from, to, value);
    }
}

contract HeroAuction is Batched {
    event AuctionSuccessful(
        uint256 auctionId,
        uint256 indexed tokenId,
        uint256 totalPrice,
        address winner
    );

    function auctionSuccessful(
        uint256 auctionId,
        uint256 tokenId,
        uint256 totalPrice,
        address winner
    ) external {
        emit AuctionSuccessful(auctionId, tokenId, totalPrice, winner);
    }
}

contract HeroCore is Batched {
    struct HeroState {
        uint256 staminaFullAt;
        uint256 hpFullAt;
        uint256 mpFullAt;
        uint16 level;
        uint64 xp;
        address currentQuest;
        uint8 sp;
        uint8 status;
    }

    event HeroDarkSummoned(
        address indexed owner,
        uint256 heroId,
        uint256 summonerId,
        uint256 assistantId,
        uint256 statGenes,
        uint256 visualGenes
    );
    event HeroStateUpdated(address indexed owner, uint256 heroId, HeroState heroState);
    event HeroSummoned(
        address indexed owner,
        uint256 heroId,
        uint256 summonerId,
        uint256 assistantId,
        uint256 statGenes,
        uint256 visualGenes
    );
    event Transfer(address indexed from, address indexed to, uint256 indexed tokenId);

    function heroDarkSummoned(
        address owner,
        uint256 heroId,
        uint256 summonerId,
        uint256 assistantId,
        uint256 statGenes,
        uint256 visualGenes
    ) external {
        emit HeroDarkSummoned(owner, heroId, summonerId, assistantId, statGenes, visualGenes);
    }

    function heroStateUpdated(
        address owner,
        uint256 heroId,
        HeroState calldata heroState
    ) external {
        emit HeroStateUpdated(owner, heroId, heroState);
    }

    function heroSummoned(
        address owner,
        uint256 heroId,
        uint256 summonerId,
        uint256 assistantId,
        uint256 statGenes,
        uint256 visualGenes
    ) external {
        emit HeroSummoned(owner, heroId, summonerId, assistantId, statGenes, visualGenes);
    }

    function transfer(address from, address to, uint256 tokenId) external {
        emit Transfer(from, to, tokenId);
    }
}

contract HeroSummoning is Batched {
    event CrystalOpen(address indexed owner, uint256 crystalId, uint256 heroId);
    event CrystalSummoned(
        uint256 crystalId,
        address indexed owner,
        uint256 summonerId,
        uint256 assistantId,
        uint16 generation,
        uint256 createdBlock,
        uint8 summonerTears,
        uint8 assistantTears,
        address enhancementStone
    );

    function crystalOpen(address owner, uint256 crystalId, uint256 heroId) external {
        emit CrystalOpen(owner, crystalId, heroId);
    }

    function crystalSummoned(
        uint256 crystalId,
        address owner,
        uint256 summonerId,
        uint256 assistantId,
        uint16 generation,
        uint256 createdBlock,
        uint8 summonerTears,
        uint8 assistantTears,
        address enhancementStone
    ) external {
        emit CrystalSummoned(
            crystalId,
            owner,
            summonerId,
            assistantId,
            generation,
            createdBlock,
            summonerTears,
            assistantTears,
            enhancementStone
        );
    }
}

contract HuntsDiamond is Batched {
    struct ConsumableItem {
        address item;
        uint16 submittedAmount;
        uint16 usedAmount;
    }

    struct Hunt {
        uint256 id;
        uint256 huntDataId;
        uint256 startBlock;
        uint256[] heroIds;
        address player;
        uint8 status;
        uint256 resultSubmittedTimestamp;
        uint256[] petXpBonuses;
        uint256 startAtTime;
        uint256 retries;
        ConsumableItem[] consumableItems;
    }

    event HuntCanceled(uint256 huntId);
    event HuntCompleted(uint256 huntId, Hunt hunt, bool huntWon, uint256[] heroIds);
    event HuntEquipmentMinted(
        uint256 indexed huntId,
        address indexed item,
        address indexed player,
        uint8 equipmentType,
        uint16 displayId,
        uint8 rarity,
        uint256 nftId
    );
    event HuntRaffleAwarded(address winner, uint128 amount, uint64 raffleDay, uint64 totalEntries);
    event HuntResultSubmitted(uint256 huntId, bool result);
    event HuntRetried(uint256 huntId);
    event HuntRewardMinted(
        uint256 indexed huntId,
        address indexed player,
        address indexed item,
        uint256 amount,
        uint256 data
    );
    event HuntSponsoredRaffleAwarded(
        address[] winners,
        uint256[] amounts,
        uint64 raffleDay,
        uint64 totalEntries,
        uint16 sponsorId,
        uint32 raffleId
    );
    event HuntStarted(Hunt hunt);

    function huntCanceled(uint256 huntId) external {
        emit HuntCanceled(huntId);
    }

    function huntCompleted(
        uint256 huntId,
        Hunt calldata hunt,
        bool huntWon,
        uint256[] calldata heroIds
    ) external {
        emit HuntCompleted(huntId, hunt, huntWon, heroIds);
    }

    function huntEquipmentMinted(
        uint256 huntId,
        address item,
        address player,
        uint8 equipmentType,
        uint16 displayId,
        uint8 rarity,
        uint256 nftId
    ) external {
        emit HuntEquipmentMinted(huntId, item, player, equipmentType, displayId, rarity, nftId);
    }

    function huntRaffleAwarded(
        address winner,
        uint128 amount,
        uint64 raffleDay,
        uint64 totalEntries
    ) external {
        emit HuntRaffleAwarded(winner, amount, raffleDay, totalEntries);
    }

    function huntResultSubmitted(uint256 huntId, bool result) external {
        emit HuntResultSubmitted(huntId, result);
    }

    function huntRetried(uint256 huntId) external {
        emit HuntRetried(huntId);
    }

    function huntRewardMinted(
        uint256 huntId,
        address player,
        address item,
        uint256 amount,
        uint256 data
    ) external {
        emit HuntRewardMinted(huntId, player, item, amount, data);
    }

    function huntSponsoredRaffleAwarded(
        address[] calldata winners,
        uint256[] calldata amounts,
        uint64 raffleDay,
        uint64 totalEntries,
        uint16 sponsorId,
        uint32 raffleId
    ) external {
        emit HuntSponsoredRaffleAwarded(
            winners,
            amounts,
            raffleDay,
            totalEntries,
            sponsorId,
            raffleId
        );
    }

    function huntStarted(Hunt calldata hunt) external {
        emit HuntStarted(hunt);
    }
}

contract LpPair is Batched {
    event Sync(uint112 reserve0, uint112 reserve1);

    function sync(uint112 reserve0, uint112 reserve1) external {
        emit Sync(reserve0, reserve1);
    }
}

contract LpStakingDiamond is Batched {
    event Deposit(address indexed user, uint256 indexed pid, uint256 amount);
    event PoolAdded(uint256 indexed pid, uint256 allocPoint, address lpToken);
    event PoolUpdated(uint256 indexed pid, uint256 allocPoint);
    event RewardClaimed(address indexed user, uint256 indexed pid, uint256 amount);
    event Withdraw(address indexed user, uint256 indexed pid, uint256 amount);

    function deposit(address user, uint256 pid, uint256 amount) external {
        emit Deposit(user, pid, amount);
    }

    function poolAdded(uint256 pid, uint256 allocPoint, address lpToken) external {
        emit PoolAdded(pid, allocPoint, lpToken);
    }

    function poolUpdated(uint256 pid, uint256 allocPoint) external {
        emit PoolUpdated(pid, allocPoint);
    }

    function rewardClaimed(address user, uint256 pid, uint256 amount) external {
        emit RewardClaimed(user, pid, amount);
    }

    function withdraw(address user, uint256 pid, uint256 amount) external {
        emit Withdraw(user, pid, amount);
    }
}

contract MasterGardener is Batched {
    event Deposit(address indexed user, uint256 indexed pid, uint256 amount);
    event EmergencyWithdraw(address indexed user, uint256 indexed pid, uint256 amount);
    event SendGovernanceTokenReward(
        address indexed user,
        uint256 indexed pid,
        uint256 amount,
        uint256 lockAmount
    );
    event Withdraw(address indexed user, uint256 indexed pid, uint256 amount);

    function deposit(address user, uint256 pid, uint256 amount) external {
        emit Deposit(user, pid, amount);
    }

    function emergencyWithdraw(address user, uint256 pid, uint256 amount) external {
        emit EmergencyWithdraw(user, pid, amount);
    }

    function sendGovernanceTokenReward(
        address user,
        uint256 pid,
        uint256 amount,
        uint256 lockAmount
    ) external {
        emit SendGovernanceTokenReward(user, pid, amount, lockAmount);
    }

    function withdraw(address user, uint256 pid, uint256 amount) external {
        emit Withdraw(user, pid, amount);
    }
}

contract PetCore is Batched {
    struct Pet {
        uint256 id;
        uint8 originId;
        string name;
        uint8 season;
        uint8 eggType;
        uint8 rarity;
        uint8 element;
        uint8 bonusCount;
        uint8 profBonus;
        uint8 profBonusScalar;
        uint8 craftBonus;
        uint8 craftBonusScalar;
        uint8 combatBonus;
        uint8 combatBonusScalar;
        uint16 appearance;
        uint8 background;
        uint8 shiny;
        uint64 hungryAt;
        uint64 equippableAt;
        uint256 equippedTo;
        address fedBy;
        uint8 foodType;
    }

    event PetHatchedV2(address indexed owner, uint256 indexed petId, Pet pet);
    event PetUpdatedV2(address indexed owner, uint256 indexed petId, Pet pet);
    event Transfer(address indexed from, address indexed to, uint256 indexed tokenId);

    function petHatchedV2(address owner, uint256 petId, Pet calldata pet) external {
        emit PetHatchedV2(owner, petId, pet);
    }

    function petUpdatedV2(address owner, uint256 petId, Pet calldata pet) external {
        emit PetUpdatedV2(owner, petId, pet);
    }

    function transfer(address from, address to, uint256 tokenId) external {
        emit Transfer(from, to, tokenId);
    }
}

contract PvpDiamond is Batched {
    struct InfluenceData {
        uint256 influenceSideA;
        uint256 influenceSideB;
        uint256 spectatorCountSideA;
        uint256 spectatorCountSideB;
    }

    struct PlayerInfluenceData {
        uint256 totalInfluence;
        uint256 availableInfluence;
        uint256 resetWeekNumber;
        uint256 spectatingBattleCount;
        bool convertedToV2;
        uint256 activeInfluence;
    }

    struct ClaimData {
        uint256 availableShells;
        uint256 dailyQuestRemainder;
        uint256 currentClaimDay;
        uint256 lastRewardDay;
        uint256 consecutiveRewardDays;
        uint256 totalDaysRewarded;
    }

    event BattleAccepted(
        uint256 indexed battleId,
        address indexed host,
        address indexed opponent,
        uint256 battleSettingsPt1,
        uint256 battleSettingsPt2
    );
    event BattleCompleted(uint256 indexed battleId, address battleWinner, uint8 winner);
    event BattleCreated(
        uint256 indexed battleId,
        address indexed host,
        uint256 battleSettingsPt1,
        uint256 battleSettingsPt2
    );
    event BattleSpectatorAdded(
        uint256 indexed battleId,
        address indexed player,
        uint8 winner,
        uint256 influenceAdded,
        InfluenceData influenceData
    );
    event BattleSpectatorRemoved(uint256 indexed battleId, address indexed player);
    event BattleSpectatorRewarded(
        uint256 indexed battleId,
        address indexed player,
        address rewardToken,
        bool isGasToken,
        uint256 amount
    );
    event BattleSpectatorVoteChanged(
        uint256 indexed battleId,
        address indexed player,
        uint8 newWinner,
        uint256 newInfluence,
        InfluenceData influenceData
    );
    event BattleSpectatorWithdrew(
        uint256 indexed battleId,
        address indexed player,
        uint8 winner,
        uint256 influenceRemoved,
        InfluenceData influenceData
    );
    event BattleWinnerRewarded(
        uint256 indexed battleId,
        address indexed player,
        address rewardToken,
        bool isGasToken,
        uint256 amount
    );
    event DailyShellQuestComplete(
        address indexed player,
        uint256 rewardAmount,
        uint256 consecutiveDays
    );
    event FrequentShellQuesterComplete(address indexed player, uint256 rewardAmount);
    event PatrolCanceled(uint256 indexed patrolId, address indexed player);
    event PatrolCompleted(
        uint256 indexed patrolId,
        address indexed player,
        uint256 fightsCompleted,
        bool patrolWon
    );
    event PatrolResultSubmitted(
        uint256 indexed patrolId,
        bool patrolWon,
        uint256[] enemyIndexes,
        uint256 usedPotions
    );
    event PatrolRewardMinted(
        uint256 indexed patrolId,
        address indexed player,
        address indexed item,
        uint256 amount,
        uint256 data
    );
    event PatrolStarted(uint256 indexed patrolId, address indexed player, uint256 enemyPoolId);
    event PlayerInfluenceDataUpdatedV2(
        address indexed player,
        PlayerInfluenceData playerInfluenceData
    );
    event PlayerWonTournament(
        uint256 indexed tournamentId,
        address indexed player,
        uint256 tournamentType
    );
    event ShellsClaimed(address indexed player, uint256 claimedAmount, ClaimData claimData);
    event ShellsEarned(address indexed player, uint256 earnedAmount);
    event TournamentMatch(
        uint256 indexed tournamentId,
        address indexed playerA,
        address indexed playerB,
        uint256 bracketSlot,
        address winner,
        uint256 word3,
        uint256 word4,
        uint256 word5
    );
    event WeeklyShellQuestComplete(address indexed player, uint256 rewardAmount);

    function battleAccepted(
        uint256 battleId,
        address host,
        address opponent,
        uint256 battleSettingsPt1,
        uint256 battleSettingsPt2
    ) external {
        emit BattleAccepted(battleId, host, opponent, battleSettingsPt1, battleSettingsPt2);
    }

    function battleCompleted(uint256 battleId, address battleWinner, uint8 winner) external {
        emit BattleCompleted(battleId, battleWinner, winner);
    }

    function battleCreated(
        uint256 battleId,
        address host,
        uint256 battleSettingsPt1,
        uint256 battleSettingsPt2
    ) external {
        emit BattleCreated(battleId, host, battleSettingsPt1, battleSettingsPt2);
    }

    function battleSpectatorAdded(
        uint256 battleId,
        address player,
        uint8 winner,
        uint256 influenceAdded,
        InfluenceData calldata influenceData
    ) external {
        emit BattleSpectatorAdded(battleId, player, winner, influenceAdded, influenceData);
    }

    function battleSpectatorRemoved(uint256 battleId, address player) external {
        emit BattleSpectatorRemoved(battleId, player);
    }

    function battleSpectatorRewarded(
        uint256 battleId,
        address player,
        address rewardToken,
        bool isGasToken,
        uint256 amount
    ) external {
        emit BattleSpectatorRewarded(battleId, player, rewardToken, isGasToken, amount);
    }

    function battleSpectatorVoteChanged(
        uint256 battleId,
        address player,
        uint8 newWinner,
        uint256 newInfluence,
        InfluenceData calldata influenceData
    ) external {
        emit BattleSpectatorVoteChanged(battleId, player, newWinner, newInfluence, influenceData);
    }

    function battleSpectatorWithdrew(
        uint256 battleId,
        address player,
        uint8 winner,
        uint256 influenceRemoved,
        InfluenceData calldata influenceData
    ) external {
        emit BattleSpectatorWithdrew(battleId, player, winner, influenceRemoved, influenceData);
    }

    function battleWinnerRewarded(
        uint256 battleId,
        address player,
        address rewardToken,
        bool isGasToken,
        uint256 amount
    ) external {
        emit BattleWinnerRewarded(battleId, player, rewardToken, isGasToken, amount);
    }

    function dailyShellQuestComplete(
        address player,
        uint256 rewardAmount,
        uint256 consecutiveDays
    ) external {
        emit DailyShellQuestComplete(player, rewardAmount, consecutiveDays);
    }

    function frequentShellQuesterComplete(address player, uint256 rewardAmount) external {
        emit FrequentShellQuesterComplete(player, rewardAmount);
    }

    function patrolCanceled(uint256 patrolId, address player) external {
        emit PatrolCanceled(patrolId, player);
    }

    function patrolCompleted(
        uint256 patrolId,
        address player,
        uint256 fightsCompleted,
        bool patrolWon
    ) external {
        emit PatrolCompleted(patrolId, player, fightsCompleted, patrolWon);
    }

    function patrolResultSubmitted(
        uint256 patrolId,
        bool patrolWon,
        uint256[] calldata enemyIndexes,
        uint256 usedPotions
    ) external {
        emit PatrolResultSubmitted(patrolId, patrolWon, enemyIndexes, usedPotions);
    }

    function patrolRewardMinted(
        uint256 patrolId,
        address player,
        address item,
        uint256 amount,
        uint256 data
    ) external {
        emit PatrolRewardMinted(patrolId, player, item, amount, data);
    }

    function patrolStarted(uint256 patrolId, address player, uint256 enemyPoolId) external {
        emit PatrolStarted(patrolId, player, enemyPoolId);
    }

    function playerInfluenceDataUpdatedV2(
        address player,
        PlayerInfluenceData calldata playerInfluenceData
    ) external {
        emit PlayerInfluenceDataUpdatedV2(player, playerInfluenceData);
    }

    function playerWonTournament(
        uint256 tournamentId,
        address player,
        uint256 tournamentType
    ) external {
        emit PlayerWonTournament(tournamentId, player, tournamentType);
    }

    function shellsClaimed(
        address player,
        uint256 claimedAmount,
        ClaimData calldata claimData
    ) external {
        emit ShellsClaimed(player, claimedAmount, claimData);
    }

    function shellsEarned(address player, uint256 earnedAmount) external {
        emit ShellsEarned(player, earnedAmount);
    }

    function tournamentMatch(
        uint256 tournamentId,
        address playerA,
        address playerB,
        uint256 bracketSlot,
        address winner,
        uint256 word3,
        uint256 word4,
        uint256 word5
    ) external {
        // its name, by which topic0 is made, is not known
        bytes memory data = abi.encode(bracketSlot, winner, word3, word4, word5);
        bytes32 topic = 0x2b93f4474a262323163bea734586863c91186f8230b05f68ba8018bac0a65897;
        assembly {
            log4(add(data, 32), mload(data), topic, tournamentId, playerA, playerB)
        }
    }

    function weeklyShellQuestComplete(address player, uint256 rewardAmount) external {
        emit WeeklyShellQuestComplete(player, rewardAmount);
    }
}

contract QuestCore is Batched {
    struct Quest {
        uint256 id;
        uint256 questInstanceId;
        uint8 level;
        uint256[] heroes;
        address player;
        uint256 startBlock;
        uint256 startAtTime;
        uint256 completeAtTime;
        uint8 attempts;
        uint8 status;
        uint8 questType;
    }

    event QuestCanceled(
        uint256 indexed questId,
        address indexed player,
        uint256 indexed heroId,
        Quest quest
    );
    event QuestCompleted(
        uint256 indexed questId,
        address indexed player,
        uint256 indexed heroId,
        Quest quest
    );
    event QuestStarted(
        uint256 indexed questId,
        address indexed player,
        uint256 indexed heroId,
        Quest quest,
        uint256 startAtTime,
        uint256 completeAtTime
    );
    event QuestXP(uint256 indexed questId, address indexed player, uint256 heroId, uint64 xpEarned);
    event RewardMinted(
        uint256 indexed questId,
        address indexed player,
        uint256 heroId,
        address indexed reward,
        uint256 amount,
        uint256 data
    );
    event TrainingAttemptDone(bool success, uint256 attempt, uint256 indexed heroId);
    event TrainingSuccessRatio(uint256 winCount, uint256 attempts, uint256 indexed heroId);

    function questCanceled(
        uint256 questId,
        address player,
        uint256 heroId,
        Quest calldata quest
    ) external {
        emit QuestCanceled(questId, player, heroId, quest);
    }

    function questCompleted(
        uint256 questId,
        address player,
        uint256 heroId,
        Quest calldata quest
    ) external {
        emit QuestCompleted(questId, player, heroId, quest);
    }

    function questStarted(
        uint256 questId,
        address player,
        uint256 heroId,
        Quest calldata quest,
        uint256 startAtTime,
        uint256 completeAtTime
    ) external {
        emit QuestStarted(questId, player, heroId, quest, startAtTime, completeAtTime);
    }

    function questXP(uint256 questId, address player, uint256 heroId, uint64 xpEarned) external {
        emit QuestXP(questId, player, heroId, xpEarned);
    }

    function rewardMinted(
        uint256 questId,
        address player,
        uint256 heroId,
        address reward,
        uint256 amount,
        uint256 data
    ) external {
        emit RewardMinted(questId, player, heroId, reward, amount, data);
    }

    function trainingAttemptDone(bool success, uint256 attempt, uint256 heroId) external {
        emit TrainingAttemptDone(success, attempt, heroId);
    }

    function trainingSuccessRatio(uint256 winCount, uint256 attempts, uint256 heroId) external {
        emit TrainingSuccessRatio(winCount, attempts, heroId);
    }
}
