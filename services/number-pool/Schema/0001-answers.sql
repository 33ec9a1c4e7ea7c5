-- One row an attempt: what it was answered, so that a repeat gets the same answer, and, while the caller ID rests for the callee, that
-- it is taken. The callee is personal data: it stands here for as long as the caller ID must not be given to it again (the rest period,
-- a day by default) or, if the phone never rang, until the lease would have expired; then the row is deleted.
create table answers (
    attempt_id uuid primary key,
    answered_at timestamptz not null,
    -- When the lease ends by itself.
    expires_at timestamptz not null,
    -- The row is deleted after this time. For a caller ID that rests it is also the end of the rest.
    keep_until timestamptz not null,

    -- Of a lease:
    lease_id uuid,
    callee text,
    -- The number without its plus sign; at most 15 digits (ITU-T E.164), so it fits.
    caller_id bigint,
    trunk text,
    disclosed_prefix text,
    candidates bigint,
    -- False when the call never rang: the callee has not seen the caller ID.
    rests boolean not null,
    -- Null while the lease runs and when nobody released it in time.
    outcome text,

    -- Of a refusal:
    refusal text,
    detail text,

    constraint lease_or_refusal check (case
        when refusal is null then num_nulls(lease_id, callee, caller_id, trunk, disclosed_prefix, candidates) = 0 and detail is null
        else num_nonnulls(lease_id, callee, caller_id, trunk, disclosed_prefix, candidates, outcome) = 0 and detail is not null and not rests
    end)
);

-- The last guard: whatever replicas do at once, a caller ID rests for a callee once. It also finds what rests for a callee.
create unique index answers_resting on answers (callee, caller_id) where rests;

create index answers_keep_until on answers (keep_until);
