-- The numbers of the pool. They come in blocks of consecutive ones, so a row is a run: numbers first to last that are the same in everything.
-- What is done to some numbers of a run splits it. Every change of this table and of those derived from it (slots, cells) is made under
-- the advisory lock of the inventory, one at a time; leases only read them.
create table runs (
    -- Numbers are without their plus sign; country codes do not begin with 0, so a number and its value are one thing.
    first bigint primary key,
    last bigint not null,
    trunk text not null,
    -- ISO 3166-1 alpha-2, or the calling code (+883) where no country has it.
    country text not null,
    tags text[] not null,
    state text not null,
    -- Of a resting run: until when. After it the run is on trial: leased more rarely until it has shown itself, see wear.
    rests_until timestamptz,
    -- How often it has rested by itself without having shown itself in between.
    rests integer not null default 0,
    -- Why it is as it is, who said so and when; for those who look at it. Null as imported.
    reason text,
    changed_by text,
    changed_at timestamptz,
    -- The place of the first number among the slots of the trunk.
    first_slot bigint not null,

    constraint order_of_numbers check (first <= last),
    constraint known_state check (state in ('active', 'resting', 'retired')),
    constraint rest_has_end check ((state = 'resting') = (rests_until is not null))
);

-- A random slot is a random number: looked up by the greatest first_slot not above it.
create unique index runs_slots on runs (trunk, first_slot);

create index runs_not_active on runs (state, first) where state <> 'active';

-- The numbers of a trunk, or a country, in order: what cells are made from and what operators look through.
create index runs_of_trunk on runs (trunk, first);
create index runs_of_country on runs (country, first);
create index runs_tags on runs using gin (tags);

-- Single numbers by their last six digits: whether another one ends in the same.
create index runs_endings on runs ((first % 1000000)) where first = last;

-- How many slots the numbers of a trunk take, holes included (numbers that were removed leave one).
create table slots (
    trunk text primary key,
    size bigint not null,
    -- Of them, the holes: when they are more than half, the slots are made anew.
    holes bigint not null default 0
);

-- What may be told of a number before it has rung. At each level (2 to 6) the numbers of a trunk are parted by prefixes such that as many as
-- 10^level share one, where the trunk has as many in the country: a prefix is as long as that allows, but hides four digits at least and
-- never less than the calling code is told. A number belongs to the longest prefix of its trunk, level and length that it begins with.
create table cells (
    level smallint not null,
    trunk text not null,
    -- Digits of the number, without the plus sign. Clients know the length.
    length smallint not null,
    -- With its plus sign: +44207946.
    prefix text not null,
    -- The numbers that belong to it, in any state.
    size bigint not null,
    -- Of them, those that are not active.
    off bigint not null default 0,
    primary key (level, trunk, length, prefix)
);

-- Every change by an operator or by wear, with its reason, so that it can be understood and taken back.
create table history (
    id bigint generated always as identity primary key,
    first bigint not null,
    last bigint not null,
    -- The trunk they were, or are, of.
    trunk text not null,
    change text not null,
    -- Of a rest: until when.
    rests_until timestamptz,
    reason text,
    changed_by text not null,
    changed_at timestamptz not null,

    constraint known_change check (change in ('added', 'activated', 'rested', 'retired', 'removed')),
    constraint only_rest_ends check (rests_until is null or change = 'rested')
);

-- The changes of one number: those of it alone, and those of spans that it lies in.
create index history_numbers on history (first) where first = last;
create index history_spans on history using gist (int8range(first, last, '[]')) where first < last;

-- The calls of a number in the last hour, oldest first, never more than it may make: full_until says when it may make the next.
create table uses (
    number bigint primary key,
    at timestamptz[] not null,
    full_until timestamptz
) with (fillfactor = 70);

create index uses_full on uses (number) where full_until is not null;

-- The limits on callees, clients and the pool, each a rate with a burst: when the next one would come if all came evenly (the generic cell
-- rate algorithm, ITU-T I.371 annex A). Rows of the past say nothing and are swept.
create table limits (
    key text primary key,
    arrival timestamptz not null
) with (fillfactor = 70);

-- What each replica of the dialer last said of the trunks: [{"name": "…", "usable": true, "destinations": ["+44"]}].
create table trunk_news (
    replica uuid primary key,
    at timestamptz not null,
    trunks jsonb not null
);

-- What became of leased numbers, until it is added to wear: written with the release, taken away in batches.
create table outcomes (
    id bigint generated always as identity primary key,
    number bigint not null,
    trunk text not null,
    -- The callee's calling code and two digits more: +4670.
    destination text not null,
    rang boolean not null,
    answered boolean not null,
    blocked boolean not null,
    reported boolean not null,
    verified boolean not null,
    at timestamptz not null
);

-- What became of each number, by destination and trunk.
create table wear (
    number bigint not null,
    trunk text not null,
    destination text not null,
    rang bigint not null,
    answered bigint not null,
    blocked bigint not null,
    reported bigint not null,
    verified bigint not null,
    last_at timestamptz not null,
    primary key (number, trunk, destination)
);

-- The same of all numbers of a trunk together, by day (UTC): what a number is measured against.
create table peers (
    trunk text not null,
    destination text not null,
    day date not null,
    rang bigint not null,
    answered bigint not null,
    blocked bigint not null,
    reported bigint not null,
    verified bigint not null,
    primary key (trunk, destination, day)
);

-- The evidence against a number so far: the sum of a cumulative-sum test (Page 1954), and the one for it while it is on trial.
create table evidence (
    number bigint primary key,
    against double precision not null,
    in_favour double precision not null,
    since timestamptz not null
);
