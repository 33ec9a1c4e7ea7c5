-- The references that applications gave their starts over the Sinch-compatible surface, each once.
create table sinch_references (
    application_id  text not null references applications (id) on delete cascade,
    -- SHA-256 of the text.
    reference       bytea not null check (length(reference) = 32),
    verification_id uuid not null,
    taken_at        timestamptz not null,
    primary key (application_id, reference)
);

create index sinch_references_taken on sinch_references (taken_at);

-- The key that a callback is to be signed with; null where any key of the application's serves, and for webhooks.
alter table deliveries add column key_id uuid;
