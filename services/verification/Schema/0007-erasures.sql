-- Persons who are to be forgotten, and the proof that they were: kept for good, without the number.
create table erasures
(
    id           uuid        not null constraint erasures_key primary key,    -- version 7: in the order of requests
    subject      bytea       not null check (length(subject) = 32),           -- HMAC-SHA256 of the number
    number       text,                                                        -- E.164, while it is under way
    requested_at timestamptz not null,
    requested_by text        not null,                                        -- application
    round        smallint    not null check (round in (1, 2)),
    due_at       timestamptz,                                                 -- when a replica looks at it next
    completed_at timestamptz,
    constraint erasures_number_until_complete check ((number is null) = (completed_at is not null)),
    constraint erasures_due_until_complete check ((due_at is null) = (completed_at is not null))
);
create unique index erasures_one_under_way on erasures (subject) where completed_at is null;
create index erasures_by_subject on erasures (subject, id desc);
create index erasures_due on erasures (due_at) where due_at is not null;

-- What each service still has to be told, or has to answer; gone when the erasure is complete.
create table erasure_parts
(
    erasure_id uuid     not null references erasures (id),
    part       integer  not null,
    service    text     not null,
    sessions   jsonb    not null,
    round      smallint not null,
    answered   boolean  not null default false,
    constraint erasure_parts_key primary key (erasure_id, part, service)
);

-- How many rows were erased, or kept for a reason of their own.
create table erasure_counts
(
    erasure_id uuid    not null references erasures (id),
    service    text    not null,
    what       text    not null,   -- table
    kept       boolean not null,
    rows       bigint  not null,
    constraint erasure_counts_key primary key (erasure_id, service, what, kept)
);
