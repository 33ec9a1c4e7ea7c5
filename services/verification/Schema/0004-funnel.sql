-- The funnel: what became of sessions, summed by hour and by what analysts ask for. The tables belong to a generation; a rebuild fills
-- the next one beside the one that is read, and then the views show that (docs/decisions, 0040).
create table funnel_generations
(
    generation   integer     not null primary key,
    state        text        not null constraint funnel_generation_state check (state in ('building', 'live', 'retired')),
    fold_version integer     not null,   -- of the rules that it was summed by
    seq          bigint      not null,   -- every event up to this one is in it
    made_at      timestamptz not null default now(),
    moved_at     timestamptz not null default now()   -- when seq changed last
);
create unique index funnel_generations_one on funnel_generations (state) where state <> 'retired';

-- The tables of a generation.
create function funnel_make(generation integer) returns void language plpgsql as $$
declare
    cell constant text := 'hour timestamptz not null, application_id text not null, purpose text not null, country text not null, '
        'prefix text not null, trunk text not null';
    of_cell constant text := 'hour, application_id, purpose, country, prefix, trunk';
begin
    -- One row a session: what the sums are sums of. No number is in it.
    execute format('
        create table funnel_sessions_%s
        (
            verification_id uuid        not null primary key,
            requested_at    timestamptz not null,
            application_id  text        not null,
            purpose         text        not null,
            country         text        not null,
            prefix          text        not null,
            trunk           text        not null,   -- empty as long as none was leased or called over
            allowed         boolean     not null,
            leased          boolean     not null,
            dialled         boolean     not null,
            rang            boolean     not null,
            answered        boolean     not null,
            reported        boolean     not null,
            verified        boolean     not null,
            outcome         text,                   -- null while the session lives
            reason          text,
            ended_at        timestamptz,
            ring_ms         integer,                -- from the request to the first ring
            verify_ms       integer,                -- from the request to the proof
            billed_calls    integer     not null,
            unpriced_calls  integer     not null,
            cost_micros     bigint      not null,
            currency        text        not null    -- empty where nothing has a price
        ) with (fillfactor = 70)', generation);
    execute format('create index on funnel_sessions_%s (requested_at)', generation);
    execute format('
        create table funnel_hours_%s (%s, requested bigint not null, allowed bigint not null, leased bigint not null,
            dialled bigint not null, rang bigint not null, answered bigint not null, reported bigint not null, verified bigint not null,
            billed_calls bigint not null, unpriced_calls bigint not null, primary key (%s)) with (fillfactor = 70)',
        generation, cell, of_cell);
    execute format('create table funnel_reasons_%s (%s, outcome text not null, reason text not null, sessions bigint not null, '
        'primary key (%s, outcome, reason)) with (fillfactor = 70)', generation, cell, of_cell);
    execute format('create table funnel_times_%s (%s, step text not null, bucket smallint not null, sessions bigint not null, '
        'primary key (%s, step, bucket)) with (fillfactor = 70)', generation, cell, of_cell);
    execute format('create table funnel_costs_%s (%s, currency text not null, cost_micros bigint not null, '
        'primary key (%s, currency)) with (fillfactor = 70)', generation, cell, of_cell);
end
$$;

create function funnel_drop(generation integer) returns void language plpgsql as $$
declare
    kind text;
begin
    foreach kind in array array['sessions', 'hours', 'reasons', 'times', 'costs'] loop
        execute format('drop table if exists funnel_%s_%s', kind, generation);
    end loop;
end
$$;

-- What the views show from now on. A row that sums up to nothing is left where a session moved on to another trunk.
create function funnel_show(generation integer) returns void language plpgsql as $$
begin
    execute format('create or replace view funnel_sessions as select * from funnel_sessions_%s', generation);
    execute format('create or replace view funnel_hours as select * from funnel_hours_%s where requested <> 0', generation);
    execute format('create or replace view funnel_reasons as select * from funnel_reasons_%s where sessions <> 0', generation);
    execute format('create or replace view funnel_times as select * from funnel_times_%s where sessions <> 0', generation);
    execute format('create or replace view funnel_costs as select * from funnel_costs_%s where cost_micros <> 0', generation);
end
$$;

-- The time, in milliseconds, that a share of the sessions (0.5, 0.95) took no longer than, from buckets of funnel_times. Bucket b has the
-- times from 2^(b/8) to 2^((b+1)/8) ms; what is told is their geometric mean, at most 4.5 % off.
create function funnel_quantile(share double precision, buckets smallint[], sessions bigint[]) returns double precision
language sql immutable as $$
    select power(2::double precision, (bucket + 0.5) / 8)
    from (
        select bucket, sum(sessions) over (order by bucket) as so_far, sum(sessions) over () as total
        from (
            select bucket, sum(sessions) as sessions from unnest(buckets, sessions) as one (bucket, sessions) group by bucket
        ) by_bucket
    ) running
    where total > 0 and so_far >= greatest(1, ceil(share * total))
    order by bucket
    limit 1
$$;

insert into funnel_generations (generation, state, fold_version, seq) values (1, 'live', 1, 0);
select funnel_make(1);
select funnel_show(1);

-- The sums of an hour with their percentiles, for looking at; for longer spans sum funnel_hours, and ask funnel_quantile of funnel_times.
create view funnel as
select hours.*, ring.p50 as ring_p50_ms, ring.p95 as ring_p95_ms, verify.p50 as verify_p50_ms, verify.p95 as verify_p95_ms
from funnel_hours hours
left join lateral (
    select funnel_quantile(0.5, array_agg(bucket), array_agg(sessions)) as p50,
           funnel_quantile(0.95, array_agg(bucket), array_agg(sessions)) as p95
    from funnel_times times
    where step = 'ring'
      and (times.hour, times.application_id, times.purpose, times.country, times.prefix, times.trunk)
        = (hours.hour, hours.application_id, hours.purpose, hours.country, hours.prefix, hours.trunk)) ring on true
left join lateral (
    select funnel_quantile(0.5, array_agg(bucket), array_agg(sessions)) as p50,
           funnel_quantile(0.95, array_agg(bucket), array_agg(sessions)) as p95
    from funnel_times times
    where step = 'verify'
      and (times.hour, times.application_id, times.purpose, times.country, times.prefix, times.trunk)
        = (hours.hour, hours.application_id, hours.purpose, hours.country, hours.prefix, hours.trunk)) verify on true;
