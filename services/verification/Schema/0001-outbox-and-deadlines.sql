-- What a session's step leaves beside its events, in the same transaction.

-- Messages that have to leave. The process that committed them sends them at once and deletes the rows in batches; what is still here
-- when due_at passes was left by a process that died, or by a broker that did not answer, and any replica sends it.
create table outbox
(
    message_id      uuid        not null primary key,
    verification_id uuid        not null,
    queue           text,                   -- null: published for whoever listens
    type            text        not null,   -- full name of the contract
    body            jsonb       not null,
    traceparent     text,                   -- W3C trace context of the step
    due_at          timestamptz not null
);
create index outbox_due on outbox (due_at);

-- When each unfinished session has to be looked at again.
create table deadlines
(
    verification_id uuid        not null primary key,
    due_at          timestamptz not null,
    traceparent     text
);
create index deadlines_due on deadlines (due_at);

-- The one live session of an application for a number. Rows go when the session ends, and the number with them.
create table live_sessions
(
    application_id  text not null,
    callee          text not null,
    verification_id uuid not null,
    constraint live_sessions_one_per_number primary key (application_id, callee)
);
