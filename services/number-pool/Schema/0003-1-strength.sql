-- What a lease and its release need beside the numbers.
alter table answers
    -- Whom wrong reports are charged to; forgotten when the lease is released.
    add column client text,
    -- The callee's calling code and two digits more; null in leases that are older than this column.
    add column destination text,
    add column enter_digits smallint,
    add column missing_numbers bigint,
    add column retry_at timestamptz,
    add constraint lease_or_refusal_more check (case
        when refusal is null then num_nonnulls(missing_numbers, retry_at) = 0
        else num_nonnulls(client, destination, enter_digits) = 0
    end);

-- Runs of several numbers, which are few: whether one of theirs ends like another number.
create index runs_longer on runs (first) where first < last;

-- Takes one lease's worth, or several, from a limit. The generic cell rate algorithm (ITU-T I.371 annex A, its virtual scheduling form): an
-- arrival conforms while the theoretical time of the next one is no more than a burst ahead.
-- Returns null if it conforms, else when the next one will; then nothing is taken. The row stays locked until the transaction ends.
create function charge_limit(p_key text, p_every interval, p_burst int, p_now timestamptz) returns timestamptz
language plpgsql as $$
declare
    v_arrival timestamptz;
begin
    insert into limits as l (key, arrival) values (p_key, p_now + p_every)
    on conflict (key) do update set arrival = greatest(l.arrival, p_now) + p_every
        where l.arrival <= p_now + (p_burst - 1) * p_every;
    if found then
        return null;
    end if;
    select l.arrival into v_arrival from limits l where l.key = p_key;
    return v_arrival - (p_burst - 1) * p_every;
end $$;

-- Charges a lease to callee, client and pool. The order is the same for all, so that no two wait for each other. What one of them refuses
-- is given back to those before it: a client at its limit shall not use up the callee's.
create function charge_lease(
    p_callee text, p_callee_every interval, p_callee_burst int,
    p_client text, p_client_every interval, p_client_burst int,
    p_shard int, p_shard_every interval, p_shard_burst int,
    p_now timestamptz, out refusal text, out retry_at timestamptz)
language plpgsql as $$
begin
    retry_at := charge_limit('callee:' || p_callee, p_callee_every, p_callee_burst, p_now);
    if retry_at is not null then
        refusal := 'CalleeLimit';
        return;
    end if;
    if p_client is not null then
        retry_at := charge_limit('client:' || p_client, p_client_every, p_client_burst, p_now);
        if retry_at is not null then
            refusal := 'ClientLimit';
            update limits set arrival = arrival - p_callee_every where key = 'callee:' || p_callee;
            return;
        end if;
    end if;
    retry_at := charge_limit('pool:' || p_shard, p_shard_every, p_shard_burst, p_now);
    if retry_at is not null then
        refusal := 'PoolLimit';
        update limits set arrival = arrival - p_callee_every where key = 'callee:' || p_callee;
        if p_client is not null then
            update limits set arrival = arrival - p_client_every where key = 'client:' || p_client;
        end if;
    end if;
end $$;

-- All prefixes that a cell of a number may have, both as text with the plus sign: at least four digits stay hidden.
create function prefixes_of(p_text text) returns text[]
language sql immutable parallel safe as $$
    select array[left(p_text, 2), left(p_text, 3), left(p_text, 4), left(p_text, 5), left(p_text, 6), left(p_text, 7), left(p_text, 8),
        left(p_text, 9), left(p_text, 10), left(p_text, 11), left(p_text, 12)]
$$;

-- Whether a number has made the calls that it may make in an hour.
create function at_cap(p_number bigint, p_cap int, p_now timestamptz) returns boolean
language plpgsql stable as $$
begin
    return exists (
        select from uses u where u.number = p_number and u.at[cardinality(u.at) - p_cap + 1] > p_now - interval '1 hour');
end $$;

-- Whether a number is counted as one that a cell discloses: active, on a usable trunk, and in no longer cell of its trunk.
create function counts_in_cell(p_number bigint, p_level int, p_length int, p_prefix text, p_trunks text[]) returns boolean
language plpgsql stable as $$
declare
    v_run runs;
begin
    select * into v_run from runs r where r.first <= p_number order by r.first desc limit 1;
    return found and v_run.last >= p_number and v_run.state = 'active' and v_run.trunk = any (p_trunks) and not exists (
        select from cells c
        where c.level = p_level and c.trunk = v_run.trunk and c.length = p_length and c.prefix = any (prefixes_of('+' || p_number))
            and length(c.prefix) > length(p_prefix));
end $$;

-- What may be disclosed of a number, and how many numbers that could be leased to this callee now would be disclosed alike: never more than
-- there are. Null where the number has just been removed.
create function strength_of(
    p_number bigint, p_trunk text, p_trunks text[], p_level int, p_resting bigint[], p_capped boolean, p_now timestamptz,
    out prefix text, out candidates bigint)
language plpgsql stable as $$
declare
    -- Beyond this many at their cap nobody looks each of them up: all of them are taken off, which can only be too many.
    c_look_up constant int := 200;
    v_length int := length(p_number::text);
    v_first bigint;
    v_last bigint;
    v_full bigint;
begin
    select c.prefix into prefix from cells c
    where c.level = p_level and c.trunk = p_trunk and c.length = v_length and c.prefix = any (prefixes_of('+' || p_number))
    order by length(c.prefix) desc limit 1;
    if not found then
        return;
    end if;
    select sum(c.size - c.off) into candidates from cells c
    where c.level = p_level and c.trunk = any (p_trunks) and c.length = v_length and c.prefix = strength_of.prefix;

    v_first := rpad(substr(prefix, 2), v_length, '0')::bigint;
    v_last := rpad(substr(prefix, 2), v_length, '9')::bigint;
    if cardinality(p_resting) > 0 then
        candidates := candidates - (
            select count(*) from unnest(p_resting) n
            where n between v_first and v_last and counts_in_cell(n, p_level, v_length, strength_of.prefix, p_trunks));
    end if;
    if p_capped then
        select count(*) into v_full from (
            select from uses u where u.full_until > p_now and u.number between v_first and v_last limit c_look_up) full_ones;
        if v_full >= c_look_up then
            select count(*) into v_full from uses u where u.full_until > p_now and u.number between v_first and v_last;
        elsif v_full > 0 then
            select count(*) into v_full from uses u
            where u.full_until > p_now and u.number between v_first and v_last and u.number <> all (p_resting)
                and counts_in_cell(u.number, p_level, v_length, strength_of.prefix, p_trunks);
        end if;
        candidates := candidates - v_full;
    end if;
    -- The number itself, which is not among those counted while it is on trial.
    candidates := greatest(candidates, 1);
end $$;

-- How many of the last digits tell a number from all others of the usable trunks that begin with the disclosed prefix: 4 to 6, or null if
-- six do not.
create function enter_digits_of(p_number bigint, p_prefix text, p_trunks text[]) returns smallint
language plpgsql stable as $$
declare
    c_endings constant bigint := 1000000;
    v_length int := length(p_number::text);
    v_hidden int := v_length - length(p_prefix) + 1;
    v_ending bigint := p_number % c_endings;
    v_first bigint := rpad(substr(p_prefix, 2), v_length, '0')::bigint;
    v_last bigint := rpad(substr(p_prefix, 2), v_length, '9')::bigint;
begin
    if v_hidden <= 6 then
        return greatest(4, v_hidden);
    end if;
    if exists (
        select from runs r
        where r.first % 1000000 = v_ending and r.first = r.last and r.first between v_first and v_last and r.first <> p_number
            and r.trunk = any (p_trunks))
    then
        return null;
    end if;
    -- A number of a run ends in these digits for each multiple of a million that lies between its ends, moved by the digits. Numbers have
    -- seven digits at least, so nothing here is below zero.
    if exists (
        select from runs r
        where r.first < r.last and r.last >= v_first and r.trunk = any (p_trunks)
            and r.first <= v_last
            -- The run before the first number may reach beyond it.
            and r.first >= coalesce((select b.first from runs b where b.first < v_first order by b.first desc limit 1), v_first)
            and (least(r.last, v_last) - v_ending) / c_endings - (greatest(r.first, v_first) - 1 - v_ending) / c_endings
                > (p_number between r.first and r.last)::int)
    then
        return null;
    end if;
    return 6;
end $$;
