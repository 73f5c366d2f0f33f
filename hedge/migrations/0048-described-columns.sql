-- depends: 0036-loaded-days

-- What each column means and in which unit. This is the one place of these words: the
-- page docs/raw-tables.md and the columns in models/staging/_sources.yml are made of
-- them and of the check constraints (make raw-tables), and psql shows them by \d+.
-- A migration that adds a column to one of these tables comments it.

comment on column raw.discord_interactions.interaction_id is
'The id that Discord gave to the interaction';
comment on column raw.discord_interactions.discord_id is
'The Discord account that acted';
comment on column raw.discord_interactions.kind is 'What the account did';
comment on column raw.discord_interactions.command is
'The command that was called; null for other kinds';
comment on column raw.discord_interactions.topic is
'The topic of the channel, where the bot knows one';
comment on column raw.discord_interactions.occurred_at is 'When the account acted, UTC';
comment on column raw.discord_interactions.loaded_at is
'When the row was inserted or updated last, by the clock of the database';

comment on column raw.hero_summons.chain_id is
'The chain, by its number: 53935 is DFK Chain, 8217 Kaia, 1088 METIS';
comment on column raw.hero_summons.hero_id is 'The hero that was summoned';
comment on column raw.hero_summons.tx_hash is 'The transaction that emitted the log';
comment on column raw.hero_summons.log_index is
'The place of the log in its block, from 0';
comment on column raw.hero_summons.block_number is 'The block that contains the log';
comment on column raw.hero_summons.summoner_wallet is
'The wallet that summoned the hero';
comment on column raw.hero_summons.summoner_id is
'The parent that summoned; null where unknown';
comment on column raw.hero_summons.assistant_id is
'The other parent; null where unknown';
comment on column raw.hero_summons.stat_genes is
'Class, skills and other traits: 48 base-32 digits, see the seed gene_layout';
comment on column raw.hero_summons.visual_genes is
'The traits of the look: 48 base-32 digits';
comment on column raw.hero_summons.rarity is
'The rarity of the hero, a code of the seed code_values';
comment on column raw.hero_summons.generation is
'Generations since generation 0, which had no parents';
comment on column raw.hero_summons.summoned_at is 'When the hero was summoned, UTC';
comment on column raw.hero_summons.loaded_at is
'When the row was inserted or updated last, by the clock of the database';

comment on column raw.heroes.hero_id is 'The hero';
comment on column raw.heroes.realm is 'The realm that the hero is in';
comment on column raw.heroes.owner_wallet is
'The wallet that owned the hero from updated_at on; null where unknown';
comment on column raw.heroes.main_class is 'The class of the hero';
comment on column raw.heroes.sub_class is 'The subclass of the hero';
comment on column raw.heroes.profession is 'The profession of the hero';
comment on column raw.heroes.rarity is
'The rarity of the hero, a code of the seed code_values';
comment on column raw.heroes.level is 'The level of the hero, in levels';
comment on column raw.heroes.generation is
'Generations since generation 0, which had no parents';
comment on column raw.heroes.is_rented is 'Whether the hero is rented';
comment on column raw.heroes.summoner_id is
'The parent that summoned; null where unknown';
comment on column raw.heroes.assistant_id is 'The other parent; null where unknown';
comment on column raw.heroes.stat_genes is
'Class, skills and other traits: 48 base-32 digits, see the seed gene_layout';
comment on column raw.heroes.updated_at is 'When this version of the hero began, UTC';
comment on column raw.heroes.loaded_at is
'When the row was inserted or updated last, by the clock of the database';

comment on column raw.hunting_drops.tx_hash is 'The transaction that emitted the log';
comment on column raw.hunting_drops.log_index is
'The place of the log in its block, from 0';
comment on column raw.hunting_drops.chain_id is
'The chain, by its number: 53935 is DFK Chain, 8217 Kaia, 1088 METIS';
comment on column raw.hunting_drops.hunt_id is 'The hunt that gave the reward';
comment on column raw.hunting_drops.wallet_address is
'The wallet that received the reward';
comment on column raw.hunting_drops.item_address is 'The contract of the item';
comment on column raw.hunting_drops.amount is
'How many were minted, in units of its contract';
comment on column raw.hunting_drops.equipment_type is
'The kind of equipment, a code of the contract; null for other items';
comment on column raw.hunting_drops.display_id is
'The look of the equipment, a code of the contract; null for other items';
comment on column raw.hunting_drops.rarity is
'The rarity of the equipment, a code of the contract; null for other items';
comment on column raw.hunting_drops.nft_id is
'The token that stands for the equipment; null for other items';
comment on column raw.hunting_drops.dropped_at is 'When the reward was minted, UTC';
comment on column raw.hunting_drops.loaded_at is
'When the row was inserted or updated last, by the clock of the database';

comment on column raw.hunting_encounters.chain_id is
'The chain, by its number: 53935 is DFK Chain, 8217 Kaia, 1088 METIS';
comment on column raw.hunting_encounters.hunt_id is 'The hunt';
comment on column raw.hunting_encounters.tx_hash is
'The transaction that emitted the log';
comment on column raw.hunting_encounters.log_index is
'The place of the log in its block, from 0';
comment on column raw.hunting_encounters.block_number is
'The block that contains the log';
comment on column raw.hunting_encounters.wallet_address is 'The wallet that hunted';
comment on column raw.hunting_encounters.hunt_data_id is
'The kind of hunt: 1 is Mad Boar, 2 is Bad Motherclucker';
comment on column raw.hunting_encounters.enemy_id is 'The enemy, by its id in the game';
comment on column raw.hunting_encounters.result is 'How the hunt ended for the wallet';
comment on column raw.hunting_encounters.hero_ids is 'The heroes that hunted';
comment on column raw.hunting_encounters.retries is
'How often the fight was begun again, in retries';
comment on column raw.hunting_encounters.surviving_hero_count is
'How many heroes survived, in heroes';
comment on column raw.hunting_encounters.surviving_hero_hp is
'What the surviving heroes had left together, in hit points';
comment on column raw.hunting_encounters.encountered_at is
'When the hunt was completed, UTC';
comment on column raw.hunting_encounters.loaded_at is
'When the row was inserted or updated last, by the clock of the database';

comment on column raw.influence_predictions.battle_id is 'The battle that is voted on';
comment on column raw.influence_predictions.wallet_address is 'The wallet that voted';
comment on column raw.influence_predictions.action is
'What the vote does: ADD and CHANGE set it, WITHDRAW ends it';
comment on column raw.influence_predictions.side is
'The side that the vote is for, a code of the contract';
comment on column raw.influence_predictions.influence is
'What the vote stakes, in points of influence';
comment on column raw.influence_predictions.tx_hash is
'The transaction that emitted the log';
comment on column raw.influence_predictions.log_index is
'The place of the log in its block, from 0';
comment on column raw.influence_predictions.voted_at is 'When the wallet voted, UTC';
comment on column raw.influence_predictions.loaded_at is
'When the row was inserted or updated last, by the clock of the database';

comment on column raw.jeweler_events.tx_hash is 'The transaction that emitted the log';
comment on column raw.jeweler_events.log_index is
'The place of the log in its block, from 0';
comment on column raw.jeweler_events.wallet_address is 'The wallet that staked';
comment on column raw.jeweler_events.action is 'Whether JEWEL was staked or taken out';
comment on column raw.jeweler_events.jewel_amount is
'How much was staked or taken out, in JEWEL';
comment on column raw.jeweler_events.cjewel_amount is
'How much cJEWEL was minted or burned for it, in cJEWEL';
comment on column raw.jeweler_events.occurred_at is
'When it was staked or taken out, UTC';
comment on column raw.jeweler_events.loaded_at is
'When the row was inserted or updated last, by the clock of the database';

comment on column raw.lp_harvest_events.tx_hash is
'The transaction that emitted the log';
comment on column raw.lp_harvest_events.log_index is
'The place of the log in its block, from 0';
comment on column raw.lp_harvest_events.wallet_address is 'The wallet that harvested';
comment on column raw.lp_harvest_events.chain_id is
'The chain, by its number: 53935 is DFK Chain, 8217 Kaia, 1088 METIS';
comment on column raw.lp_harvest_events.pool_id is
'The pool, by its number on the chain (seed lp_pools)';
comment on column raw.lp_harvest_events.reward_amount is
'What was harvested, in units of the reward token';
comment on column raw.lp_harvest_events.reward_token is 'The token that was harvested';
comment on column raw.lp_harvest_events.harvested_at is 'When it was harvested, UTC';
comment on column raw.lp_harvest_events.loaded_at is
'When the row was inserted or updated last, by the clock of the database';

comment on column raw.lp_prices_daily.price_date is 'The day of the price, UTC';
comment on column raw.lp_prices_daily.chain_id is
'The chain, by its number: 53935 is DFK Chain, 8217 Kaia, 1088 METIS';
comment on column raw.lp_prices_daily.pool_id is
'The pool, by its number on the chain (seed lp_pools)';
comment on column raw.lp_prices_daily.usd_per_lp is
'The price of one LP token, in US dollars';
comment on column raw.lp_prices_daily.loaded_at is
'When the row was inserted or updated last, by the clock of the database';

comment on column raw.lp_stake_events.tx_hash is 'The transaction that emitted the log';
comment on column raw.lp_stake_events.log_index is
'The place of the log in its block, from 0';
comment on column raw.lp_stake_events.wallet_address is 'The wallet that staked';
comment on column raw.lp_stake_events.chain_id is
'The chain, by its number: 53935 is DFK Chain, 8217 Kaia, 1088 METIS';
comment on column raw.lp_stake_events.pool_id is
'The pool, by its number on the chain (seed lp_pools)';
comment on column raw.lp_stake_events.action is
'Whether liquidity was staked or taken out';
comment on column raw.lp_stake_events.lp_amount is
'How much was staked or taken out, in LP tokens';
comment on column raw.lp_stake_events.occurred_at is
'When it was staked or taken out, UTC';
comment on column raw.lp_stake_events.loaded_at is
'When the row was inserted or updated last, by the clock of the database';

comment on column raw.metis_battles.chain_id is
'The chain, by its number: 53935 is DFK Chain, 8217 Kaia, 1088 METIS';
comment on column raw.metis_battles.battle_id is 'The battle';
comment on column raw.metis_battles.host_wallet is 'The wallet that opened the battle';
comment on column raw.metis_battles.opponent_wallet is 'The wallet that joined it';
comment on column raw.metis_battles.winner_wallet is
'The wallet that won; null until it is known';
comment on column raw.metis_battles.winner_side is
'The side that won, a code of the contract; null until then';
comment on column raw.metis_battles.settings_1 is
'The first word of the settings, as the contract packs them';
comment on column raw.metis_battles.settings_2 is
'The second word of the settings, as the contract packs them';
comment on column raw.metis_battles.created_at is 'When the battle was opened, UTC';
comment on column raw.metis_battles.completed_at is
'When the battle was decided, UTC; null until then';
comment on column raw.metis_battles.loaded_at is
'When the row was inserted or updated last, by the clock of the database';

comment on column raw.metis_patrol_events.chain_id is
'The chain, by its number: 53935 is DFK Chain, 8217 Kaia, 1088 METIS';
comment on column raw.metis_patrol_events.patrol_id is 'The patrol';
comment on column raw.metis_patrol_events.tx_hash is
'The transaction that emitted the log';
comment on column raw.metis_patrol_events.log_index is
'The place of the log in its block, from 0';
comment on column raw.metis_patrol_events.wallet_address is
'The wallet that went on patrol';
comment on column raw.metis_patrol_events.trial_id is
'The trial that the patrol belongs to, a code of the contract';
comment on column raw.metis_patrol_events.stage is 'The stage of the trial, in stages';
comment on column raw.metis_patrol_events.difficulty is
'The difficulty by its name; the seed elite_difficulties lists the elite ones';
comment on column raw.metis_patrol_events.fights_completed is
'How many fights were completed, in fights';
comment on column raw.metis_patrol_events.result is
'How the patrol ended for the wallet';
comment on column raw.metis_patrol_events.completed_at is
'When the patrol was completed, UTC';
comment on column raw.metis_patrol_events.loaded_at is
'When the row was inserted or updated last, by the clock of the database';

comment on column raw.pets.pet_id is 'The pet';
comment on column raw.pets.chain_id is
'The chain, by its number: 53935 is DFK Chain, 8217 Kaia, 1088 METIS';
comment on column raw.pets.owner_wallet is
'The wallet that owned the pet from updated_at on; null where unknown';
comment on column raw.pets.egg_type is
'The egg that the pet hatched from, a code of the contract';
comment on column raw.pets.rarity is
'The rarity of the pet, from 0 (common) to 4 (mythic)';
comment on column raw.pets.appearance is 'The look of the pet, a code of the contract';
comment on column raw.pets.family is
'The family of the pet, one of the seed pet_families';
comment on column raw.pets.variant is 'The variant of the pet';
comment on column raw.pets.updated_at is 'When this version of the pet began, UTC';
comment on column raw.pets.loaded_at is
'When the row was inserted or updated last, by the clock of the database';

comment on column raw.pvp_matches.realm is 'The realm in which the match was played';
comment on column raw.pvp_matches.match_id is 'The match, by its id in the realm';
comment on column raw.pvp_matches.wallet_address is 'The wallet that played';
comment on column raw.pvp_matches.opponent_wallet is
'The wallet that it played against';
comment on column raw.pvp_matches.queue_type is 'The queue from which the match came';
comment on column raw.pvp_matches.is_ranked is
'Whether the match counts for the rating';
comment on column raw.pvp_matches.outcome is 'How the match ended for the wallet';
comment on column raw.pvp_matches.hero_deaths is
'How many heroes of the wallet died, in heroes';
comment on column raw.pvp_matches.score_before is
'The rating of the wallet before the match, in points';
comment on column raw.pvp_matches.score_after is
'The rating of the wallet after the match, in points';
comment on column raw.pvp_matches.tx_hash is 'The transaction that emitted the log';
comment on column raw.pvp_matches.log_index is
'The place of the log in its block, from 0';
comment on column raw.pvp_matches.matched_at is 'When the match was completed, UTC';
comment on column raw.pvp_matches.loaded_at is
'When the row was inserted or updated last, by the clock of the database';

comment on column raw.quest_completions.chain_id is
'The chain, by its number: 53935 is DFK Chain, 8217 Kaia, 1088 METIS';
comment on column raw.quest_completions.quest_id is
'The quest, by its number on the chain';
comment on column raw.quest_completions.tx_hash is
'The transaction that emitted the log';
comment on column raw.quest_completions.log_index is
'The place of the log in its block, from 0';
comment on column raw.quest_completions.wallet_address is
'The wallet that sent its heroes on the quest';
comment on column raw.quest_completions.hero_id is 'The first hero on the quest';
comment on column raw.quest_completions.hero_count is
'How many heroes were on the quest, in heroes';
comment on column raw.quest_completions.quest_instance_id is
'The profession of the quest, a code of the seed code_values';
comment on column raw.quest_completions.quest_type is
'The kind of quest, a code of the contract';
comment on column raw.quest_completions.level is 'The level of the quest, in levels';
comment on column raw.quest_completions.attempts is
'How often the heroes attempted it, in attempts';
comment on column raw.quest_completions.status is
'The state of the quest, a code of the seed code_values';
comment on column raw.quest_completions.started_at is 'When the quest was begun, UTC';
comment on column raw.quest_completions.completed_at is
'When the quest was completed, UTC';
comment on column raw.quest_completions.loaded_at is
'When the row was inserted or updated last, by the clock of the database';

comment on column raw.seasonal_event_actions.event_key is 'The event of the season';
comment on column raw.seasonal_event_actions.wallet_address is
'The wallet that took part';
comment on column raw.seasonal_event_actions.action_kind is 'What the wallet did';
comment on column raw.seasonal_event_actions.ref_id is
'What tells actions of one kind apart, such as the id of a quest';
comment on column raw.seasonal_event_actions.occurred_at is
'When the wallet did it, UTC';
comment on column raw.seasonal_event_actions.loaded_at is
'When the row was inserted or updated last, by the clock of the database';

comment on column raw.shell_events.tx_hash is 'The transaction that emitted the log';
comment on column raw.shell_events.log_index is
'The place of the log in its block, from 0';
comment on column raw.shell_events.chain_id is
'The chain, by its number: 53935 is DFK Chain, 8217 Kaia, 1088 METIS';
comment on column raw.shell_events.wallet_address is 'The wallet whose shells changed';
comment on column raw.shell_events.event_type is
'Whether shells were earned, claimed or spent';
comment on column raw.shell_events.source is 'What they were earned by or spent on';
comment on column raw.shell_events.shell_amount is 'How many, in shells';
comment on column raw.shell_events.occurred_at is 'When they changed, UTC';
comment on column raw.shell_events.loaded_at is
'When the row was inserted or updated last, by the clock of the database';

comment on column raw.shell_raffle_entries.raffle_id is 'The raffle';
comment on column raw.shell_raffle_entries.wallet_address is 'The wallet that entered';
comment on column raw.shell_raffle_entries.tickets is
'How many tickets it entered with, in tickets';
comment on column raw.shell_raffle_entries.tx_hash is
'The transaction that emitted the log';
comment on column raw.shell_raffle_entries.log_index is
'The place of the log in its block, from 0';
comment on column raw.shell_raffle_entries.entered_at is 'When it entered, UTC';
comment on column raw.shell_raffle_entries.loaded_at is
'When the row was inserted or updated last, by the clock of the database';

comment on column raw.shell_raffle_results.raffle_id is 'The raffle';
comment on column raw.shell_raffle_results.winner_wallet is 'The wallet that won';
comment on column raw.shell_raffle_results.prize_token is 'The token of the prize';
comment on column raw.shell_raffle_results.prize_amount is
'The prize, in units of the contract of its token';
comment on column raw.shell_raffle_results.tx_hash is
'The transaction that emitted the log';
comment on column raw.shell_raffle_results.log_index is
'The place of the log in its block, from 0';
comment on column raw.shell_raffle_results.drawn_at is 'When the winner was drawn, UTC';
comment on column raw.shell_raffle_results.loaded_at is
'When the row was inserted or updated last, by the clock of the database';

comment on column raw.token_prices_daily.price_date is 'The day of the price, UTC';
comment on column raw.token_prices_daily.token is
'The token by its symbol, such as JEWEL';
comment on column raw.token_prices_daily.usd_price is
'The price of one token, in US dollars';
comment on column raw.token_prices_daily.source is 'Where the price is from';
comment on column raw.token_prices_daily.loaded_at is
'When the row was inserted or updated last, by the clock of the database';

comment on column raw.tournament_entries.chain_id is
'The chain, by its number: 53935 is DFK Chain, 8217 Kaia, 1088 METIS';
comment on column raw.tournament_entries.tournament_id is
'The tournament, by its number on the chain';
comment on column raw.tournament_entries.wallet_address is 'The wallet that registered';
comment on column raw.tournament_entries.is_official is
'Whether the tournament is an official one';
comment on column raw.tournament_entries.registered_at is
'When the wallet registered, UTC';
comment on column raw.tournament_entries.final_rank is
'The rank of the wallet, 1 for the winner; null where there is none';
comment on column raw.tournament_entries.ended_at is
'When the tournament ended, UTC; null until then';
comment on column raw.tournament_entries.loaded_at is
'When the row was inserted or updated last, by the clock of the database';

comment on column raw.tournament_matches.tx_hash is
'The transaction that emitted the log';
comment on column raw.tournament_matches.log_index is
'The place of the log in its block, from 0';
comment on column raw.tournament_matches.chain_id is
'The chain, by its number: 53935 is DFK Chain, 8217 Kaia, 1088 METIS';
comment on column raw.tournament_matches.tournament_id is
'The tournament, by its number on the chain';
comment on column raw.tournament_matches.bracket_slot is
'The place of the match in the bracket, from 0';
comment on column raw.tournament_matches.player_a is 'The wallet of one player';
comment on column raw.tournament_matches.player_b is
'The wallet of the other player; null where nobody was to play';
comment on column raw.tournament_matches.winner_wallet is
'The wallet that won; null where it is unknown';
comment on column raw.tournament_matches.block_number is
'The block that contains the log';
comment on column raw.tournament_matches.completed_at is
'When the match was decided, UTC';
comment on column raw.tournament_matches.loaded_at is
'When the row was inserted or updated last, by the clock of the database';

comment on column raw.vendor_transactions.tx_hash is
'The transaction that emitted the log';
comment on column raw.vendor_transactions.log_index is
'The place of the log in its block, from 0';
comment on column raw.vendor_transactions.chain_id is
'The chain, by its number: 53935 is DFK Chain, 8217 Kaia, 1088 METIS';
comment on column raw.vendor_transactions.wallet_address is
'The wallet that bought or sold';
comment on column raw.vendor_transactions.vendor is 'The contract of the vendor';
comment on column raw.vendor_transactions.method is
'The method that was called, one of the seed vendor_methods';
comment on column raw.vendor_transactions.item_id is 'What was bought or sold';
comment on column raw.vendor_transactions.gold_amount is
'What was paid or received, in gold';
comment on column raw.vendor_transactions.direction is
'Whether the wallet paid or received gold';
comment on column raw.vendor_transactions.occurred_at is
'When it was bought or sold, UTC';
comment on column raw.vendor_transactions.loaded_at is
'When the row was inserted or updated last, by the clock of the database';

comment on column raw.wallet_first_seen.chain is
'The chain by its name, such as DFKCHAIN';
comment on column raw.wallet_first_seen.address is 'The wallet';
comment on column raw.wallet_first_seen.first_tx_at is
'When the wallet sent its first transaction on the chain, UTC';
comment on column raw.wallet_first_seen.loaded_at is
'When the row was inserted or updated last, by the clock of the database';

comment on column app.change_notes.table_name is 'The raw table that was changed';
comment on column app.change_notes.operation is 'How it was changed';
comment on column app.change_notes.kind is
'What the change concerns: a wallet, a hero, a battle, or everything';
comment on column app.change_notes.key is 'Which wallet, hero or battle it concerns';
comment on column app.change_notes.from_at is
'The earliest event time of the rows that were touched';
comment on column app.change_notes.to_at is
'The latest event time of the rows that were touched';
comment on column app.change_notes.due_at is
'From when on a run may take the note: a fact of the future counts then';
comment on column app.change_notes.noted_at is 'When the statement was executed';
comment on column app.change_notes.taken_by is
'The run that has taken the note and deletes it; null: none';
comment on column app.change_notes.seen_by_boards is
'The number of the board runs that saw it first; null: none';

comment on column app.cluster_corrections.cluster_id is 'The cluster';
comment on column app.cluster_corrections.table_name is
'The raw table with facts of it that were updated or deleted';
comment on column app.cluster_corrections.corrected_at is
'When they were last corrected';

comment on column app.deployed_projects.definitions is
'The SHA-256 of the files that define what a run computes';
comment on column app.deployed_projects.archive is
'The files and the data tests, a tar file compressed by gzip';
comment on column app.deployed_projects.hedge_version is
'The version of Hedge that deployed it last';
comment on column app.deployed_projects.deployed_by is 'Who deployed it last';
comment on column app.deployed_projects.deployed_at is 'When it was deployed last';
comment on column app.deployed_projects.contents is
'The MD5 of each model, seed, source and macro by the id that dbt gives it';

comment on column app.etl_runs.run_id is 'The run';
comment on column app.etl_runs.invocation_id is 'The id that dbt gave to the run';
comment on column app.etl_runs.kind is
'DEPLOY, FULL, INCREMENTAL, CLUSTER or another kind of run';
comment on column app.etl_runs.scope_size is
'How many clusters the run computes, in clusters; null: all';
comment on column app.etl_runs.as_of is
'The as-of instant: facts that occurred later do not count';
comment on column app.etl_runs.state is
'RUNNING, SUCCESS, PARTIAL, FAILED or CANCELLED';
comment on column app.etl_runs.started_at is 'When the run began';
comment on column app.etl_runs.finished_at is 'When the run ended; null while it runs';
comment on column app.etl_runs.definitions is
'The hash of the definitions that the run used; null: unknown';
comment on column app.etl_runs.models is 'Rows and seconds of each mart, or its error';
comment on column app.etl_runs.error is 'Why the run failed; null where it did not';
comment on column app.etl_runs.windows is
'The windows that the run computed; null: the default windows';
comment on column app.etl_runs.caused_by is
'The requests of the API that caused the run, by their ids in its log';
comment on column app.etl_runs.note is 'What a person should know of the run';

comment on column app.leaderboard_defs.key is 'The board';
comment on column app.leaderboard_defs.name is 'What players read';
comment on column app.leaderboard_defs.description is
'What players read below the name';
comment on column app.leaderboard_defs.category_key is
'The category of the board, one of the seed categories';
comment on column app.leaderboard_defs.metric_source is
'The source of the metric that the board ranks by';
comment on column app.leaderboard_defs.metric_key is
'The metric that the board ranks by';
comment on column app.leaderboard_defs.fallback_metric_source is
'The source of the metric that breaks ties; null: metric_source';
comment on column app.leaderboard_defs.fallback_metric_key is
'The metric that breaks ties; null: none';
comment on column app.leaderboard_defs.time_window is
'How long a period of the board is';
comment on column app.leaderboard_defs.is_active is 'Whether new periods are computed';
comment on column app.leaderboard_defs.is_public is
'Whether everybody may read the board';
comment on column app.leaderboard_defs.verified_only is
'Whether only clusters with a verified wallet have entries';
comment on column app.leaderboard_defs.max_entries is
'How many entries a run keeps at most, in entries';
comment on column app.leaderboard_defs.created_at is 'When the board was added';
comment on column app.leaderboard_defs.changed_at is
'When a column of the row changed last';
comment on column app.leaderboard_defs.corrected_for_days is
'How long a closed period is corrected after its end, in days';
comment on column app.leaderboard_defs.is_frozen is
'Whether a closed period is never computed again';

comment on column app.leaderboard_runs.id is 'The board run';
comment on column app.leaderboard_runs.leaderboard_key is 'The board';
comment on column app.leaderboard_runs.period_start is
'When the period begins, included; null: all time';
comment on column app.leaderboard_runs.period_end is
'When the period ends, excluded; null: all time';
comment on column app.leaderboard_runs.status is
'How far the run is; readers see entries of COMPLETE runs';
comment on column app.leaderboard_runs.as_of is
'The as-of instant; before period_end where the period was not over';
comment on column app.leaderboard_runs.row_count is
'How many entries the run wrote, in entries';
comment on column app.leaderboard_runs.error is
'Why the run failed; null where it did not';
comment on column app.leaderboard_runs.created_at is 'When the run was requested';
comment on column app.leaderboard_runs.started_at is 'When the run began';
comment on column app.leaderboard_runs.finished_at is 'When the run ended';
comment on column app.leaderboard_runs.changes_seen is
'The number of the newest change notes that the run has seen';
comment on column app.leaderboard_runs.stale_since is
'When facts of the period were first found changed; null: they are not';

comment on column app.metric_source_tables.metric_source is
'The metric source, or season_progress or challenge_progress';
comment on column app.metric_source_tables.table_name is 'The raw table that it reads';
comment on column app.metric_source_tables.counts_in is
'In which windows a fact of the table can move a metric';

comment on column app.players.player_id is 'The player';
comment on column app.players.discord_id is
'The Discord account of the player; null without one';
comment on column app.players.created_at is 'When the player was created';
comment on column app.players.changed_at is 'When a column of the row changed last';
comment on column app.players.display_name is
'The name that pages and boards show; null: none is chosen';
comment on column app.players.show_on_boards is
'Whether boards show the name of the player';
comment on column app.players.primary_wallet is
'The wallet that an earlier system stored, linked at the first visit';

comment on column app.season_challenge_weights.season_id is 'The season';
comment on column app.season_challenge_weights.challenge_code is
'The challenge, by its key in the seed challenges';
comment on column app.season_challenge_weights.weight is
'What one unit of the value of the challenge gives, in points';

comment on column app.seasons.id is 'The season';
comment on column app.seasons.name is 'What players read';
comment on column app.seasons.starts_at is 'When the season begins, included';
comment on column app.seasons.ends_at is 'When the season ends, excluded';
comment on column app.seasons.is_active is 'Whether each run computes its points';
comment on column app.seasons.scoring is
'Which facts score: those of all time (LIFETIME), or of the season alone';
comment on column app.seasons.created_at is 'When the season was added';
comment on column app.seasons.changed_at is 'When a column of the row changed last';

comment on column app.wallet_clusters.cluster_id is 'The cluster';
comment on column app.wallet_clusters.player_id is
'The player who owns it; a player owns one cluster';
comment on column app.wallet_clusters.created_at is 'When the cluster was created';

comment on column app.wallet_links.link_id is 'The link';
comment on column app.wallet_links.cluster_id is 'The cluster that has the wallet';
comment on column app.wallet_links.address is 'The wallet';
comment on column app.wallet_links.chain is
'The chain on which it was linked, by its name';
comment on column app.wallet_links.linked_at is 'When the link began';
comment on column app.wallet_links.unlinked_at is
'When the link ended; null while it is active';
comment on column app.wallet_links.verified_at is
'When a signature proved who holds the wallet; null: never';
comment on column app.wallet_links.is_primary is
'Whether it is the primary wallet of the cluster';

comment on column app.wallet_moves.move_id is 'The move';
comment on column app.wallet_moves.cluster_id is 'The cluster that the wallet left';
comment on column app.wallet_moves.address is 'The wallet';
comment on column app.wallet_moves.challenge_key is 'The challenge of the tier';
comment on column app.wallet_moves.tier_code is
'The tier that had been reached when the wallet left';
comment on column app.wallet_moves.kind is
'TIER for a tier over all time, FOUNDERS_MARK for one within 180 days';
comment on column app.wallet_moves.moved_at is
'When another player verified the wallet';
