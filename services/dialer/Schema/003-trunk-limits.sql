-- What the limited trunks have left, for all replicas together. A trunk without limits has no rows here.
-- The bucket of a trunk's calls per second, and the lock under which channels are counted: one claim at a time and trunk.
create table trunk_limits (
    trunk       text primary key,
    tokens      double precision not null,
    refilled_at timestamptz not null
)
-- Both tables are rewritten in place all day long: room in each page keeps old versions from spreading.
with (fillfactor = 50);

-- The channels that each replica uses now: the whole number each time, so that one lost write is healed by the next. Rows of replicas
-- that do not live do not count.
create table trunk_channels (
    trunk    text not null,
    instance text not null,
    in_use   integer not null check (in_use >= 0),
    primary key (trunk, instance)
)
with (fillfactor = 50);
