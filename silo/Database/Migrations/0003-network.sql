-- Which network a cluster records for. Only what every recording carries anyway: a silo keeps its own copy from its first start on, and
-- refuses another one.
CREATE TABLE lucid_network (
    service_id text PRIMARY KEY,
    ledger     text NOT NULL,
    genesis    bytea NOT NULL
);
