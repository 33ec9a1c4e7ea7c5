-- What wear needs beside the figures.
alter table wear
    -- The last days, three integers each: the day (days since 0001-01-01), calls that count (rang or blocked), of them verified.
    add column recent integer[] not null default '{}';

alter table evidence
    -- The calls that the sums are made of.
    add column trials integer not null,
    add column verified integer not null,
    -- The share that the peers verified, summed over them.
    add column peers double precision not null;

-- How each trunk does lately against its own last days, by destination; and over all destinations, which is the empty one.
create table trends (
    trunk text not null,
    destination text not null,
    -- Means over some dozen calls: the share verified, and what was expected of it.
    verified double precision not null,
    expected double precision not null,
    -- The sum of a cumulative-sum test, as of a number.
    against double precision not null,
    -- Since when it has been too much.
    falls_since timestamptz,
    primary key (trunk, destination)
) with (fillfactor = 70);

create index trends_falling on trends (falls_since) where falls_since is not null;

create index peers_day on peers (day);

-- Trials that have gone on for too long.
create index runs_rests on runs (rests_until) where state = 'resting';
