-- Records a reorganization that was followed.
insert into app.chain_reorganizations
(chain_id, ancestor_number, lost_number, lost_logs)
values (%(chain)s, %(ancestor)s, %(lost)s, %(logs)s)
