-- The applications that may call the API.
create table applications (
    id          text primary key check (id ~ '^[a-z0-9_-]{1,64}$'),
    -- As the admin wrote it, the id aside; what is left out there has the default of the release that reads it.
    document    jsonb not null,
    -- The number of the change that wrote the document: also that of an application that is removed and made anew is another one.
    version     bigint not null,
    created_at  timestamptz not null,
    changed_at  timestamptz not null,
    -- The application whose key wrote the document.
    changed_by  text not null
);

create table application_keys (
    id              uuid primary key,
    application_id  text not null references applications (id) on delete cascade,
    name            text,
    -- SHA-256 of the API key, which is 256 random bits: nobody finds it by trying.
    hash            bytea not null unique check (length(hash) = 32),
    -- Encrypted (AES-256-GCM) under the setting Gateway:SecretsKey, bound to the key's id.
    signing_secret  bytea not null,
    created_at      timestamptz not null,
    created_by      text not null,
    expires_at      timestamptz
);

create index application_keys_application on application_keys (application_id, created_at);

-- How many changes there were, of applications and of keys: one row, which each change counts up, so that changes are made one at a time
-- and whoever finds the same number as before has seen them all.
create table application_changes (
    number bigint not null
);

insert into application_changes values (0);

-- The gateway's replicas, each with the time until which it counts as alive.
create unlogged table gateway_replicas (
    instance    text primary key,
    alive_until timestamptz not null
);
