-- The trunks that take calls to a callee now and have numbers, in a fixed order, and how many slots each has. What the dialer's replicas
-- say counts for 90 seconds; if none has said anything by then, all trunks are taken for usable. Null where there is none.
create function usable_trunks(p_callee text, p_now timestamptz, out trunks text[], out sizes bigint[])
language plpgsql stable as $$
declare
    c_fresh constant interval := interval '90 seconds';
begin
    if not exists (select from trunk_news n where n.at > p_now - c_fresh) then
        select array_agg(s.trunk order by s.trunk), array_agg(s.size order by s.trunk) into trunks, sizes
        from slots s where s.size > 0;
        return;
    end if;
    select array_agg(s.trunk order by s.trunk), array_agg(s.size order by s.trunk) into trunks, sizes
    from slots s
    where s.size > 0 and exists (
        select from trunk_news n cross join lateral jsonb_array_elements(n.trunks) t
        where n.at > p_now - c_fresh and t ->> 'name' = s.trunk and (t ->> 'usable')::boolean
            and (jsonb_array_length(t -> 'destinations') = 0
                or exists (select from jsonb_array_elements_text(t -> 'destinations') d where starts_with(p_callee, d))));
end $$;

-- What an operator reads of a refusal: what is missing and what to do.
create function refusal_detail(p_refusal text, p_min bigint, p_best bigint) returns text
language plpgsql immutable as $$
begin
    return case p_refusal
        when 'NoNumbers' then
            'The number pool is empty. Import numbers that your carriers assigned.'
        when 'NoUsableTrunk' then
            'No trunk that has numbers in the pool takes calls to this destination at present. See the state and the destinations of the '
            || 'trunks, or import numbers for one that does.'
        when 'AllRestingForCallee' then
            'Every number that may ring this destination was used for this callee within NumberPool:RestPeriod. Import more numbers.'
        when 'AllBusy' then
            'Every number that may ring this destination made its calls of this hour (NumberPool:HourlyCap), rests or is retired. '
            || 'Import more numbers, or activate some that rest.'
        when 'BelowFloor' then
            format('At most %s numbers that may ring this callee are alike in what is disclosed of them, and the policy asks for %s. '
                || 'Import %s more of the same country, length and leading digits, best as one block.', p_best, p_min, p_min - p_best)
        when 'CalleeLimit' then
            'This callee was given as many caller IDs as NumberPool:Limits:Callee allows.'
        when 'ClientLimit' then
            'The client behind this request was given as many caller IDs, or reported as many wrong ones, as NumberPool:Limits:Client '
            || 'allows.'
        when 'PoolLimit' then
            'The pool gave as many caller IDs, or saw as many wrong reports, as NumberPool:Limits:Pool allows. Raise it if your traffic '
            || 'has grown; otherwise look for who drains the pool.'
    end;
end $$;

-- Answers an attempt that asks for a caller ID: as it was answered before, or anew, recorded and charged. One statement, one transaction.
-- Without an attempt_id in the answer there is none: the command came after its own end.
-- Raises FC001 where another lease was faster with the same attempt, number or use: nothing has happened then, and the caller asks again.
--
-- Locks are taken in this order by all: limits of callee, client and pool; the answer; one row of uses.
--
-- Index scans are asked for since the tables grow from nothing within minutes, and a plan that is kept by the session would be that of the
-- empty table.
create function lease_caller_id(
    p_attempt uuid, p_lease uuid, p_callee text, p_destination text, p_client text,
    p_now timestamptz, p_expires timestamptz, p_rests_until timestamptz, p_min bigint, p_wanted bigint,
    p_callee_every interval, p_callee_burst int, p_client_every interval, p_client_burst int,
    p_shard int, p_shard_every interval, p_shard_burst int,
    p_cap int, p_probe int, p_seed bytea,
    out repeated boolean, out answer answers)
language plpgsql
set enable_seqscan = off
set jit = off
as $$
declare
    v_number bigint := substr(p_callee, 2)::bigint;
    v_trunks text[];
    v_sizes bigint[];
    v_resting bigint[];
    v_stale boolean;
    v_best bigint;
begin
    select * into answer from answers a where a.attempt_id = p_attempt;
    repeated := found;
    if repeated then
        return;
    end if;
    if p_expires <= p_now then
        return;
    end if;
    answer.attempt_id := p_attempt;
    answer.answered_at := p_now;
    answer.expires_at := p_expires;

    select c.refusal, c.retry_at into answer.refusal, answer.retry_at
    from charge_lease(
        p_callee, p_callee_every, p_callee_burst, p_client, p_client_every, p_client_burst, p_shard, p_shard_every, p_shard_burst, p_now) c;
    if answer.refusal is null then
        select u.trunks, u.sizes into v_trunks, v_sizes from usable_trunks(p_callee, p_now) u;
        if v_trunks is null then
            answer.refusal := case when exists (select from slots s where s.size > 0) then 'NoUsableTrunk' else 'NoNumbers' end;
        end if;
    end if;
    if answer.refusal is null then
        select coalesce(array_agg(a.caller_id) filter (where a.keep_until > p_now), '{}'), coalesce(bool_or(a.keep_until <= p_now), false)
        into v_resting, v_stale
        from answers a where a.callee = p_callee and a.rests;
        -- Should one of our own numbers be called, it is not called by itself.
        select d.caller_id, d.trunk, d.prefix, d.candidates, d.refusal, d.best
        into answer.caller_id, answer.trunk, answer.disclosed_prefix, answer.candidates, answer.refusal, v_best
        from draw_caller_id(
            p_seed, v_trunks, v_sizes, v_resting || v_number,
            -- The smallest level whose cells hold as many as are wanted, or the largest there is.
            case when p_wanted <= 100 then 2 when p_wanted <= 1000 then 3 when p_wanted <= 10000 then 4 when p_wanted <= 100000 then 5
                else 6 end,
            p_min, p_cap, p_probe, p_now) d;
    end if;

    if answer.refusal is not null then
        answer.missing_numbers := case when answer.refusal = 'BelowFloor' then p_min - v_best end;
        answer.detail := refusal_detail(answer.refusal, p_min, v_best);
        answer.keep_until := p_expires;
        answer.rests := false;
        -- Where nothing could be leased the draw leaves what it looked at last.
        answer.caller_id := null;
        answer.trunk := null;
        answer.disclosed_prefix := null;
        answer.candidates := null;
    else
        answer.lease_id := p_lease;
        answer.callee := p_callee;
        answer.client := p_client;
        answer.destination := p_destination;
        answer.keep_until := p_rests_until;
        answer.rests := true;
        answer.enter_digits := enter_digits_of(answer.caller_id, answer.disclosed_prefix, v_trunks);
        if v_stale then
            -- What has rested long enough and is not swept yet would stand in the way of the unique index.
            delete from answers a where a.callee = p_callee and a.caller_id = answer.caller_id and a.rests and a.keep_until <= p_now;
        end if;
    end if;

    insert into answers select (answer).* on conflict do nothing;
    if not found then
        raise exception using errcode = 'FC001', message = 'another lease was faster with this attempt or number; lease again';
    end if;
    if answer.refusal is null and p_cap is not null then
        insert into uses as u (number, at, full_until)
        values (answer.caller_id, array[p_now], case when p_cap = 1 then p_now + interval '1 hour' end)
        on conflict (number) do update set (at, full_until) = (
            select kept.at, kept.at[cardinality(kept.at) - p_cap + 1] + interval '1 hour'
            from (
                select array_agg(t order by t) as at from unnest(u.at || p_now) t where t > p_now - interval '1 hour') kept)
        where (select count(*) from unnest(u.at) t where t > p_now - interval '1 hour') < p_cap;
        if not found then
            raise exception using errcode = 'FC001', message = 'another lease had the number''s last call of this hour; lease again';
        end if;
    end if;
end $$;
