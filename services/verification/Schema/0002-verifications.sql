-- Every session in one row beside its stream, written in the step's own transaction: what sessions are looked up and listed by, and what
-- keeps an application to one live session for a number.
create table verifications
(
    id             uuid        not null constraint verifications_key primary key,
    application_id text        not null,
    callee         text        not null,   -- E.164; personal data, to be erased with that of the stream
    reference      text,
    purpose        text        not null,   -- as the API spells it
    status         text        not null,   -- as the API spells it
    created_at     timestamptz not null,
    ended_at       timestamptz             -- null while the session lives
)
-- A change of status alone stays on its page and touches no index.
with (fillfactor = 80);

-- Sessions from before this table: what their streams say. A new installation has no streams yet, and no tables of them.
do $$
begin
    if to_regclass('mt_events') is null then
        return;
    end if;
    insert into verifications (id, application_id, callee, reference, purpose, status, created_at, ended_at)
    select asked.stream_id,
           asked.data ->> 'applicationId',
           asked.data ->> 'to',
           nullif(asked.data ->> 'reference', ''),
           lower(regexp_replace(asked.data ->> 'purpose', '(?<!^)([A-Z])', '_\1', 'g')),
           coalesce(
               finish.status,
               case
                   when over.yes then 'awaiting_report'
                   when ringing.yes then 'ringing'
                   else 'pending'
               end),
           (asked.data ->> 'at')::timestamptz,
           finish.at
    from mt_events asked
    left join lateral (
        select case type
                   when 'verification_succeeded' then 'verified'
                   when 'verification_errored' then 'error'
                   else replace(type, 'verification_', '')
               end as status,
               (data ->> 'at')::timestamptz as at
        from mt_events
        where stream_id = asked.stream_id
          and type in ('verification_succeeded', 'verification_denied', 'verification_failed', 'verification_expired',
                       'verification_cancelled', 'verification_superseded', 'verification_errored')
        limit 1) finish on true
    left join lateral (
        select data ->> 'attemptId' as id
        from mt_events
        where stream_id = asked.stream_id and type = 'attempt_started'
        order by version desc
        limit 1) attempt on true
    left join lateral (
        select true as yes
        from mt_events
        where stream_id = asked.stream_id and type in ('call_ended', 'call_not_placed', 'news_overdue')
          and data ->> 'attemptId' = attempt.id
        limit 1) over on true
    left join lateral (
        select true as yes
        from mt_events
        where stream_id = asked.stream_id and type = 'call_rang' and data ->> 'attemptId' = attempt.id
        limit 1) ringing on true
    where asked.type = 'verification_requested';
end
$$;

drop table live_sessions;

create unique index verifications_one_live_per_number on verifications (application_id, callee) where ended_at is null;
create index verifications_newest on verifications (application_id, created_at desc, id desc);
create index verifications_by_number on verifications (application_id, callee, created_at desc, id desc);
create index verifications_by_reference on verifications (application_id, reference, created_at desc, id desc) where reference is not null;

-- The starts that clients may repeat: which session a key began, and what was answered. Kept for a day.
create table idempotency_keys
(
    application_id    text        not null,
    key               text        not null,
    body_hash         bytea       not null,   -- SHA-256 of the request's body
    verification_id   uuid        not null,
    answered_revision bigint,                 -- where the session stood when the start was answered; null as long as nobody was told
    created_at        timestamptz not null,
    constraint idempotency_keys_key primary key (application_id, key)
);
create index idempotency_keys_age on idempotency_keys (created_at);
