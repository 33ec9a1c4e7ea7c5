-- Who saw numbers of the past in plain: a row is there before the first of them leaves.
create table unmasked_reads
(
    id              uuid        not null constraint unmasked_reads_key primary key,   -- UUIDv7: newest last
    application_id  text        not null,
    began_at        timestamptz not null,
    verification_id uuid,                   -- the session that was looked at; null where events were streamed
    filter          jsonb,                  -- what was asked of the stream, as it was asked
    events          bigint,                 -- how many were shown; null as long as it goes on, and where a replica died over it
    ended_at        timestamptz
);
