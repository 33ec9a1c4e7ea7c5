-- Ends a running lease by what became of its caller ID, once: a repeat, a release after the end and one with another lease's id change
-- nothing at all. Returns whether it ended the lease.
--
-- Locks are taken in the order of a lease: limits of client and pool, then one row of uses.
create function release_caller_id(
    p_attempt uuid, p_lease uuid, p_now timestamptz, p_outcome text, p_rests boolean, p_keep_until timestamptz,
    p_trunk text, p_rang boolean, p_answered boolean, p_blocked boolean, p_reported boolean, p_verified boolean, p_unused boolean,
    p_wrong_reports int, p_client_every interval, p_shard int, p_shard_every interval)
returns boolean
language plpgsql
set enable_seqscan = off
set jit = off
as $$
declare
    v_lease answers;
    v_at timestamptz[];
    v_place int;
begin
    -- What the update does not return is read before it; only the update decides.
    select * into v_lease from answers a where a.attempt_id = p_attempt;
    update answers a
    set outcome = p_outcome, rests = p_rests, client = null,
        keep_until = case when p_rests then coalesce(p_keep_until, a.keep_until) else a.expires_at end
    where a.attempt_id = p_attempt and a.lease_id = p_lease and a.outcome is null and a.expires_at > p_now;
    if not found then
        return false;
    end if;

    -- A call that did not go out says nothing of the number.
    if (p_rang or p_blocked) and v_lease.destination is not null then
        insert into outcomes (number, trunk, destination, rang, answered, blocked, reported, verified, at)
        values (v_lease.caller_id, coalesce(p_trunk, v_lease.trunk), v_lease.destination, p_rang, p_answered, p_blocked, p_reported,
            p_verified, p_now);
    end if;
    if p_wrong_reports > 0 then
        -- Whether the limit is reached already or not: the guesser waits. The pool waits for no longer than an hour, a client for a day.
        if v_lease.client is not null then
            insert into limits as l (key, arrival) values ('client:' || v_lease.client, p_now + p_wrong_reports * p_client_every)
            on conflict (key) do update
                set arrival = least(greatest(l.arrival, p_now) + p_wrong_reports * p_client_every, p_now + interval '1 day');
        end if;
        insert into limits as l (key, arrival) values ('pool:' || p_shard, p_now + p_wrong_reports * p_shard_every)
        on conflict (key) do update
            set arrival = least(greatest(l.arrival, p_now) + p_wrong_reports * p_shard_every, p_now + interval '1 hour');
    end if;
    if p_unused then
        -- One of the times of the lease, should others have the same.
        select u.at into v_at from uses u where u.number = v_lease.caller_id for update;
        v_place := array_position(v_at, v_lease.answered_at);
        if v_place is not null then
            update uses u set at = v_at[:v_place - 1] || v_at[v_place + 1:], full_until = null where u.number = v_lease.caller_id;
        end if;
    end if;
    return true;
end $$;
