-- One row an attempt, written before its INVITE: whoever inserts it may dial, nobody else, ever. No phone number and no caller ID
-- stands here; the session's stream has them.
create table attempts (
    attempt_id      uuid primary key,
    verification_id uuid not null,
    -- The replica that dials. Null when HangUp came before PlaceFlashCall: then nobody ever does.
    owner           text,
    trunk           text,
    -- W3C trace context (traceparent), so that a report sent by another replica stays in the verification's trace.
    traceparent     text,
    recorded_at     timestamptz not null default now(),
    invited_at      timestamptz,
    rang_at         timestamptz,
    ended_at        timestamptz,
    disposition     text,
    sip_status      integer,
    answered        boolean not null default false,
    -- When a sweeper may send what the process that recorded it did not; null when everything that happened is reported.
    report_due_at   timestamptz,
    check ((ended_at is null) = (disposition is null))
);

create index attempts_open on attempts (owner) where ended_at is null;
create index attempts_report_due on attempts (report_due_at) where report_due_at is not null;
-- Rows come in the order of their time, so that this index stays a few pages however many there are.
create index attempts_recorded on attempts using brin (recorded_at);

-- The replicas that live. The database's clock decides, so that replicas with clocks apart agree.
create table replicas (
    instance    text primary key,
    alive_until timestamptz not null
);
