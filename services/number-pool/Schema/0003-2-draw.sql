-- Draws a number that may ring the callee, each that may with the same chance: a random slot of the usable trunks, drawn again until it
-- holds such a number. A number on trial passes with the probe share only, and is never likelier than another.
--
-- The randomness is the caller's seed of 32 bytes, spread by SHA-256 in counter mode: as hard to foresee as the seed. 63 bits of each
-- digest choose the slot; what lies beyond the greatest multiple of the count of slots is drawn again, so that no slot is favoured.
create function draw_caller_id(
    p_seed bytea, p_trunks text[], p_sizes bigint[], p_resting bigint[], p_level int, p_min bigint, p_cap int, p_probe int,
    p_now timestamptz,
    out caller_id bigint, out trunk text, out prefix text, out candidates bigint, out refusal text, out best bigint)
language plpgsql stable as $$
declare
    c_bits constant bigint := 9223372036854775807;
    -- As long as that, an unlucky draw is likelier than an exhausted pool.
    c_draws constant int := 64;
    -- A pool up to this size is then counted out, a larger one drawn from for longer.
    c_countable constant bigint := 10000;
    c_more_draws constant int := 1000;
    v_total bigint := (select sum(size) from unnest(p_sizes) size);
    v_bound bigint := c_bits / v_total * v_total;
    v_hash text;
    v_slot bigint;
    v_place int;
    v_run runs;
    v_rested boolean := false;
    v_full boolean := false;
    v_numbers bigint[];
    v_of text[];
    v_live bigint;
    v_fresh bigint;
    v_most bigint;
begin
    for v_try in 1 .. c_draws + case when v_total <= c_countable then 0 else c_more_draws end loop
        v_hash := encode(sha256(p_seed || int4send(v_try)), 'hex');
        v_slot := ('x' || left(v_hash, 16))::bit(64)::bigint & c_bits;
        continue when v_slot >= v_bound;
        v_slot := v_slot % v_total;
        v_place := 1;
        while v_slot >= p_sizes[v_place] loop
            v_slot := v_slot - p_sizes[v_place];
            v_place := v_place + 1;
        end loop;
        trunk := p_trunks[v_place];
        select * into v_run from runs r where r.trunk = draw_caller_id.trunk and r.first_slot <= v_slot order by r.first_slot desc limit 1;
        continue when not found;
        caller_id := v_run.first + v_slot - v_run.first_slot;
        continue when caller_id > v_run.last;
        if v_run.state <> 'active' then
            -- 32 further bits of the digest say whether a number on trial passes.
            continue when v_run.state <> 'resting' or v_run.rests_until > p_now
                or ('x' || substr(v_hash, 17, 8))::bit(32)::bigint >= p_probe * 4294967296 / 1000000;
        end if;
        if caller_id = any (p_resting) then
            v_rested := true;
            continue;
        end if;
        if p_cap is not null and at_cap(caller_id, p_cap, p_now) then
            v_full := true;
            continue;
        end if;
        select s.prefix, s.candidates into prefix, candidates
        from strength_of(caller_id, trunk, p_trunks, p_level, p_resting, p_cap is not null, p_now) s;
        if candidates >= p_min then
            return;
        end if;
        best := greatest(best, candidates);
    end loop;

    if v_total > c_countable then
        refusal := case
            when best is not null then 'BelowFloor'
            when v_full then 'AllBusy'
            when v_rested then 'AllRestingForCallee'
            when exists (select from runs r where r.trunk = any (p_trunks)) then 'AllBusy'
            else 'NoNumbers'
        end;
        return;
    end if;

    -- Counted out: in random order those that may ring the callee but for the floor. Of those on trial only the share that passes competes
    -- with the others; the rest come after all of them.
    with live as (
        select n.number, t.trunk, n.number = any (p_resting) as rested,
            p_cap is not null and at_cap(n.number, p_cap, p_now) as full_now,
            r.state = 'resting'
                and ('x' || right(encode(d.digest, 'hex'), 8))::bit(32)::bigint >= p_probe * 4294967296 / 1000000 as last_choice,
            d.digest
        from unnest(p_trunks) t(trunk)
        join runs r on r.trunk = t.trunk
        cross join generate_series(r.first, r.last) n(number)
        cross join lateral (select sha256(p_seed || int8send(n.number)) as digest) d
        where r.state = 'active' or r.state = 'resting' and r.rests_until <= p_now and p_probe > 0
    )
    select count(*), count(*) filter (where not rested),
        array_agg(number order by last_choice, digest) filter (where not rested and not full_now),
        array_agg(live.trunk order by last_choice, digest) filter (where not rested and not full_now)
    into v_live, v_fresh, v_numbers, v_of from live;

    if v_numbers is null then
        refusal := case
            when v_live > 0 and v_fresh = 0 then 'AllRestingForCallee'
            when v_live > 0 or exists (select from runs r where r.trunk = any (p_trunks)) then 'AllBusy'
            else 'NoNumbers'
        end;
        return;
    end if;
    -- What no cell has when all its numbers are free, none has now.
    select greatest(max(alike), 1) into v_most
    from (
        select sum(c.size - c.off) as alike from cells c
        where c.level = p_level and c.trunk = any (p_trunks)
        group by c.length, c.prefix) a;
    if v_most >= p_min or p_min = 1 then
        for v_place in 1 .. cardinality(v_numbers) loop
            caller_id := v_numbers[v_place];
            trunk := v_of[v_place];
            select s.prefix, s.candidates into prefix, candidates
            from strength_of(caller_id, trunk, p_trunks, p_level, p_resting, p_cap is not null, p_now) s;
            if candidates >= p_min then
                return;
            end if;
            best := greatest(best, candidates);
        end loop;
    end if;
    refusal := 'BelowFloor';
    best := coalesce(best, v_most, 1);
end $$;
